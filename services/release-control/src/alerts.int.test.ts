import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { AlertEpisodeView } from '@parapet/contracts';
import { type AlertSource, type AlertsState, hear, NO_ALERTS } from '@parapet/signals';
import { TENANT } from '../test/shop.js';
import { RIVAL_TOKENS, World } from '../test/world.js';

/** Alerts with the real database; the evaluator is played with its own role. */

const SOURCE: AlertSource = {
  name: 'am',
  heartbeat: null,
  repeatIntervalMs: 120_000,
  groupIntervalMs: 15_000,
  doubtMs: 900_000,
  pairedWith: null,
};
let world: World;

beforeAll(async () => {
  world = await World.start({ instances: 2 });
}, 60_000);
afterAll(() => world?.stop());
beforeEach(async () => {
  await evaluator('DELETE FROM evaluation_settlement', []);
  await stored(unseen(['a', 'b'], ['b']));
});

function evaluator(text: string, values: readonly unknown[]): Promise<Record<string, unknown>[]> {
  return world.database.connect('guardrail-evaluation', 1).transact('*', (tx) => tx.query(text, values));
}

/** Alerts that fired, and those of them that the next message still names. */
function unseen(first: readonly string[], next: readonly string[]): AlertsState {
  const fire = (state: AlertsState, named: readonly string[], atMs: number) =>
    hear(
      state,
      [SOURCE],
      SOURCE,
      {
        receipt: `r${atMs}`,
        part: 1,
        parts: 1,
        receivedAtMs: atMs,
        batch: {
          groupKey: 'g',
          receiver: 'r',
          externalUrl: 'http://am',
          truncatedAlerts: 0,
          digest: String(atMs),
          statements: named.map((fingerprint) => ({
            status: 'firing',
            fingerprint,
            labels: { alertname: 'CheckoutDown', service: 'odoo-web' },
            annotations: { summary: 'checkout fails' },
            startsAtMs: atMs,
            endsAtMs: null,
            generatorUrl: null,
            isContradicted: false,
          })),
        },
      },
      [],
    ).state;
  const nowMs = Date.now();
  return fire(fire(NO_ALERTS, first, nowMs - 60_000), next, nowMs - 30_000);
}

async function stored(state: AlertsState, tenant = TENANT, environment = 'production'): Promise<void> {
  await evaluator(
    `INSERT INTO evaluation_alerts (tenant, environment, partition, state) VALUES ($1, $2, 0, $3)
     ON CONFLICT (tenant, environment) DO UPDATE SET state = excluded.state`,
    [tenant, environment, JSON.stringify(state)],
  );
}

const WORD = { episode: 1, as: 'resolved', reason: 'the tills sell again' };
const settle = (fingerprint: string, body: unknown = WORD, o: { as?: string; key?: string } = {}, instance = 0) =>
  world.call('POST', `/v1/alerts/am/${fingerprint}/settle`, { as: 'responder', body, ...o }, instance);
const list = (as = 'onlooker') => world.call('GET', '/v1/alerts?environment=production', { as });
const journaled = async () =>
  (await world.call('GET', '/v1/journal?limit=200', { as: 'auditor' })).body.items.filter(
    (row: { type: string }) => row.type === 'alert.settled',
  );
const find = (items: readonly AlertEpisodeView[], fingerprint: string) =>
  items.find((one) => one.fingerprint === fingerprint);

