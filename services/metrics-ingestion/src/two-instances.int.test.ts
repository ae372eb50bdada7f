import 'reflect-metadata';
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DeadLetters } from '@parapet/jetstream';
import type { RunningService } from '@parapet/nest';
import { GRAFANA_MESSAGE } from '../test/grafana.js';
import { alertMessage, eventually, tokens, World } from '../test/world.js';

jest.setTimeout(30_000);

const SECRET = 'b'.repeat(64);
const GRAFANA = '/v1/ingest/grafana/shop-grafana';
const ALERTS = '/v1/ingest/alertmanager/shop-alertmanager';

let world: World;
let both: readonly [RunningService, RunningService];

beforeAll(async () => {
  process.env['TWO_GRAFANA_SECRET'] = SECRET;
  world = await World.start(`
---
apiVersion: parapet.dev/v1
kind: SignalSource
metadata: { tenant: acme-retail, name: shop-grafana }
spec: { kind: grafana, secret: { env: TWO_GRAFANA_SECRET }, environments: [production] }
`);
  both = [world.service, await world.another()];
}, 60_000);

afterAll(async () => {
  await both?.[1].close();
  await world?.stop();
});

/** Hands in at the first instance, then at the second, and so on. */
async function byTurns(n: number, path: string, headers: Record<string, string>, body: (i: number) => string) {
  const told = [];
  for (let i = 0; i < n; i++) {
    const init = { method: 'POST', body: body(i), headers: { 'content-type': 'application/json', ...headers } };
    told.push(await world.send(path, init, both[i % 2]));
  }
  return told;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('two instances behind one address', () => {
  it('hold a source to its rate together', async () => {
    const path = '/v1/ingest/alertmanager/slow-alertmanager';
    const told = await byTurns(4, path, bearer(tokens.slow), () => alertMessage());
    expect(told.map(({ status }) => status)).toEqual([202, 202, 503, 503]);
  });

  it('know what was said to the other', async () => {
    const body = alertMessage({ groupKey: 'said twice' });
    const told = await byTurns(2, ALERTS, bearer(tokens.alertmanager), () => body);
    expect(told.map(({ body: { accepted, repeated } }) => [accepted, repeated])).toEqual([
      [1, 0],
      [1, 1],
    ]);
  });

  it('store a signed body once, whichever of them it is sent to again', async () => {
    const body = JSON.stringify({ ...GRAFANA_MESSAGE, groupKey: 'recorded' });
    const at = String(Math.floor(Date.now() / 1_000));
    const signature = createHmac('sha256', SECRET).update(`${at}:${body}`).digest('hex');
    const headers = { 'x-grafana-alerting-timestamp': at, 'x-grafana-alerting-signature': signature };
    const [first, ...others] = await byTurns(4, GRAFANA, headers, () => body);
    expect(others.map((one) => [one.status, one.body])).toEqual(Array(3).fill([202, first?.body]));
    const stored = (await world.stored()).filter(({ batch }) => batch.alerts?.groupKey === 'org 1 recorded');
    expect(stored).toHaveLength(1);
  });

  it('keep a refused body once, and tell people once of three in a row', async () => {
    const path = '/v1/ingest/alertmanager/refused-alertmanager';
    // Cut for the reason, this name ends between the halves of a character, which the journal would not take.
    const version = '😀'.repeat(60);
    const told = await byTurns(6, path, bearer(tokens.refused), () => alertMessage({ version }));
    expect(told.map(({ status }) => status)).toEqual(Array(6).fill(422));
    const reasons = await eventually(async () => {
      const rows = await world.db.transact('acme-retail', (tx) =>
        tx.query<{ reason: string }>(
          "SELECT data ->> 'reason' AS reason FROM journal WHERE type = 'source.refused' AND stream = 'source:refused-alertmanager'",
        ),
      );
      return rows.length > 0 ? rows.map(({ reason }) => reason) : null;
    });
    expect(reasons).toEqual([expect.stringMatching(/; found "(😀)+\uFFFD…$/u)]);
    const kept = await new DeadLetters(world.admin).list({ consumer: 'alertmanager', limit: 100 });
    expect(kept.filter(({ subject }) => subject === 'door.acme-retail.refused-alertmanager')).toHaveLength(1);
  });
});
