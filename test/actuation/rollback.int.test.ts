import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { type Ground, openGround } from './ground.js';
import type { TestShop } from './shop.js';

let ground: Ground;
let shop: TestShop;

beforeAll(async () => {
  ground = await openGround();
});
afterAll(() => ground?.stop());

beforeEach(async () => {
  ground.troubles.length = 0;
});
afterEach(() => shop?.stop());

const CLEAN = ['ordered', 'started 1', '1 prepared 1', '1 sent 1', '1 confirmed 1', '1 applied 1', 'finished done'];

/** A shop in which the bad version 2 went live, and how often something changed it since. */
async function badRelease(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  shop = await ground.shops.open(settings);
  await shop.deploy('2');
}
const actuations = async () => (await shop.changes()).filter(({ by }) => by === 'actuator').length;

describe('a rollback', () => {
  it('is carried out and verified once the guardrails have recovered', async () => {
    await badRelease();
    const worker = ground.worker(shop);
    const order = await ground.order();
    worker.nudge();
    expect(await ground.until(order, 'finished')).toEqual(CLEAN);
    expect(await shop.changes()).toEqual([
      { by: 'cd', version: '2' },
      { by: 'actuator', version: '1' },
    ]);
    await ground.recovery(order, 'recovered');
    expect((await ground.until(order, 'verified')).at(-1)).toBe('verified');
    await worker.stop();
    expect(ground.troubles).toEqual([]);
  });

  it('that something else undoes is not verified, with who changed it back', async () => {
    await badRelease();
    const worker = ground.worker(shop);
    const order = await ground.order();
    await ground.until(order, 'finished done');
    await shop.deploy('2');
    expect((await ground.until(order, 'not-verified')).at(-1)).toBe(
      'not-verified: odoo-pos 2 runs on shop, not 1, put there by cd',
    );
    await worker.stop();
  });

  it('whose guardrails do not recover is not verified', async () => {
    await badRelease();
    const worker = ground.worker(shop);
    const order = await ground.order();
    await ground.until(order, 'finished done');
    await ground.recovery(order, 'not-recovered');
    expect((await ground.until(order, 'not-verified')).at(-1)).toBe('not-verified: the guardrails have not recovered');
    await worker.stop();
  });

  it('of what is already so needs no request', async () => {
    shop = await ground.shops.open();
    const worker = ground.worker(shop);
    const order = await ground.order();
    expect(await ground.until(order, 'finished')).toEqual(['ordered', 'started 1', '1 applied 1', 'finished done']);
    expect(await actuations()).toBe(0);
    await worker.stop();
  });

  it('does not touch what somebody else deployed meanwhile', async () => {
    await badRelease();
    await shop.deploy('3');
    const worker = ground.worker(shop);
    const order = await ground.order();
    expect(await ground.until(order, 'finished')).toEqual(['ordered', 'started 1', '1 refused 1', 'finished failed']);
    expect(await actuations()).toBe(0);
    await worker.stop();
  });

  it('whose time is over begins nothing', async () => {
    await badRelease();
    const worker = ground.worker(shop);
    const order = await ground.order({ notAfter: new Date(Date.now() - 1000).toISOString() });
    expect(await ground.until(order, 'finished')).toEqual(['ordered', 'started 1', 'finished failed']);
    expect(await actuations()).toBe(0);
    await worker.stop();
  });
});

describe('a target with troubles', () => {
  it('that does the work and drops the answer has done it once', async () => {
    await badRelease();
    await shop.trouble(['drop-answer']);
    const worker = ground.worker(shop);
    const order = await ground.order();
    expect(await ground.until(order, 'finished')).toEqual(CLEAN);
    expect(await actuations()).toBe(1);
    await worker.stop();
  });

  it('that is unavailable twice is asked by key, then told again', async () => {
    await badRelease();
    await shop.trouble(['unavailable', 'slow-down']);
    const worker = ground.worker(shop);
    const order = await ground.order();
    expect(await ground.until(order, 'finished')).toEqual([
      'ordered',
      'started 1',
      '1 prepared 1',
      '1 sent 1',
      '1 prepared 2',
      '1 sent 2',
      '1 prepared 3',
      '1 sent 3',
      '1 confirmed 3',
      '1 applied 3',
      'finished done',
    ]);
    expect(await actuations()).toBe(1);
    await worker.stop();
  });

  it('that takes its time is watched to the end', async () => {
    await badRelease({ SHOP_DEPLOY_SECONDS: '2' });
    const worker = ground.worker(shop);
    const order = await ground.order();
    expect(await ground.until(order, '1 confirmed')).not.toContain('finished done');
    expect(await ground.until(order, 'finished')).toEqual(CLEAN);
    expect(await actuations()).toBe(1);
    await worker.stop();
  });

  it('that has seen a newer actuator refuses an older one', async () => {
    await badRelease();
    const worker = ground.worker(shop);
    await ground.until(await ground.order(), 'finished done');
    await shop.deploy('2');
    const client = new pg.Client({ connectionString: shop.databaseUrl });
    await client.connect();
    const { rowCount } = await client.query('UPDATE shop.fence SET fence = fence + 1000000');
    await client.end();
    expect(rowCount).toBe(1);
    const order = await ground.order();
    expect(await ground.until(order, 'finished')).toEqual([
      'ordered',
      'started 1',
      '1 prepared 1',
      '1 sent 1',
      '1 refused 1',
      'finished failed',
    ]);
    expect(await actuations()).toBe(1);
    await worker.stop();
  });
});

describe('an actuator that loses its session', () => {
  it('while the target is at work cannot write; another takes over, asks, and the target worked once', async () => {
    await badRelease({ SHOP_DEPLOY_SECONDS: '2' });
    const worker = ground.worker(shop);
    const order = await ground.order();
    await ground.until(order, '1 sent');
    while ((await ground.breakSessions()) === 0) expect(await ground.story(order)).not.toContain('finished done');
    const lines = await ground.until(order, 'finished');
    expect(lines.filter((one) => one.startsWith('started'))).toEqual(['started 1', 'started 2']);
    expect(lines.filter((one) => one.includes('sent'))).toEqual(['1 sent 1']);
    expect(lines.at(-1)).toBe('finished done');
    expect(await actuations()).toBe(1);
    await worker.stop();
  });
});

describe('several actuators', () => {
  it('carry out one order once', async () => {
    await badRelease();
    const workers = [ground.worker(shop), ground.worker(shop), ground.worker(shop)];
    const order = await ground.order();
    expect(await ground.until(order, 'finished')).toEqual(CLEAN);
    expect(await actuations()).toBe(1);
    await Promise.all(workers.map((worker) => worker.stop()));
  });

  it('carry out two orders for the same components one after another', async () => {
    await badRelease({ SHOP_DEPLOY_SECONDS: '1' });
    const workers = [ground.worker(shop), ground.worker(shop)];
    const [first, second] = [await ground.order(), await ground.order()];
    await Promise.all([ground.until(first, 'finished'), ground.until(second, 'finished')]);
    const both = [await ground.story(first), await ground.story(second)].map((lines) => lines.join(' '));
    expect(both.sort()).toEqual([CLEAN.join(' '), 'ordered started 1 1 applied 1 finished done'].sort());
    expect(await actuations()).toBe(1);
    await Promise.all(workers.map((worker) => worker.stop()));
  });
});
