import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPostgres, type TestPostgres } from '@parapet/testkit';
import { parseConfig } from '../config.js';
import { type Shop, startShop } from '../start.js';

const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;

let postgres: TestPostgres;
let shop: Shop;

beforeAll(async () => {
  postgres = await startPostgres();
  shop = await startShop(
    parseConfig({
      SHOP_DATABASE_URL: postgres.adminUrl,
      DEPLOYMENT_SECRET: SECRET,
      PORT: '0',
      SHOP_VERSION: '1',
      SHOP_HISTORY_MINUTES: '0',
      SHOP_WEB_ORDERS_PER_SECOND: '5',
      SHOP_POS_ORDERS_PER_SECOND: '5',
    }),
  );
}, 60_000);
afterAll(async () => {
  await shop?.stop();
  await postgres?.stop();
}, 30_000);

const running = (version: string, component = 'odoo-pos') => ({ release: null, components: [{ component, version }] });
const deployment = (more: object = {}) => ({
  key: 'act_1.1',
  fence: 5,
  step: '1',
  target: 'shop',
  environment: 'production',
  planDigest: 'd',
  dryRun: false,
  from: running('1'),
  to: running('2'),
  ...more,
});

interface Signing {
  readonly id?: string;
  readonly secret?: string;
  readonly atMs?: number;
  readonly signedBody?: string;
}

function headers(
  body: string,
  { id = 'act_1.1', secret = SECRET, atMs = Date.now(), signedBody = body }: Signing = {},
): Record<string, string> {
  const timestamp = String(Math.floor(atMs / 1000));
  const key = Buffer.from(secret.slice(6), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${signedBody}`).digest('base64');
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,bm9wZQ== v1,${signature}`,
  };
}

async function call(
  method: string,
  path: string,
  body?: string,
  more: Record<string, string> = {},
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${shop.url}${path}`, {
    method,
    headers: more,
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, body: await response.json() };
}
const order = (body: object | string, signing?: Signing) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return call('POST', '/deployments', text, headers(text, signing));
};

describe('a deployment is refused', () => {
  it.each<[string, object | string, Signing, number, object]>([
    [
      'signed with another secret',
      deployment(),
      { secret: `whsec_${Buffer.alloc(32, 6).toString('base64')}` },
      401,
      { code: 'unauthenticated' },
    ],
    ['signed over another body', deployment(), { signedBody: '{}' }, 401, { code: 'unauthenticated' }],
    [
      'signed more than five minutes ago',
      deployment(),
      { atMs: Date.now() - 310_000 },
      401,
      { code: 'unauthenticated' },
    ],
    [
      'signed more than five minutes ahead',
      deployment(),
      { atMs: Date.now() + 310_000 },
      401,
      { code: 'unauthenticated' },
    ],
    ['under an id that is not its key', deployment(), { id: 'act_2.1' }, 422, { code: 'invalid', field: '/key' }],
    ['without a fence', deployment({ fence: undefined }), {}, 422, { code: 'invalid', field: '/fence' }],
    [
      'with a component without a version',
      deployment({ to: { release: null, components: [{ component: 'odoo-pos' }] } }),
      {},
      422,
      { field: '/to/components/0/version' },
    ],
    [
      'for a component that the shop has not',
      deployment({ to: running('2', 'odoo-mail') }),
      {},
      422,
      { code: 'refused' },
    ],
    ['for a target that the shop has not', deployment({ target: 'depot' }), {}, 422, { code: 'refused' }],
    ['that is no JSON', '{', {}, 400, { code: 'not-json' }],
  ])('%s', async (_, body, signing, status, problem) => {
    expect(await order(body, signing)).toMatchObject({ status, body: problem });
  });

  it('without any signature', async () => {
    expect(
      await call('POST', '/deployments', JSON.stringify(deployment()), { 'content-type': 'application/json' }),
    ).toMatchObject({ status: 401 });
    expect(await call('GET', '/deployments?target=shop')).toMatchObject({ status: 401 });
  });

  it('of the shop’s own CD without its token', async () => {
    expect(await call('POST', '/deploy', '{"version":"2"}', { 'content-type': 'application/json' })).toMatchObject({
      status: 401,
    });
    expect(
      await call('POST', '/faults', '{"trading":"bad-pos"}', {
        'content-type': 'application/json',
        authorization: 'Bearer x',
      }),
    ).toMatchObject({ status: 401 });
  });

  it('and nothing has changed', async () => {
    expect(await call('GET', '/deployments?target=shop', undefined, headers(''))).toMatchObject({
      status: 200,
      body: {
        components: [
          { component: 'odoo-pos', version: '1', share: 1, by: 'cd' },
          { component: 'odoo-web', version: '1', share: 1 },
        ],
      },
    });
  });
});

describe('a deployment', () => {
  const token = { 'content-type': 'application/json', authorization: `Bearer ${SECRET}` };

  it('that is only tried changes nothing', async () => {
    expect(await order(deployment({ dryRun: true }))).toMatchObject({ status: 200 });
    expect(await call('GET', '/deployments?key=act_1.1', undefined, headers(''))).toEqual({
      status: 200,
      body: { state: 'unknown-key' },
    });
  });

  it('under a key that was used for another one is refused', async () => {
    expect(await order(deployment())).toMatchObject({ status: 200 });
    expect(await order(deployment({ to: running('3') }))).toMatchObject({ status: 422, body: { code: 'key-reused' } });
  });

  it('for a part of the traffic leaves the rest with what ran before', async () => {
    expect(
      await call('POST', '/deploy', '{"version":"9","components":["odoo-web"],"share":0.25}', token),
    ).toMatchObject({ status: 200 });
    expect(await call('GET', '/deployments?target=shop', undefined, headers(''))).toMatchObject({
      body: {
        components: [
          { component: 'odoo-pos', version: '2' },
          { component: 'odoo-web', version: '1', share: 0.75 },
          { component: 'odoo-web', version: '9', share: 0.25 },
        ],
      },
    });
  });

  it('of the CD with a component that the shop has not is refused with the field', async () => {
    expect(await call('POST', '/deploy', '{"version":"9","components":["x"]}', token)).toMatchObject({
      status: 422,
      body: { field: '/components' },
    });
  });
});

describe('the metrics', () => {
  it('say what runs, and count orders that were sold', async () => {
    const page = async () => (await fetch(`${shop.url}/metrics`)).text();
    const deadline = Date.now() + 20_000;
    while (/shop_pos_orders_total 0\n/.test(await page())) expect(Date.now()).toBeLessThan(deadline);
    expect(await page()).toContain('shop_release_info{component="odoo-web",version="9",release=""} 0.25');
    expect(await page()).toMatch(/shop_deployments_total\{by="actuator"\} 1\n/);
  });
});
