import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { startPostgres, type TestPostgres } from '@parapet/testkit';
import { makeShop, type ShopDatabase } from '../../fixtures/odoo/load.js';
import { makeProbe } from '../kinds.js';
import type { DeclaredProbe, Probe } from '../probe.js';

jest.setTimeout(60_000);

const NOW_MS = Math.floor(Date.now() / 60_000) * 60_000;
const WINDOW = { fromMs: NOW_MS - 60_000, toMs: NOW_MS };

let postgres: TestPostgres;
let shop: ShopDatabase;
let server: Server;
let baseUrl: string;

/** A checkout that writes what Odoo writes: an order with the customer's reference, and its payment. */
beforeAll(async () => {
  postgres = await startPostgres();
  shop = await makeShop(postgres.adminUrl, '19', 'shop');
  process.env.TEST_JOURNEY_SHOP = shop.readerUrl;
  await shop.admin.query(`INSERT INTO payment_provider (id, code) VALUES (1, 'card')`);
  let orders = 0;
  server = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      const reference = new URLSearchParams(body).get('client_order_ref');
      const id = ++orders;
      await shop.admin.query(
        `INSERT INTO sale_order (id, state, website_id, company_id, partner_id, client_order_ref, create_date)
         VALUES ($1, 'sale', 1, 1, 1, $2, to_timestamp($3) AT TIME ZONE 'UTC')`,
        [id, reference, NOW_MS / 1000 - 30],
      );
      await shop.admin.query(
        `INSERT INTO payment_transaction (id, state, provider_id, create_date)
         VALUES ($1, 'done', 1, to_timestamp($2) AT TIME ZONE 'UTC')`,
        [id, NOW_MS / 1000 - 30],
      );
      await shop.admin.query('INSERT INTO sale_order_transaction_rel (sale_order_id, transaction_id) VALUES ($1, $1)', [
        id,
      ]);
      response.end('Thank you');
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}, 60_000);
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await shop.end();
  await postgres.stop();
});

function probeOf(kind: 'http-journey' | 'odoo-sql', settings: Record<string, unknown>): Probe {
  const declared: DeclaredProbe = {
    tenant: 'acme-retail',
    workload: 'odoo-retail',
    probe: { name: 'shop', kind, environment: 'production', everyMs: 60_000, settings },
  };
  const made = makeProbe(declared, Date.now);
  if ('problems' in made) throw new Error(made.problems.join('; '));
  return made;
}

async function counted(probe: Probe, kpi: string, signal: string): Promise<unknown> {
  const measure = probe.measures.find((one) => one.kpi === kpi);
  const measured = await measure?.measure([WINDOW]);
  await probe.close();
  return measured?.measurements[0]?.samples.find((sample) => sample.signal === signal)?.value;
}

const checkout = (marker: object): Probe =>
  probeOf('http-journey', {
    baseUrl,
    allowPrivate: true,
    marker,
    steps: [
      {
        name: 'payment',
        method: 'POST',
        url: '/shop/payment',
        form: { provider: 'card' },
        expect: { text: ['Thank you'] },
      },
    ],
  });
const orders = () =>
  counted(
    probeOf('odoo-sql', { connection: { env: 'TEST_JOURNEY_SHOP' }, kpis: ['order-success'], grace: '1s' }),
    'order-success',
    'odoo.order.success',
  );

test('an order of a journey is in the shop’s books and in none of its KPIs', async () => {
  const marked = checkout({ field: { name: 'client_order_ref' } });
  expect(await counted(marked, 'journey', 'journey.success')).toEqual({ kind: 'count', count: 1, of: 1 });
  expect((await shop.admin.query('SELECT client_order_ref FROM sale_order')).rows).toEqual([
    { client_order_ref: expect.stringMatching(/^rg-probe:/) },
  ]);
  expect(await orders()).toEqual({ kind: 'count', count: 0, of: 0 });

  // The same journey without the mark in the order itself would be trade.
  await counted(checkout({ header: { name: 'X-Parapet-Probe' } }), 'journey', 'journey.success');
  expect(await orders()).toEqual({ kind: 'count', count: 1, of: 1 });
});
