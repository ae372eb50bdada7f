import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isAlive } from './cache.mjs';

const READY_POLL_MS = 25;
const LOG_LINES_SHOWN = 15;
const reaperFile = join(dirname(fileURLToPath(import.meta.url)), 'reaper.mjs');

/** @type {import('node:child_process').ChildProcess | undefined} */
let reaper;
let watchedCount = 0;

/** @param {string} line */
function tellReaper(line) {
  if (!reaper) {
    reaper = spawn(process.execPath, [reaperFile], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    // It must not keep us alive: our end is what it waits for.
    reaper.unref();
    /** @type {import('node:net').Socket} */ (reaper.stdin).unref();
    reaper.stdin?.on('error', () => {});
  }
  reaper.stdin?.write(`${line}\n`);
}

function dismissReaperIfIdle() {
  if (watchedCount > 0 || !reaper) return;
  reaper.stdin?.end();
  reaper = undefined;
}

/**
 * Has a running process stopped when this one ends in whatever way.
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
export function endWithUs(pid, signal) {
  watchedCount += 1;
  tellReaper(`watch\t${pid}\t${signal}`);
}

/**
 * Withdraws {@link endWithUs}.
 * @param {number} pid
 */
export function forgetChild(pid) {
  tellReaper(`forget\t${pid}`);
  watchedCount -= 1;
  dismissReaperIfIdle();
}

/**
 * Has a temporary folder removed when this process ends in whatever way.
 * @param {string} dir
 * @returns {() => void} removes it now
 */
export function removeWithUs(dir) {
  watchedCount += 1;
  tellReaper(`remove\t${dir}`);
  return () => {
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    tellReaper(`keep\t${dir}`);
    watchedCount -= 1;
    dismissReaperIfIdle();
  };
}

/**
 * Starts a server in its own process group, its output in a log file, and waits until it answers.
 * @param {import('./index.d.mts').ServerStart} start
 * @returns {Promise<import('./index.d.mts').RunningServer>}
 */
export async function startServer({
  name,
  command,
  args,
  env = {},
  cwd,
  dir,
  owner,
  isReady,
  stopSignal = 'SIGTERM',
  readyWithinMs = 30_000,
  stopWithinMs = 10_000,
}) {
  mkdirSync(dir, { recursive: true });
  const pidFile = join(dir, `${name}.pid`);
  const logFile = join(dir, `${name}.log`);
  await stopLeftover(pidFile, command, stopSignal);

  const log = openSync(logFile, 'a');
  const child = spawn(command, args, {
    cwd: cwd ?? dir,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', log, log],
    ...(owner ? { uid: owner.uid, gid: owner.gid } : {}),
  });
  closeSync(log);
  const exited = new Promise((resolve) => {
    child.once('error', (cause) => resolve(`cannot be started: ${cause.message}`));
    child.once('exit', (code, signal) => resolve(`ended with ${signal ?? `exit code ${code}`}`));
  });
  /** @type {string | undefined} */
  let ending;
  const { pid } = child;
  if (pid !== undefined) {
    endWithUs(pid, stopSignal);
    writeFileSync(pidFile, String(pid));
  }
  const settled = exited.then((how) => {
    ending = how;
    if (pid !== undefined) forgetChild(pid);
    rmSync(pidFile, { force: true });
    return how;
  });
  // A forgotten server must not keep a finished program alive; the reaper ends it.
  child.unref();

  const stop = async () => {
    if (ending !== undefined || pid === undefined) return;
    child.ref();
    child.kill(stopSignal);
    const late = new AbortController();
    const stopped = await Promise.race([settled.then(() => true), wait(stopWithinMs, false, { signal: late.signal })]);
    if (!stopped) {
      killGroup(pid);
      await settled;
    } else late.abort();
  };

  const deadlineMs = Date.now() + readyWithinMs;
  while (!(await isReady())) {
    if (ending === undefined && Date.now() < deadlineMs) {
      await wait(READY_POLL_MS);
      continue;
    }
    const how = ending ?? `did not answer within ${readyWithinMs / 1000} s`;
    await stop();
    throw new Error(`${name} ${how}; the end of ${logFile}:\n${lastLines(logFile)}`);
  }
  if (ending !== undefined || pid === undefined)
    throw new Error(`${name} ${ending}, and another server answers in its place`);
  return { name, pid, logFile, stop, exited: settled, kill: (signal) => void child.kill(signal) };
}

/**
 * Ends what an earlier run left behind, if the number in the pid file still belongs to the same program.
 * @param {string} pidFile
 * @param {string} command
 * @param {NodeJS.Signals} signal
 */
async function stopLeftover(pidFile, command, signal) {
  let pid;
  try {
    pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  } catch {
    return;
  }
  rmSync(pidFile, { force: true });
  // Numbers are given out again: only a process of the same program is the leftover.
  if (!Number.isInteger(pid) || pid <= 1 || !isAlive(pid) || !commandLine(pid).includes(basename(command))) return;
  process.kill(pid, signal);
  const deadlineMs = Date.now() + 5_000;
  while (isAlive(pid) && Date.now() < deadlineMs) await wait(READY_POLL_MS);
  if (isAlive(pid)) killGroup(pid);
}

/** @param {number} pid */
function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (cause) {
    if (/** @type {NodeJS.ErrnoException} */ (cause).code !== 'ESRCH') throw cause;
  }
}

/** @param {number} pid */
function commandLine(pid) {
  try {
    return execFileSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' });
  } catch {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    } catch {
      return '';
    }
  }
}

/** @param {string} file */
function lastLines(file) {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LOG_LINES_SHOWN).join('\n');
  } catch {
    return '(no output)';
  }
}
