import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { freePort, httpAnswers, isAlive } from '../servers/index.mjs';
import { SupervisedService } from './service.mjs';
import { startSystem } from './system.mjs';

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const example = here('../../examples/config/odoo-retail');

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 15_000;
  while (!(await isTrue())) {
    if (Date.now() > deadlineMs) throw new Error(`waited 15 s: ${what}`);
    await wait(20);
  }
}

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'parapet-launcher-'));
  // PostgreSQL's own user passes through it.
  chmodSync(dir, 0o711);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('a supervised service', () => {
  const said: string[] = [];
  const supervised = async (env: Record<string, string> = {}): Promise<SupervisedService> => {
    const port = await freePort();
    said.length = 0;
    return new SupervisedService({
      name: 'service',
      args: [here('./fixtures/service.mjs')],
      env: { ...process.env, ...env, PORT: String(port) },
      port,
      logDir: dir,
      runDir: dir,
      say: (line) => void said.push(line),
    });
  };

  it('is started again when it ends unasked', async () => {
    const service = await supervised();
    await service.start();
    const first = service.pid;
    await httpAnswers(`${service.url}/crash`);
    await until('another process', () => service.pid !== undefined && service.pid !== first);
    await service.ready();
    expect(service.restarts).toBe(1);
    expect(said).toEqual([expect.stringContaining('service ended (exit code 7); started again in 250 ms')]);
    await service.stop();
    expect(service.pid).toBeUndefined();
  });

  it('stays ended after kill, until it is started', async () => {
    const service = await supervised();
    await service.start();
    const first = service.pid as number;
    await service.kill('SIGKILL');
    expect(isAlive(first)).toBe(false);
    expect(await httpAnswers(`${service.url}/readyz`)).toBe(false);
    await service.start();
    expect(service.pid).not.toBe(first);
    expect(said).toEqual([]);
    await service.stop();
  });

  it('is ended by force when it does not listen', async () => {
    const service = await supervised({ DEAF: '1' });
    await service.start();
    const pid = service.pid as number;
    await service.stop();
    expect(isAlive(pid)).toBe(false);
    expect(said).toEqual(['service did not stop within 10 s and is ended']);
  });

  it('that ends as soon as it is started says so with its last words', async () => {
    const port = await freePort();
    const script = join(dir, 'broken.mjs');
    writeFileSync(script, "console.error('no such database'); process.exit(1);");
    const service = new SupervisedService({
      name: 'broken',
      args: [script],
      env: process.env,
      port,
      logDir: dir,
      runDir: dir,
      say: () => {},
    });
    await expect(service.start()).rejects.toThrow(/broken ends as soon as it is started.*no such database/s);
    await service.stop();
  });
});

describe('what a launcher started', () => {
  it.each(['SIGKILL', 'SIGTERM'] as const)('is gone after %s of the launcher', async (signal) => {
    const parent = spawn(process.execPath, [here('./fixtures/parent.mjs'), dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pids = JSON.parse(await firstLine(parent)) as number[];
    expect(pids.map(isAlive)).toEqual([true, true]);
    parent.kill(signal);
    await until('no process left', () => pids.every((pid) => !isAlive(pid)));
  });
});

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`ended with ${code} before it said anything`)));
  });
}

describe('the system', () => {
  it('is prepared, refuses a second run on its state, and finds its ports, passwords and data again', async () => {
    const start = () =>
      startSystem({ configDir: example, stateDir: dir, env: {}, servicesHeld: true, builtAlready: false });
    const first = await start();
    const { urls, tokens } = first;
    const pids = first.servers.map(({ pid }) => pid);
    expect(pids).toHaveLength(3);
    expect(Object.keys(tokens)).toEqual(['acme-retail']);
    await expect(start()).rejects.toThrow(/Parapet already runs on the state in/);
    await first.stop();
    expect(pids.some(isAlive)).toBe(false);

    const second = await start();
    expect(second.urls).toEqual(urls);
    expect(second.tokens).toEqual(tokens);
    await second.stop();
  }, 120_000);

  it('takes over the state of a run that was killed', async () => {
    writeFileSync(join(dir, 'launcher.pid'), '4194304');
    const system = await startSystem({
      configDir: example,
      stateDir: dir,
      env: {},
      servicesHeld: true,
      builtAlready: false,
    });
    await system.stop();
  }, 120_000);

  it.each([
    [
      'DATABASE_URL',
      'postgres://127.0.0.1:1/x',
      'no PostgreSQL answers at DATABASE_URL (127.0.0.1:1): start it, or unset DATABASE_URL',
    ],
    ['NATS_URL', 'nats://127.0.0.1:1', 'no NATS server answers at NATS_URL (127.0.0.1:1): start it, or unset NATS_URL'],
    ['REDIS_URL', 'redis://127.0.0.1:1', 'no Redis answers at REDIS_URL (127.0.0.1:1): start it, or unset REDIS_URL'],
    ['NATS_URL', 'http://127.0.0.1:1', 'NATS_URL begins with http://, it should begin with nats:// or tls://'],
  ])(
    'says what to do when %s is %s',
    async (name, value, sentence) => {
      const starting = startSystem({
        configDir: example,
        stateDir: dir,
        env: { [name]: value },
        servicesHeld: true,
        builtAlready: false,
      });
      await expect(starting).rejects.toThrow(sentence);
    },
    120_000,
  );
});

describe('npm start', () => {
  const run = (...args: string[]): Promise<{ code: number | null; out: string; err: string }> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [here('./main.mjs'), ...args]);
      let out = '';
      let err = '';
      child.stdout.on('data', (piece) => (out += piece));
      child.stderr.on('data', (piece) => (err += piece));
      child.once('close', (code) => resolve({ code, out, err }));
    });

  it('needs a configuration', async () => {
    const { code, err } = await run();
    expect(code).toBe(2);
    expect(err).toContain('--config is missing: say which configuration to run');
  });

  it.each([
    ['an option that it does not know', ['--cnofig', 'x'], "Unknown option '--cnofig'"],
    ['a port that is none', ['--config', 'x', '--port', '99999'], '--port 99999 is not a port'],
    ['a folder that is not there', ['--config', '/nowhere'], 'there is no folder /nowhere'],
  ])('refuses %s', async (_, args, sentence) => {
    const { code, err } = await run(...args);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(sentence) });
  });

  it('lists every problem of a wrong configuration with file and line', async () => {
    writeFileSync(
      join(dir, 'one.yaml'),
      'apiVersion: parapet.dev/v1\nkind: Tennant\nmetadata: { name: a }\nspec: {}\n',
    );
    writeFileSync(
      join(dir, 'two.yaml'),
      'apiVersion: parapet.dev/v1\nkind: Tenant\nmetadata: { name: b }\nspec:\n  environments: []\n',
    );
    const { code, err } = await run('--config', dir);
    expect(code).toBe(2);
    expect(err).toMatch(/one\.yaml:2/);
    expect(err).toMatch(/two\.yaml:5/);
  });

  it('explains itself', async () => {
    expect(await run('--help')).toMatchObject({ code: 0, out: expect.stringContaining('Exit codes: 0') });
  });
});
