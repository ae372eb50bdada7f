import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, tokens, World } from '../test/world.js';

const ALERTS = '/v1/ingest/alertmanager/shop-alertmanager';
const SLOW = '/v1/ingest/alertmanager/slow-alertmanager';

const message = (n: number): string =>
  JSON.stringify({
    version: '4',
    groupKey: `g${n}`,
    status: 'firing',
    receiver: 'r',
    alerts: [{ status: 'firing', labels: { alertname: `a${n}` } }],
  });

describe('while something is away', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  }, 60_000);
  afterAll(async () => {
    await world?.stop();
  }, 30_000);

  it('nothing that was answered 202 is missing after the broker was killed in the middle of it', async () => {
    const receipts: string[] = [];
    let isOver = false;
    let refused = 0;
    const sender = async (first: number): Promise<void> => {
      for (let n = first; !isOver; n += 4) {
        const sentMs = performance.now();
        const told = await world.post(ALERTS, tokens.alertmanager, message(n));
        expect(performance.now() - sentMs).toBeLessThan(4_500);
        if (told.status === 202) receipts.push(told.body.receipt as string);
        else {
          expect(told).toMatchObject({ status: 503, body: { code: 'unavailable' } });
          expect(Number(told.headers.get('retry-after'))).toBeGreaterThan(0);
          refused++;
        }
      }
    };
    const senders = [0, 1, 2, 3].map(sender);
    await eventually(async () => receipts.length > 100);
    await world.nats.crash();
    await eventually(async () => refused > 20);
    await world.nats.restart();
    const whileAway = receipts.length;
    await eventually(async () => receipts.length > whileAway + 100, 20_000);
    isOver = true;
    await Promise.all(senders);

    const stored = new Set(
      (await world.stored())
        .filter(({ batch }) => batch.environment === 'production')
        .map(({ batch }) => batch.receipt),
    );
    expect(receipts.filter((receipt) => !stored.has(receipt))).toEqual([]);
  }, 60_000);

  it('a message that is refused while it cannot be kept is asked for again', async () => {
    await world.nats.crash();
    await eventually(async () => (await world.post(ALERTS, tokens.alertmanager, message(-1))).status === 503);
    expect((await world.post(ALERTS, tokens.alertmanager, '{"version":"never kept"}')).status).toBe(503);
    await world.nats.restart();
    await eventually(
      async () => (await world.post(ALERTS, tokens.alertmanager, '{"version":"never kept"}')).status === 422,
      20_000,
    );
  }, 60_000);

  it('without Redis the doors stay open, and each instance holds sources to their rates by itself', async () => {
    await world.lose('redis');
    expect((await world.post(ALERTS, tokens.alertmanager, message(2))).status).toBe(202);
    expect((await world.post(ALERTS, tokens.alertmanager, '{"version":"x"}')).status).toBe(422);
    const told = [];
    for (let i = 0; i < 3; i++) told.push((await world.post(SLOW, tokens.slow, message(i))).status);
    expect(told).toEqual([202, 202, 503]);
    for (const version of ['y', 'z']) await world.post(ALERTS, tokens.alertmanager, `{"version":"${version}"}`);
    const raised = () =>
      world.db.transact('acme-retail', (tx) => tx.query("SELECT 1 FROM journal WHERE type = 'source.refused'"));
    await eventually(async () => (await raised()).length === 1);
    expect(await world.metrics()).toMatch(/parapet_redis_fallbacks_total\{use="rate-limit".*\} [1-9]/);
  });

  it('without PostgreSQL they stay open too, refusals included', async () => {
    await world.lose('database');
    expect((await world.post(ALERTS, tokens.alertmanager, message(1))).status).toBe(202);
    const told = [];
    for (let i = 0; i < 4; i++) told.push(await world.post(ALERTS, tokens.alertmanager, `{"version":"v${i}"}`));
    // Compared with what was said, so that a failure tells why.
    expect(told.map(({ status, body }) => [status, body.field])).toEqual(told.map(() => [422, '/version']));
  });

  it('one that shuts down sends its senders elsewhere', async () => {
    const closing = world.service.close();
    const told = await world.post(ALERTS, tokens.alertmanager, message(3)).then(
      ({ status }) => status,
      () => 'refused',
    );
    expect([503, 'refused']).toContain(told);
    await closing;
  });
});
