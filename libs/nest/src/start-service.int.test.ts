import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Injectable,
  type OnApplicationBootstrap,
  Body,
  Controller,
  Get,
  Inject,
  Module,
  Param,
  Post,
  Req,
} from '@nestjs/common';
import type { Problem } from '@parapet/contracts';
import { type JetStreamConnection, connectJetStream, ensureStreams } from '@parapet/jetstream';
import { ConfigurationStore, Database, migrate, roleUrl } from '@parapet/postgres';
import {
  type TestNats,
  type TestPostgres,
  type TestServer,
  startNats,
  startPostgres,
  startRedis,
} from '@parapet/testkit';
import { Authenticator } from './authenticator.js';
import { ConfigurationWatcher } from './configuration-watcher.js';
import { parseEnvironment, serviceVariables } from './environment.js';
import type { FastifyRequest } from './fastify.js';
import { ProblemError } from './problem.js';
import { ServiceModule } from './service-module.js';
import { type RunningService, startService } from './start-service.js';

const PASSWORDS = {
  'metrics-ingestion': 'a',
  'kpi-probing': 'b',
  'guardrail-evaluation': 'c',
  'release-control': 'd',
  'rollback-actuation': 'e',
};

let finishSlow: () => void = () => {};

@Controller()
class Pages {
  @Get('/v1/things/:id')
  thing(@Param('id') id: string): { id: string } {
    if (id === 'gone')
      throw new ProblemError(404, 'unknown-thing', 'there is no such thing', {
        field: '/id',
        current: { a: 1 },
        headers: { 'X-Extra': 'y' },
      });
    if (id === 'broken') throw new Error('the inside: postgres://u:geheim@h/db');
    if (id === 'away') throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    return { id };
  }

  @Get('/v1/slow')
  async slow(): Promise<{ done: true }> {
    await new Promise<void>((resolve) => (finishSlow = resolve));
    return { done: true };
  }

  @Post('/v1/things')
  make(@Body() body: unknown, @Req() request: FastifyRequest): unknown {
    return { body, raw: request.rawBody?.toString('latin1') };
  }

  @Post('/v1/ingest/door/:source')
  door(@Body() body: unknown): unknown {
    return { isBytes: Buffer.isBuffer(body), length: (body as Buffer | undefined)?.length ?? null };
  }
}

/** Counts how often the hooks of a start are run. */
@Injectable()
class Loop implements OnApplicationBootstrap {
  starts = 0;
  onApplicationBootstrap(): void {
    this.starts++;
  }
}

