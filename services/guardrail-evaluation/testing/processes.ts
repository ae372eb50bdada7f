import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort, type TestDatabase } from '@parapet/testkit';
import { PARTITIONS } from './shop.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Builds the service as it is; says what the compiler complains about. */
export function build(): string {
  const compiler = ['node_modules/typescript/bin/tsc', '-b', 'services/guardrail-evaluation'];
  return spawnSync(process.execPath, compiler, { cwd: ROOT, encoding: 'utf8' }).stdout;
}

/** Waits for something to become true; a test that waits in vain fails with what it waited for. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>, withinMs = 30_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Ends a process, and waits until it has ended. */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

/** The service as processes of its own; all of them end with the test. */
export class Evaluators {
  /** What they said since it was asked to forget. */
  said = '';
  private readonly running: ChildProcess[] = [];

  constructor(private readonly servers: { database: TestDatabase; natsUrl: string; redisUrl: string }) {}

  /** A new process; resolved as soon as it runs, which is long before it judges anything. */
  async spawn(): Promise<{ readonly child: ChildProcess; readonly port: number }> {
    const port = await freePort();
    const child = spawn(process.execPath, ['services/guardrail-evaluation/dist/main.js'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        PORT: String(port),
        DATABASE_URL: this.servers.database.url('guardrail-evaluation'),
        NATS_URL: this.servers.natsUrl,
        REDIS_URL: this.servers.redisUrl,
        PARAPET_PARTITIONS: String(PARTITIONS),
        PARAPET_PUBLIC_URL: 'https://guard.example.com',
        PARAPET_LOG_LEVEL: 'warn',
      },
    });
    this.running.push(child);
    const hear = (chunk: Buffer) => (this.said += chunk.toString());
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    return { child, port };
  }

  /** A new process that says it is ready. */
  async start(): Promise<ChildProcess> {
    const { child, port } = await this.spawn();
    await until(`the service is ready; it said: ${this.said}`, async () => {
      if (child.exitCode !== null) throw new Error(`the service ended: ${this.said}`);
      return fetch(`http://127.0.0.1:${port}/readyz`).then(
        (r) => r.ok,
        () => false,
      );
    });
    return child;
  }

  async endAll(): Promise<void> {
    await Promise.all(this.running.splice(0).map((child) => end(child, 'SIGKILL')));
  }
}
