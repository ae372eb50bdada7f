import 'reflect-metadata';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DeadLetters } from '@parapet/jetstream';
import { makeToken } from '@parapet/policy';
import fc from 'fast-check';
import { mangled } from '../test/mangled.js';
import { snippetsOf } from '../test/snippets.js';
import { alertMessage, eventually, tokens, World } from '../test/world.js';

const ALERTS = '/v1/ingest/alertmanager/shop-alertmanager';
const SAMPLES = '/v1/ingest/samples/shop-scripts';

const sampleMessage = (more: object = {}): string =>
  JSON.stringify({ samples: [{ signal: 'shop.carts.open', at: new Date().toISOString(), value: 41, ...more }] });
const basic = (user: string, token: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`,
});

let world: World;
beforeAll(async () => {
  world = await World.start();
}, 60_000);
afterAll(async () => {
  await world?.stop();
}, 30_000);

describe('who may come in', () => {
  it.each([
    ['Bearer with the token', ALERTS, { authorization: `Bearer ${tokens.alertmanager}` }],
    ['bearer in small letters', ALERTS, { authorization: `bearer ${tokens.alertmanager}` }],
    ['Basic with the source as user', ALERTS, basic('shop-alertmanager', tokens.alertmanager)],
  ])('%s', async (_, path, headers) => {
    expect((await world.post(path, null, alertMessage(), headers)).status).toBe(202);
  });

  it('everybody else gets the same answer, and nothing is stored or kept', async () => {
    const before = await world.stored();
    const told = [
      await world.post(ALERTS, null, alertMessage()),
      await world.post(ALERTS, makeToken(), alertMessage()),
      await world.post(ALERTS, 'x', alertMessage()),
      await world.post(ALERTS, null, alertMessage(), { authorization: 'Bearer' }),
      await world.post(ALERTS, null, alertMessage(), { authorization: `Digest ${tokens.alertmanager}` }),
      await world.post(ALERTS, null, alertMessage(), basic('other-alertmanager', tokens.alertmanager)),
      await world.post(ALERTS, null, alertMessage(), basic('shop-alertmanager', makeToken())),
      await world.post('/v1/ingest/alertmanager/nobody', null, alertMessage()),
      await world.post('/v1/ingest/alertmanager/nobody', makeToken(), alertMessage()),
      await world.post(ALERTS, makeToken(), 'not even JSON'),
    ];
    expect(new Set(told.map(({ body: { requestId: _, ...body } }) => JSON.stringify(body))).size).toBe(1);
    expect(told.map(({ status }) => status)).toEqual(told.map(() => 401));
    expect(told[0]?.headers.get('www-authenticate')).toContain('Bearer');
    expect(await world.stored()).toHaveLength(before.length);
    expect(await new DeadLetters(world.admin).list({ consumer: 'alertmanager' })).toEqual([]);
  });

  it.each([
    ['another tenant’s token', ALERTS, () => tokens.stranger, 403, 'wrong-source'],
    ['another source’s token', ALERTS, () => tokens.slow, 403, 'wrong-source'],
    ['a token of samples at a door for alerts', ALERTS, () => tokens.samples, 403, 'wrong-source'],
    ['a person’s token', ALERTS, () => tokens.person, 403, 'wrong-source'],
    [
      'one’s own token, at somebody else’s address',
      '/v1/ingest/alertmanager/other-alertmanager',
      () => tokens.alertmanager,
      403,
      'wrong-source',
    ],
    ['a source that is not there', '/v1/ingest/alertmanager/gone', () => tokens.slow, 404, 'unknown-source'],
    [
      'one’s own source at a door of another kind',
      '/v1/ingest/alertmanager/shop-scripts',
      () => tokens.samples,
      404,
      'unknown-source',
    ],
  ] as const)('%s is refused, and nothing is stored', async (_, path, token, status, code) => {
    const before = await world.stored();
    expect(await world.post(path, token(), alertMessage())).toMatchObject({ status, body: { status, code } });
    expect(await world.stored()).toHaveLength(before.length);
  });

  it.each(['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])('%s is never answered 2xx', async (method) => {
    for (const path of [ALERTS, SAMPLES]) {
      const told = await world.send(path, { method, headers: { authorization: `Bearer ${tokens.alertmanager}` } });
      expect([told.status, told.headers.get('allow')]).toEqual([405, 'POST']);
    }
  });
});

describe('what is taken', () => {
  it('samples, each to the environment that it names', async () => {
    const body = JSON.stringify({
      samples: [
        {
          signal: 'shop.carts.open',
          at: new Date().toISOString(),
          value: 41,
          dimensions: { environment: 'staging', till: '7' },
        },
        { signal: 'checkout.failures', at: '2026-11-01T09:15:00Z', count: 3, of: 812 },
      ],
    });
    const told = await world.post(SAMPLES, tokens.samples, body);
    expect(told).toMatchObject({ status: 202, body: { accepted: 2, repeated: 0 } });
    expect(
      (await world.stored(told.body.receipt)).map(({ subject, batch }) => [
        subject,
        batch.environment,
        batch.samples.length,
      ]),
    ).toEqual([
      [expect.stringMatching(/^parapet\.signals\.v1\.\d+\.acme-retail\.production$/), 'production', 1],
      [expect.stringMatching(/^parapet\.signals\.v1\.\d+\.acme-retail\.staging$/), 'staging', 1],
    ]);
    await eventually(async () => (await world.post(SAMPLES, tokens.samples, body)).body.repeated === 2);
  });

  it('samples of a script, by the very command of the page', async () => {
    const command = (snippetsOf('samples.md', 'sh')[0] as string).replace(
      'https://parapet.acme.example',
      world.service.url,
    );
    const { stdout } = await promisify(execFile)('sh', ['-c', command], {
      env: { ...process.env, PARAPET_TOKEN: tokens.samples },
    });
    const told = JSON.parse(stdout) as Record<string, unknown>;
    expect(told).toEqual({ receipt: expect.any(String), accepted: 2, repeated: 0 });
    const page = JSON.parse(snippetsOf('samples.md', 'json')[0] as string) as Record<string, unknown>;
    expect(Object.keys(told)).toEqual(Object.keys(page));
    const [stored] = await world.stored(told['receipt'] as string);
    expect(stored?.batch.samples.map(({ signal, value }) => [signal, value])).toEqual([
      ['shop.carts.open', { kind: 'gauge', value: 41 }],
      ['checkout.failures', { kind: 'count', count: 3, of: 812 }],
    ]);
  });

  it('a compressed body, and one without a type', async () => {
    expect(
      (await world.post(ALERTS, tokens.alertmanager, gzipSync(alertMessage()), { 'content-encoding': 'gzip' })).status,
    ).toBe(202);
    const told = await world.send(ALERTS, {
      method: 'POST',
      body: new TextEncoder().encode(alertMessage()),
      headers: { authorization: `Bearer ${tokens.alertmanager}` },
    });
    expect(told.status).toBe(202);
  });

  it('a message larger than a server takes, in parts under one receipt', async () => {
    const alerts = Array.from({ length: 3_000 }, (_, i) => ({
      status: 'firing',
      labels: { alertname: 'a', instance: `till-${i}` },
      annotations: { summary: 'x'.repeat(600) },
    }));
    const told = await world.post(ALERTS, tokens.alertmanager, alertMessage({ alerts }));
    expect(told).toMatchObject({ status: 202, body: { accepted: 3_000 } });
    const parts = (await world.stored(told.body.receipt)).filter(({ batch }) => batch.environment === 'production');
    expect(parts.length).toBeGreaterThan(3);
    expect(parts.map(({ batch }) => batch.part).sort((a, b) => a - b)).toEqual(parts.map((_, i) => i + 1));
    expect(parts.every(({ batch }) => batch.parts === parts.length)).toBe(true);
    const instances = parts.flatMap(({ batch }) => batch.alerts?.statements.map((one) => one.labels['instance']) ?? []);
    expect(new Set(instances).size).toBe(3_000);
  });

  it('the largest alert that the rules allow', async () => {
    const labels = Object.fromEntries(Array.from({ length: 38 }, (_, i) => [`label${i}`, 'x'.repeat(4_096)]));
    const annotations = Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [`annotation${i}`, '\u0001'.repeat(60_000)]),
    );
    const alerts = [{ status: 'firing', labels, annotations, generatorURL: 'x'.repeat(16_000) }];
    const told = await world.post(
      ALERTS,
      tokens.alertmanager,
      alertMessage({ alerts, groupKey: '\u0001'.repeat(8_192) }),
    );
    expect(told).toMatchObject({ status: 202, body: { accepted: 1 } });
  });
});

describe('what is refused', () => {
  it.each([
    [
      'another type',
      ALERTS,
      'alertmanager',
      'payload=x',
      { 'content-type': 'application/x-www-form-urlencoded' },
      415,
      'media-type',
      undefined,
    ],
    [
      'another encoding',
      ALERTS,
      'alertmanager',
      alertMessage(),
      { 'content-encoding': 'br' },
      415,
      'media-type',
      undefined,
    ],
    ['no body', ALERTS, 'alertmanager', '', {}, 400, 'not-json', undefined],
    ['8 MiB and a byte', ALERTS, 'alertmanager', 'x'.repeat(8 * 1024 * 1024 + 1), {}, 413, 'too-large', undefined],
    [
      'an alert without status',
      ALERTS,
      'alertmanager',
      alertMessage({ alerts: [{ labels: {} }] }),
      {},
      422,
      'invalid',
      '/alerts/0/status',
    ],
    [
      'a signal that is not declared',
      SAMPLES,
      'samples',
      sampleMessage({ signal: 'x' }),
      {},
      422,
      'invalid',
      '/samples/0/signal',
    ],
    [
      'a sample of tomorrow',
      SAMPLES,
      'samples',
      sampleMessage({ at: '2099-01-01T00:00:00Z' }),
      {},
      422,
      'future',
      '/samples/0/at',
    ],
  ] as const)('%s, as a problem document', async (_, path, token, body, headers, status, code, field) => {
    const told = await world.post(path, tokens[token], body, headers);
    expect(told.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(told).toMatchObject({ status, body: { status, code, type: `https://parapet.dev/problems/${code}` } });
    expect(told.body.field).toBe(field);
    expect(told.body.requestId).toBe(told.headers.get('x-request-id'));
  });

  it('is kept once, cut at 512 KiB, with its reason and its sender', async () => {
    const letters = new DeadLetters(world.admin);
    const large = `{"version":"3",${'"x":1,'.repeat(100_000)}"y":1}`;
    await world.post(ALERTS, tokens.alertmanager, large);
    await world.post(ALERTS, tokens.alertmanager, large);
    const kept = (await letters.list({ consumer: 'alertmanager', limit: 100 })).filter(({ excerpt }) =>
      excerpt.startsWith('{"version":"3"'),
    );
    expect(kept).toHaveLength(1);
    expect(kept[0]).toMatchObject({
      subject: 'door.acme-retail.shop-alertmanager',
      bytes: 512 * 1024,
      reason: expect.stringMatching(/^422 invalid at \/version: .*"3"/),
    });
  });

  it('raises source.refused once for three in a row, and again only after a message was taken', async () => {
    const path = '/v1/ingest/alertmanager/refused-alertmanager';
    const bad = () => world.post(path, tokens.refused, alertMessage({ version: `v${Math.random()}` }));
    const told = () =>
      world.db.transact('acme-retail', (tx) =>
        tx.query<{ stream: string; environment: string; workload: string; data: Record<string, unknown> }>(
          "SELECT stream, environment, workload, data FROM journal WHERE type = 'source.refused' AND stream = 'source:refused-alertmanager' ORDER BY seq",
        ),
      );
    await bad();
    await bad();
    expect((await world.post(path, tokens.refused, alertMessage())).status).toBe(202);
    await bad();
    await bad();
    expect(await told()).toEqual([]);
    for (let i = 0; i < 4; i++) expect((await bad()).status).toBe(422);
    const [first] = await eventually(async () => ((await told()).length > 0 ? told() : null));
    expect(first).toMatchObject({
      stream: 'source:refused-alertmanager',
      environment: 'production',
      workload: 'none',
      data: {
        source: 'refused-alertmanager',
        reason: expect.stringMatching(/^invalid: \/version must be/),
        affected: ['production'],
      },
    });
    expect(await told()).toHaveLength(1);
    await eventually(async () => {
      const last = await world.admin.manager.streams.getMessage('EVENTS', {
        last_by_subj: 'parapet.events.v1.acme-retail.production.none.none.source.refused',
      });
      return last?.json<{ subject: string }>().subject === 'source:refused-alertmanager';
    });

    await world.post(path, tokens.refused, alertMessage());
    for (let i = 0; i < 3; i++) await bad();
    await eventually(async () => (await told()).length === 2);
  });

  it('never becomes a 5xx, whatever the bytes', async () => {
    await fc.assert(
      fc.asyncProperty(mangled('alertmanager'), mangled('samples'), async (alerts, samples) => {
        expect([202, 400, 413, 422]).toContain((await world.post(ALERTS, tokens.alertmanager, alerts)).status);
        expect([202, 400, 413, 422]).toContain((await world.post(SAMPLES, tokens.samples, samples)).status);
      }),
      { numRuns: 150 },
    );
  });

  it('a body that breaks off is nobody’s message', async () => {
    const before = await world.stored();
    await world.raw(
      [
        `POST ${ALERTS} HTTP/1.1`,
        'Host: x',
        `Authorization: Bearer ${tokens.alertmanager}`,
        'Content-Type: application/json',
        'Content-Length: 5000',
        '',
        alertMessage(),
      ].join('\r\n'),
    );
    expect((await world.send('/healthz')).status).toBe(200);
    expect(await world.stored()).toHaveLength(before.length);
  });
});