describe('alerts', () => {
  test('are shown with what is in doubt first', async () => {
    const { status, body } = await list();
    expect(status).toBe(200);
    expect(body).toMatchObject({ environment: 'production', incomplete: [], more: 0 });
    expect(body.items.map((one: AlertEpisodeView) => [one.fingerprint, one.state, one.settleable])).toEqual([
      ['a', 'unseen', true],
      ['b', 'firing', false],
    ]);
    expect(body.items[0]).toMatchObject({
      name: 'CheckoutDown',
      summary: 'checkout fails',
      attachment: { kind: 'unattached', candidates: [] },
      word: null,
    });
  });

  test('belong to the release that the evaluator knows', async () => {
    await evaluator(
      `INSERT INTO evaluation_release (tenant, release, environment, workload, partition, name, registered, phase, version, started_at_ms)
       VALUES ($1, 'rel_x', 'production', 'odoo-retail', 0, 'odoo-x', $2, 'deploying', 2, $3)`,
      [TENANT, JSON.stringify({ components: [{ component: 'odoo-web', version: '1' }] }), Date.now() - 600_000],
    );
    expect((await list()).body.items[0].attachment).toEqual({
      kind: 'attached',
      release: { id: 'rel_x', name: 'odoo-x' },
    });
    await evaluator('UPDATE evaluation_release SET ended_at_ms = 1', []);
  });

  test.each(['', 'elsewhere'])('of the environment %j are refused', async (environment) => {
    const { status, body } = await world.call('GET', `/v1/alerts?environment=${environment}`, { as: 'onlooker' });
    expect([status, body.field]).toEqual([422, '/environment']);
  });

  test("are each tenant's own", async () => {
    expect((await list(RIVAL_TOKENS.onlooker)).body.items).toEqual([]);
    expect((await settle('a', WORD, { as: RIVAL_TOKENS.responder })).status).toBe(404);
  });
});

describe('a doubt settled by hand', () => {
  test('is on record, waits for the evaluator, and is shown with who and why', async () => {
    const before = (await journaled()).length;
    const { status, body } = await settle('a');
    expect(status).toBe(202);
    const word = { as: 'resolved', by: 'responder', reason: 'the tills sell again', outcome: 'waiting' };
    expect(body).toMatchObject({ fingerprint: 'a', state: 'unseen', settleable: false, word });
    const rows = await journaled();
    expect(rows).toHaveLength(before + 1);
    expect(rows.at(-1)).toMatchObject({
      stream: 'alerts:production',
      environment: 'production',
      actor: { kind: 'person', id: 'responder' },
      data: {
        source: 'am',
        fingerprint: 'a',
        episode: 1,
        name: 'CheckoutDown',
        was: 'unseen',
        by: 'responder',
        as: 'resolved',
      },
    });
    expect(await evaluator('SELECT seq, environment, applied_at FROM evaluation_settlement', [])).toEqual([
      { seq: rows.at(-1).seq, environment: 'production', applied_at: null },
    ]);
    await evaluator('UPDATE evaluation_settlement SET applied_at = now(), refused = $1', ['not-in-doubt']);
    expect(find((await list()).body.items, 'a')?.word).toMatchObject({ ...word, outcome: 'overtaken' });
  });

  test('asked twice under one key has one effect', async () => {
    const key = randomUUID();
    const before = (await journaled()).length;
    const first = await settle('a', WORD, { key });
    const again = await settle('a', WORD, { key });
    expect([first.status, again.status]).toEqual([202, 202]);
    expect(again.body).toEqual(first.body);
    expect(await journaled()).toHaveLength(before + 1);
  });

  test('by several people at once is settled by one of them', async () => {
    const before = (await journaled()).length;
    const answers = await Promise.all([0, 1, 0, 1].map((n) => settle('a', WORD, {}, n)));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409, 409]);
    expect(answers.filter(({ status }) => status === 409).map(({ body }) => body.code)).toEqual(
      Array(3).fill('settlement-waiting'),
    );
    expect(await journaled()).toHaveLength(before + 1);
  });

  test.each([
    ['an alert that nobody sent', 'zzz', WORD, 404, { code: 'unknown-alert' }],
    ['what fires', 'b', WORD, 409, { code: 'not-in-doubt', current: { episode: 1, state: 'firing' } }],
    [
      'another time of its firing',
      'a',
      { ...WORD, episode: 2 },
      409,
      { code: 'other-episode', current: { episode: 1, state: 'unseen' } },
    ],
    ['no reason', 'a', { ...WORD, reason: '  ' }, 422, { field: '/reason' }],
    ['another state', 'a', { ...WORD, as: 'silenced' }, 422, { field: '/as' }],
    ['no episode', 'a', { as: 'resolved', reason: 'x' }, 422, { field: '/episode' }],
  ] as const)('%s is refused and leaves nothing behind', async (_, fingerprint, body, status, problem) => {
    const before = (await journaled()).length;
    const answer = await settle(fingerprint, body);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject(problem);
    expect(await journaled()).toHaveLength(before);
    expect(await evaluator('SELECT seq FROM evaluation_settlement', [])).toEqual([]);
  });
});
