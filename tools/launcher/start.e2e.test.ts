import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { httpAnswers, isAlive } from '../servers/index.mjs';
import { SERVICES } from './services.mjs';

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

async function until<T>(what: string, look: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  const deadlineMs = Date.now() + 90_000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadlineMs) throw new Error(`waited 90 s: ${what}`);
    await wait(50);
  }
}

describe('npm start', () => {
  let dir: string;
  let launcher: ChildProcess;
  let said = '';
  const pidOf = (name: string): number => Number(readFileSync(join(dir, `${name}.pid`), 'utf8'));

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'parapet-start-'));
    // PostgreSQL's own user passes through it.
    chmodSync(dir, 0o711);
    launcher = spawn(
      process.execPath,
      [here('./main.mjs'), '--config', here('../../examples/config/odoo-retail'), '--state', dir],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const hear = (piece: Buffer): void => {
      said += piece.toString();
    };
    launcher.stdout?.on('data', hear);
    launcher.stderr?.on('data', hear);
    await until('the sign-in token', () => {
      if (launcher.exitCode !== null) throw new Error(`the launcher ended with ${launcher.exitCode}:\n${said}`);
      return said.includes('Ctrl-C stops everything');
    });
  }, 120_000);

  afterAll(() => {
    launcher.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
  });

  it('brings up five processes, each ready and with a page of metrics', async () => {
    const ports = JSON.parse(readFileSync(join(dir, 'ports.json'), 'utf8')) as Record<string, number>;
    const pids = SERVICES.map(pidOf);
    expect(new Set(pids).size).toBe(5);
    for (const name of SERVICES) {
      expect({ name, ready: await httpAnswers(`http://127.0.0.1:${ports[name]}/readyz`) }).toEqual({
        name,
        ready: true,
      });
      expect(await (await fetch(`http://127.0.0.1:${ports[name]}/metrics`)).text()).toContain(
        'process_cpu_seconds_total',
      );
    }
  });

  it('prints an address and a token that signs in', async () => {
    const address = /^console +(http:\S+)$/m.exec(said)?.[1];
    const token = /sign in to acme-retail with (ppt_\S+)/.exec(said)?.[1];
    const answer = await fetch(`${address}/v1/me`, { headers: { authorization: `Bearer ${token}` } });
    expect({ status: answer.status, ...((await answer.json()) as object) }).toMatchObject({
      status: 200,
      tenant: 'acme-retail',
      subject: 'operator',
    });
  });

  it('starts a killed service again', async () => {
    const before = pidOf('kpi-probing');
    process.kill(before, 'SIGKILL');
    const after = await until('another process', () => {
      const running = readdirSync(dir).includes('kpi-probing.pid') ? pidOf('kpi-probing') : before;
      return running !== before && running;
    });
    expect(isAlive(after)).toBe(true);
    expect(said).toContain('kpi-probing ended (SIGKILL); started again in 250 ms');
  }, 120_000);

  it('stops everything when told to, and leaves no process', async () => {
    const pids = [...SERVICES, 'postgres/postgres', 'nats/nats', 'redis/redis'].map(pidOf);
    expect(pids.every(isAlive)).toBe(true);
    const ended = new Promise((resolve) => launcher.once('exit', resolve));
    launcher.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(said).not.toContain('did not stop within');
  }, 60_000);
});
