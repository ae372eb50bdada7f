import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type MeasurementFailed, ReadOnlyDatabase, OdooSqlProbe, odooSqlSettings, type Window } from '@parapet/probes';
import type { Sample } from '@parapet/signals';
import { startPostgres, type TestPostgres } from '@parapet/testkit';
import { parseConfig } from '../../services/demo-retailer/src/config.js';
import { type Shop, startShop } from '../../services/demo-retailer/src/start.js';

const SECRET = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
const HISTORY_MINUTES = 15;

let postgres: TestPostgres;
let shop: Shop;
let probe: OdooSqlProbe;

beforeAll(async () => {
  postgres = await startPostgres();
  shop = await startShop(
    parseConfig({
      SHOP_DATABASE_URL: postgres.adminUrl,
      DEPLOYMENT_SECRET: SECRET,
      PORT: '0',
      SHOP_HISTORY_MINUTES: String(HISTORY_MINUTES),
      SHOP_READER_PASSWORD: 'reader',
      // Ten times the traffic: seconds show what takes a demo's watch.
      SHOP_WEB_ORDERS_PER_SECOND: '100',
      SHOP_POS_ORDERS_PER_SECOND: '100',
      SHOP_SEED: '11',
    }),
  );
  const url = new URL(postgres.adminUrl);
  url.username = 'shop_reader';
  url.password = 'reader';
  probe = new OdooSqlProbe({
    name: 'odoo-retail/shop',
    everyMs: 60_000,
    settings: odooSqlSettings.parse({
      connection: { env: 'X' },
      grace: '1s',
      delay: '1s',
      lateSeconds: 30,
      tail: 200_000,
    }),
    database: new ReadOnlyDatabase({ url: () => url.href, statementTimeoutMs: 5_000 }),
    target: 'shop',
    nowMs: Date.now,
  });
}, 120_000);

afterAll(async () => {
  await probe?.close();
  await shop?.stop();
  await postgres?.stop();
}, 30_000);

/** What a KPI says of some time, as one pair or the largest value per signal; gaps are kept as such. */
async function measure(kpi: string, window: Window): Promise<Record<string, number>> {
  const found = probe.measures.find((one) => one.kpi === kpi);
  if (found === undefined) throw new Error(`no measure ${kpi}`);
  const [measurement] = (await found.measure([window])).measurements;
  const values: Record<string, number> = {};
  for (const sample of measurement?.samples ?? [])
    values[sample.signal] = Math.max(values[sample.signal] ?? 0, valueOf(sample));
  return values;
}

function valueOf(sample: Sample): number {
  const { value } = sample;
  if (value.kind === 'count') return value.count / value.of;
  return value.kind === 'gauge' ? value.value : Number.NaN;
}

async function nowMs(): Promise<number> {
  const [measureOne] = probe.measures;
  return (measureOne as NonNullable<typeof measureOne>).asOf();
}

describe('the demo retailer, measured as an Odoo shop', () => {
  it('has a good past', async () => {
    const now = await nowMs();
    const window = { fromMs: now - 10 * 60_000, toMs: now - 30_000 };
    const orders = await measure('order-success', window);
    const tills = await measure('pos-sync', window);
    const stock = await measure('stock-update', window);
    expect(orders['odoo.order.success']).toBeGreaterThan(0.96);
    expect(orders['odoo.order.success']).toBeLessThan(0.98);
    expect(tills['odoo.pos.sync.errors']).toBeGreaterThan(0.01);
    expect(tills['odoo.pos.sync.errors']).toBeLessThan(0.02);
    expect(stock['odoo.stock.update.delay']).toBeLessThanOrEqual(3);
  });

  it('gives every KPI of its version', async () => {
    const now = await nowMs();
    const outcomes: Record<string, string[]> = {};
    for (const one of probe.measures) {
      const outcome = await one.measure([{ fromMs: now - 5 * 60_000, toMs: now - 30_000 }]).then(
        ({ measurements }) => (measurements[0]?.isTruncated === false ? 'measured' : 'truncated'),
        (failure: MeasurementFailed) => failure.reason,
      );
      outcomes[outcome] = [...(outcomes[outcome] ?? []), one.kpi];
    }
    expect(outcomes).toEqual({ measured: expect.any(Array), missing: ['pos-sequence-gaps', 'queue-job'] });
    expect(outcomes['measured']?.length).toBeGreaterThan(20);
  });

  it('shows a bad version within seconds', async () => {
    const before = await nowMs();
    const deployed = await fetch(`${shop.url}/deploy`, {
      method: 'POST',
      headers: { authorization: `Bearer ${SECRET}`, 'content-type': 'application/json' },
      body: JSON.stringify({ version: '2.5.0' }),
    });
    expect(deployed.status).toBe(200);
    while ((await nowMs()) < before + 10_000) await new Promise((resolve) => setTimeout(resolve, 100));
    const window = { fromMs: before + 1_000, toMs: before + 8_000 };
    const orders = await measure('order-success', window);
    const tills = await measure('pos-sync', window);
    expect(orders['odoo.order.success']).toBeGreaterThan(0.75);
    expect(orders['odoo.order.success']).toBeLessThan(0.92);
    expect(tills['odoo.pos.sync.errors']).toBeGreaterThan(0.08);
    expect(tills['odoo.pos.sync.errors']).toBeLessThan(0.17);
  });
});