describe('a source beyond its rate', () => {
  it('of Alertmanager is answered 503, which it repeats', async () => {
    const path = '/v1/ingest/alertmanager/slow-alertmanager';
    const told = [];
    for (let i = 0; i < 6; i++) told.push(await world.post(path, tokens.slow, alertMessage()));
    const last = told.at(-1);
    expect(last).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('of samples is answered 429', async () => {
    const path = '/v1/ingest/samples/slow-scripts';
    const body = JSON.stringify({ samples: [{ signal: 'slow.things', at: new Date().toISOString(), value: 1 }] });
    expect((await world.post(path, tokens.slowSamples, body)).status).toBe(202);
    const told = await world.post(path, tokens.slowSamples, body);
    expect(told).toMatchObject({ status: 429, body: { code: 'slow-down' } });
    expect(Number(told.headers.get('retry-after'))).toBeGreaterThan(1);
  });
});

it('counts what came, what was stored, and why not, by names that we gave', async () => {
  const page = await world.metrics();
  const of = (name: string, labels: string) => {
    const line = page
      .split('\n')
      .find((one) => one.startsWith(`${name}{`) && labels.split(' ').every((label) => one.includes(label)));
    return Number(line?.split(' ').at(-1));
  };
  const here = 'door="alertmanager" tenant="acme-retail" source="shop-alertmanager"';
  expect(of('parapet_ingest_messages_total', `${here} status="202"`)).toBeGreaterThan(0);
  expect(of('parapet_ingest_messages_total', 'door="alertmanager" source="none" status="401"')).toBeGreaterThan(8);
  expect(of('parapet_ingest_refused_total', `${here} code="invalid"`)).toBeGreaterThan(0);
  expect(of('parapet_ingest_records_total', here)).toBeGreaterThan(3_000);
  expect(of('parapet_ingest_bytes_total', here)).toBeGreaterThan(8 * 1024 * 1024);
  expect(of('parapet_ingest_limited_total', 'source="slow-scripts"')).toBe(1);
  expect(of('parapet_ingest_seconds_count', 'door="alertmanager"')).toBeGreaterThan(0);
  expect(page).not.toContain('nobody');
  for (const token of Object.values(tokens)) expect(page).not.toContain(token);
});