describe('a service', () => {
  let postgres: TestPostgres;
  let nats: TestNats;
  let redis: TestServer;
  let admin: JetStreamConnection;
  let releaseControl: Database;
  let service: RunningService;

  beforeAll(async () => {
    [postgres, nats, redis] = await Promise.all([startPostgres(), startNats(), startRedis()]);
    await migrate({ adminUrl: postgres.adminUrl, passwords: PASSWORDS });
    admin = await connectJetStream({ url: nats.url, name: 'launcher' });
    await ensureStreams(admin);
    releaseControl = Database.connect({
      url: roleUrl(postgres.adminUrl, 'release-control', 'd'),
      applicationName: 'test',
    });
    const config = parseEnvironment(serviceVariables, {
      PORT: '0',
      NATS_URL: nats.url,
      REDIS_URL: redis.url,
      PARAPET_LOG_LEVEL: 'silent',
      DATABASE_URL: roleUrl(postgres.adminUrl, 'metrics-ingestion', 'a'),
    });
    @Module({
      imports: [
        ServiceModule.register({ service: 'metrics-ingestion', config, redis: true, relay: true, advisories: true }),
      ],
      controllers: [Pages],
      providers: [Loop],
    })
    class App {
      constructor(@Inject(Authenticator) readonly authenticator: Authenticator) {}
    }
    service = await startService(App, { service: 'metrics-ingestion', config, consumer: 'metrics-ingestion' });
  }, 60_000);

  afterAll(async () => {
    await service?.close();
    await releaseControl?.end();
    await admin?.close();
    await Promise.all([postgres?.stop(), nats?.stop(), redis?.stop()]);
  }, 30_000);

  const ask = async (
    path: string,
    init?: RequestInit,
  ): Promise<{ status: number; headers: Headers; body: Problem & Record<string, unknown> }> => {
    const response = await fetch(`${service.url}${path}`, init);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: (text === '' ? {} : JSON.parse(text)) as never };
  };

  it('is alive, ready with everything it needs, and serves its metrics', async () => {
    expect((await ask('/healthz')).status).toBe(200);
    expect(await ask('/readyz')).toMatchObject({
      status: 200,
      body: { status: 'ready', dependencies: { postgres: 'ok', nats: 'ok' } },
    });
    const page = await (await fetch(`${service.url}/metrics`)).text();
    expect(page).toContain('parapet_http_requests_total{');
    expect(page).toContain('parapet_dependency_up{dependency="nats",service="metrics-ingestion"} 1');
  });

  it('starts each of its loops once, though it listens to requests and to messages', () => {
    expect(service.app.get(Loop).starts).toBe(1);
  });

  it.each([
    [
      'a refusal with everything said of it',
      '/v1/things/gone',
      {},
      404,
      { code: 'unknown-thing', field: '/id', current: { a: 1 }, title: 'Not Found', detail: 'there is no such thing' },
    ],
    ['a path that is not there', '/v1/nowhere', {}, 404, { code: 'not-found' }],
    ['a method that the path does not take', '/v1/things/x', { method: 'DELETE' }, 405, { code: 'method-not-allowed' }],
    ['GET on a door', '/v1/ingest/door/shop', {}, 405, { code: 'method-not-allowed' }],
    [
      'a body that is no JSON',
      '/v1/things',
      { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } },
      400,
      { code: 'not-json' },
    ],
    [
      'a body that is no UTF-8',
      '/v1/things',
      { method: 'POST', body: new Uint8Array([0x22, 0xff, 0x22]), headers: { 'content-type': 'application/json' } },
      400,
      { code: 'not-json' },
    ],
    [
      'a body of another type',
      '/v1/things',
      { method: 'POST', body: 'a=b', headers: { 'content-type': 'text/plain' } },
      415,
      { code: 'media-type' },
    ],
    [
      'a body beyond 8 MiB',
      '/v1/things',
      { method: 'POST', body: 'x'.repeat(8 * 1024 * 1024 + 1), headers: { 'content-type': 'application/json' } },
      413,
      { code: 'too-large' },
    ],
    ['a server that is away', '/v1/things/away', {}, 503, { code: 'unavailable' }],
    [
      'a defect, without its inside',
      '/v1/things/broken',
      {},
      500,
      { code: 'internal', detail: expect.not.stringContaining('geheim') },
    ],
  ] as const)('answers %s as a problem document', async (_, path, init, status, body) => {
    const answer = await ask(path, init as RequestInit);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({ ...body, status, type: `https://parapet.dev/problems/${body.code}` });
    expect(answer.body.requestId).toMatch(/^req_[0-9A-Z]{26}$/);
    expect(answer.headers.get('x-request-id')).toBe(answer.body.requestId);
    if (status === 405) expect(answer.headers.get('allow')).toMatch(/GET|POST/);
    if (status === 503) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('reads JSON for handlers and keeps the bytes; at a door the bytes are all there is', async () => {
    const post = (path: string, body: string, type?: string) =>
      ask(path, {
        method: 'POST',
        body: new TextEncoder().encode(body),
        headers: type === undefined ? {} : { 'content-type': type },
      });
    expect((await post('/v1/things', '{"a":1,"__proto__":{"x":1}}', 'application/json')).body).toEqual({
      body: { a: 1 },
      raw: '{"a":1,"__proto__":{"x":1}}',
    });
    expect((await post('/v1/ingest/door/shop', '{not json', 'application/json')).body).toEqual({
      isBytes: true,
      length: 9,
    });
    expect((await post('/v1/ingest/door/shop', 'x', 'text/plain')).body).toEqual({ isBytes: true, length: 1 });
    expect((await post('/v1/ingest/door/shop', 'x')).body).toEqual({ isBytes: true, length: 1 });
  });

  it('follows the configuration, and knows who presents a credential', async () => {
    const watcher = service.app.get(ConfigurationWatcher, { strict: false });
    const authenticator = service.app.get(Authenticator, { strict: false });
    const { makeToken, hashToken, parseDocuments } = await import('@parapet/policy');
    const [person, source] = [makeToken(), makeToken()];
    const parsed = parseDocuments([
      {
        file: 'a.yaml',
        text: `
apiVersion: parapet.dev/v1
kind: Tenant
metadata: { tenant: acme, name: acme }
spec:
  environments: [{ name: production }]
  access: [{ subject: on-call, roles: [approver], credentials: [{ sha256: "${hashToken(person)}" }] }]
---
apiVersion: parapet.dev/v1
kind: SignalSource
metadata: { tenant: acme, name: shop }
spec: { kind: alertmanager, environments: [production], credentials: [{ sha256: "${hashToken(source)}" }] }
`,
      },
    ]);
    if (!('documents' in parsed)) throw new Error(JSON.stringify(parsed));
    const seen: number[] = [];
    watcher.onChange((configuration) => seen.push(configuration.revision));
    const stored = parsed.documents.map(({ kind, name, spec }) => ({ kind, name, spec: spec as never }));
    await new ConfigurationStore().putNow(releaseControl, 'acme', stored, { kind: 'service', id: 'test' });
    await watcher.refresh();
    expect(watcher.tenants()).toEqual(['acme']);
    expect(watcher.source('shop')).toMatchObject({ tenant: 'acme', source: { kind: 'alertmanager' } });
    expect(seen).toEqual([1]);
    const basic = (user: string, token: string) => `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`;
    expect(authenticator.authenticate(`Bearer ${person}`)).toEqual({
      tenant: 'acme',
      subject: 'on-call',
      roles: ['approver'],
      source: null,
    });
    expect(authenticator.authenticate(`Bearer ${source}`)).toMatchObject({
      subject: 'source:shop',
      source: 'shop',
      roles: [],
    });
    expect(authenticator.authenticate(basic('shop', source))).toMatchObject({ source: 'shop' });
    for (const bad of [
      undefined,
      '',
      'Bearer',
      `Bearer ${makeToken()}`,
      basic('other', source),
      `Digest ${source}`,
      basic('shop', person),
    ]) {
      expect(authenticator.authenticate(bad)).toBeNull();
    }
  });

  it('ends in order: what runs is answered, what comes is sent elsewhere', async () => {
    const slow = ask('/v1/slow');
    await new Promise((resolve) => setTimeout(resolve, 50));
    const closing = service.close();
    const late = await ask('/v1/things/x').then(
      ({ status }) => status,
      () => 'connection refused',
    );
    expect([503, 'connection refused']).toContain(late);
    finishSlow();
    expect((await slow).body).toEqual({ done: true });
    await closing;
    await expect(fetch(`${service.url}/healthz`)).rejects.toThrow();
  });
});
