import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSystem, type System } from '../../tools/launcher/system.mjs';

const CONFIG = fileURLToPath(new URL('../../examples/config/first-guardrail', import.meta.url));

/** `GET /v1/heartbeat` with a beat a second: four seconds are its bound, and eight are a round through all partitions. */
describe('our own heartbeat, through five real processes', () => {
  let dir: string;
  let system: System;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'parapet-heartbeat-'));
    // PostgreSQL's own user passes through it.
    chmodSync(dir, 0o711);
    system = await startSystem({
      configDir: CONFIG,
      stateDir: dir,
      env: { ...process.env, PARAPET_HEARTBEAT_SECONDS: '1', PARAPET_PARTITIONS: '8' },
    });
  }, 120_000);
  afterAll(async () => {
    await system?.stop();
    rmSync(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
  });

  async function heartbeat(): Promise<string> {
    const answer = await fetch(`${system.urls.console}/v1/heartbeat`);
    const { status, code } = (await answer.json()) as { readonly status: unknown; readonly code?: string };
    return answer.status === 200 ? String(status) : `${answer.status} ${code}`;
  }

  /** What is answered once it is the wanted answer, or after a minute in which it never was. */
  async function waitedFor(wanted: string): Promise<string> {
    const deadlineMs = Date.now() + 60_000;
    for (;;) {
      const seen = await heartbeat();
      if (seen === wanted || Date.now() > deadlineMs) return seen;
      await wait(100);
    }
  }

  it('is answered without a token once messages go through ingest, judgement and publication', async () => {
    expect(await waitedFor('ok')).toBe('ok');
  });

  it.each(['guardrail-evaluation', 'metrics-ingestion'] as const)(
    'is missed while %s is dead, and comes back with it',
    async (service) => {
      await system.services[service].kill('SIGKILL');
      expect(await waitedFor('503 heartbeat-silent')).toBe('503 heartbeat-silent');
      await system.services[service].start();
      expect(await waitedFor('ok')).toBe('ok');
    },
    150_000,
  );
});
