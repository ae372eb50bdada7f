import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { endWithUs, forgetChild, httpAnswers } from '../servers/index.mjs';

const READY_WITHIN_MS = 60_000;
const READY_POLL_MS = 50;
const STOP_WITHIN_MS = 10_000;
const BACKOFF_FIRST_MS = 250;
const BACKOFF_MAX_MS = 10_000;
// A service that has lived this long begins with a short backoff again.
const HEALTHY_AFTER_MS = 30_000;
const LOG_BYTES_MAX = 16 * 1024 * 1024;
const LOG_LINES_SHOWN = 20;

/** One of our processes: started, watched, and started again when it ends unasked. */
export class SupervisedService {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;
  /** @type {Promise<void>} resolves when the running process has ended */
  #ended = Promise.resolve();
  /** Ended on purpose: not to be started again by itself. */
  #isHeld = true;
  #backoffMs = BACKOFF_FIRST_MS;
  #restarts = 0;
  /** @type {AbortController} */
  #waiting = new AbortController();

  /**
   * @param {{ name: string; args: readonly string[]; env: NodeJS.ProcessEnv; port: number; logDir: string; runDir: string; say: (line: string) => void }} o
   */
  constructor(o) {
    this.name = o.name;
    this.url = `http://127.0.0.1:${o.port}`;
    this.logFile = join(o.logDir, `${o.name}.log`);
    this.o = o;
  }

  get pid() {
    return this.#child?.pid;
  }

  /** How often it was started again after ending unasked. */
  get restarts() {
    return this.#restarts;
  }

  /** Starts it and waits until it is ready; does nothing where it runs. */
  async start() {
    this.#isHeld = false;
    if (!this.#child) this.#spawn();
    await this.ready();
  }

  /** Waits until it says that its dependencies answer. */
  async ready() {
    const deadlineMs = Date.now() + READY_WITHIN_MS;
    while (!(this.#child && (await httpAnswers(`${this.url}/readyz`)))) {
      if (this.#isHeld) throw new Error(`${this.name} was stopped before it was ready`);
      if (this.#restarts >= 3 && !this.#child)
        throw new Error(`${this.name} ends as soon as it is started; the end of ${this.logFile}:\n${this.lastLines()}`);
      if (Date.now() > deadlineMs)
        throw new Error(
          `${this.name} was not ready within ${READY_WITHIN_MS / 1000} s; the end of ${this.logFile}:\n${this.lastLines()}`,
        );
      await wait(READY_POLL_MS);
    }
  }

  /**
   * Ends it with a signal and leaves it ended until `start`; resolves when the process is gone.
   * @param {NodeJS.Signals} signal
   */
  async kill(signal) {
    this.#isHeld = true;
    this.#waiting.abort();
    this.#child?.kill(signal);
    await this.#ended;
  }

  /** Asks it to finish what it does and to end; insists after ten seconds. */
  async stop() {
    this.#isHeld = true;
    this.#waiting.abort();
    const child = this.#child;
    if (!child) return;
    child.kill('SIGTERM');
    const late = new AbortController();
    const isDone = await Promise.race([
      this.#ended.then(() => true),
      wait(STOP_WITHIN_MS, false, { signal: late.signal }).catch(() => false),
    ]);
    late.abort();
    if (isDone) return;
    this.o.say(`${this.name} did not stop within ${STOP_WITHIN_MS / 1000} s and is ended`);
    child.kill('SIGKILL');
    await this.#ended;
  }

  lastLines() {
    try {
      return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-LOG_LINES_SHOWN).join('\n');
    } catch {
      return '(no output)';
    }
  }

  #spawn() {
    if (existsSync(this.logFile) && statSync(this.logFile).size > LOG_BYTES_MAX)
      renameSync(this.logFile, `${this.logFile}.1`);
    const log = openSync(this.logFile, 'a', 0o600);
    const startedAtMs = Date.now();
    // A group of its own: Ctrl-C in the terminal reaches us, and we decide the order of stopping.
    const child = spawn(process.execPath, [...this.o.args], {
      env: this.o.env,
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    const { pid } = child;
    if (pid !== undefined) {
      endWithUs(pid, 'SIGTERM');
      writeFileSync(join(this.o.runDir, `${this.name}.pid`), String(pid));
    }
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      const settle = (/** @type {string} */ how) => {
        if (this.#child !== child) return;
        this.#child = undefined;
        if (pid !== undefined) forgetChild(pid);
        rmSync(join(this.o.runDir, `${this.name}.pid`), { force: true });
        resolve();
        if (!this.#isHeld) void this.#startAgain(how, startedAtMs);
      };
      child.once('error', (cause) => settle(cause.message));
      child.once('exit', (code, signal) => settle(signal ?? `exit code ${code}`));
    });
  }

  /**
   * @param {string} how
   * @param {number} startedAtMs
   */
  async #startAgain(how, startedAtMs) {
    if (Date.now() - startedAtMs > HEALTHY_AFTER_MS) this.#backoffMs = BACKOFF_FIRST_MS;
    const pauseMs = this.#backoffMs;
    this.#backoffMs = Math.min(pauseMs * 2, BACKOFF_MAX_MS);
    this.#restarts += 1;
    this.o.say(`${this.name} ended (${how}); started again in ${pauseMs} ms, its log is ${this.logFile}`);
    this.#waiting = new AbortController();
    try {
      await wait(pauseMs, undefined, { signal: this.#waiting.signal });
    } catch {
      // Stopped meanwhile.
      return;
    }
    if (!this.#isHeld && !this.#child) this.#spawn();
  }
}
