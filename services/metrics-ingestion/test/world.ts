import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { decodeSignalBatch, type Problem, type SignalBatch } from '@parapet/contracts';
import { connectJetStream, ensureStreams, type JetStreamConnection } from '@parapet/jetstream';
import { ConfigurationWatcher, type RunningService } from '@parapet/nest';
import { hashToken, makeToken, parseDocuments } from '@parapet/policy';
import { ConfigurationStore, type Database } from '@parapet/postgres';
import {
  startDatabase,
  startNats,
  startRedis,
  type TestDatabase,
  type TestNats,
  type TestServer,
} from '@parapet/testkit';
import { readConfig } from '../src/config.js';
import type { Receipt } from '../src/door/intake.js';
import { startIngestion } from '../src/start.js';

/** The users of the broker with the rights that they have in operation. */
const users = [
  { user: 'launcher', password: 'launcher' },
  ...(
    JSON.parse(readFileSync(new URL('../../../deploy/nats/users.json', import.meta.url), 'utf8')) as {
      users: { user: string; permissions: { publish: string[]; subscribe: string[] } }[];
    }
  ).users.map((one) => ({ ...one, password: one.user })),
];

/** The server's word for the end of a stream. */
const NO_MESSAGE_FOUND = 10037;

export const tokens = {
  alertmanager: makeToken(),
  slow: makeToken(),
  samples: makeToken(),
  slowSamples: makeToken(),
  refused: makeToken(),
  stranger: makeToken(),
  person: makeToken(),
};

const CREDENTIALS = (token: string) => `credentials: [{ sha256: "${hashToken(token)}" }]`;
/** So that no test meets the limit that another one is about. */
const WIDE = 'requests: { perSecond: 100000, burst: 1000000 }';

const ACME = `
apiVersion: parapet.dev/v1
kind: Tenant
metadata: { tenant: acme-retail, name: acme-retail }
spec:
  environments: [{ name: production }, { name: staging }]
  access: [{ subject: platform-admin, roles: [admin], ${CREDENTIALS(tokens.person)} }]
---
apiVersion: parapet.dev/v1
kind: SignalSource
metadata: { tenant: acme-retail, name: shop-alertmanager }
spec:
  kind: alertmanager
  environments: [production, staging]
  heartbeat: { labels: { alertname: Watchdog }, period: 30s }
  ${CREDENTIALS(tokens.alertmanager)}
  ${WIDE}
---
apiVersion: parapet.dev/v1
kind: SignalSource
metadata: { tenant: acme-retail, name: slow-alertmanager }
spec: { kind: alertmanager, environments: [production], ${CREDENTIALS(tokens.slow)}, requests: { perSecond: 0.01, burst: 2 } }
---
apiVersion: parapet.dev/v1
kind: SignalSource
metadata: { tenant: acme-retail, name: refused-alertmanager }
spec: { kind: alertmanager, environments: [production], ${CREDENTIALS(tokens.refused)}, ${WIDE} }
---
apiVersion: parapet.dev/v1
kind: SignalSource
metadata: { tenant: acme-retail, name: shop-scripts }
spec:
  kind: samples
  environments: [production, staging]
  ${CREDENTIALS(tokens.samples)}
  ${WIDE}
  signals:
    - { name: shop.carts.open, unit: carts, badDirection: low, dimensions: [till] }
    - { name: checkout.failures, unit: orders, badDirection: high }
---
apiVersion: parapet.dev/v1
kind: SignalSource
metadata: { tenant: acme-retail, name: slow-scripts }
spec:
  kind: samples
  environments: [production]
  ${CREDENTIALS(tokens.slowSamples)}
  requests: { perSecond: 0.01, burst: 1 }
  signals: [{ name: slow.things, unit: things, badDirection: low }]
`;

const OTHER = `
apiVersion: parapet.dev/v1
kind: Tenant
metadata: { tenant: other-retail, name: other-retail }
spec: { environments: [{ name: production }], access: [] }
---
apiVersion: parapet.dev/v1
kind: SignalSource
metadata: { tenant: other-retail, name: other-alertmanager }
spec: { kind: alertmanager, environments: [production], ${CREDENTIALS(tokens.stranger)}, ${WIDE} }
`;

/** What a door answered. */
export interface Told {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Partial<Receipt> & Partial<Problem>;
}

/** A batch as SIGNALS keeps it. */
export interface StoredBatch {
  readonly subject: string;
  readonly receivedAtMs: number;
  readonly batch: SignalBatch;
}

/** A running metrics-ingestion between real servers, and someone who looks at what it stored. */
export class World {
  readonly #stopped = new Set<object>();

  private constructor(
    readonly database: TestDatabase,
    readonly nats: TestNats,
    readonly redis: TestServer,
    readonly admin: JetStreamConnection,
    readonly db: Database,
    readonly service: RunningService,
    private readonly config: ReturnType<typeof readConfig>,
  ) {}

  /** One more instance between the same servers; whoever asks for it closes it. */
  another(): Promise<RunningService> {
    return startIngestion(this.config);
  }

  /** Stops a server before the end. */
  async lose(server: 'database' | 'redis'): Promise<void> {
    this.#stopped.add(this[server]);
    await this[server].stop();
  }

  /** `more`: further documents of acme-retail; `environment`: further variables of the service. */
  static async start(more = '', environment: Readonly<Record<string, string>> = {}): Promise<World> {
    const [database, nats, redis] = await Promise.all([startDatabase(), startNats({ users }), startRedis()]);
    const admin = await connectJetStream({ url: nats.url, user: 'launcher', password: 'launcher', name: 'launcher' });
    await ensureStreams(admin);
    const db = database.connect('release-control');
    for (const [tenant, text] of [
      ['acme-retail', `${ACME}${more}`],
      ['other-retail', OTHER],
    ] as const)
      await apply(db, tenant, text);
    const config = readConfig({
      PORT: '0',
      NATS_URL: nats.url,
      NATS_USER: 'metrics-ingestion',
      NATS_PASSWORD: 'metrics-ingestion',
      REDIS_URL: redis.url,
      DATABASE_URL: database.url('metrics-ingestion'),
      PARAPET_LOG_LEVEL: process.env['TEST_LOG'] ?? 'silent',
      ...environment,
    });
    return new World(database, nats, redis, admin, db, await startIngestion(config), config);
  }

  async stop(): Promise<void> {
    await this.service.close();
    await this.admin.close();
    const left = [this.database, this.nats, this.redis].filter((server) => !this.#stopped.has(server));
    await Promise.all(left.map((server) => server.stop()));
  }

  async send(path: string, init: RequestInit = {}, at: RunningService = this.service): Promise<Told> {
    const response = await fetch(`${at.url}${path}`, { redirect: 'manual', ...init });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
  }

  /** Hands in a message as a sender with a token would. */
  post(
    path: string,
    token: string | null,
    body: string | Uint8Array,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Told> {
    const authorization: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
    return this.send(path, {
      method: 'POST',
      body: body as NonNullable<RequestInit['body']>,
      headers: { 'content-type': 'application/json', ...authorization, ...headers },
    });
  }

  /** Everything in SIGNALS, or what one receipt left there. */
  async stored(receipt?: string): Promise<readonly StoredBatch[]> {
    const all: StoredBatch[] = [];
    for (let seq = 1; ; ) {
      const query = { seq, next_by_subj: 'parapet.signals.v1.>' };
      const message = await this.admin.manager.streams
        .getMessage('SIGNALS', query)
        .catch((error: { code?: number }) => {
          if (error.code === NO_MESSAGE_FOUND) return null;
          throw error;
        });
      if (message === null) break;
      const receivedAtMs = message.time.getTime();
      all.push({ subject: message.subject, receivedAtMs, batch: decodeSignalBatch(message.data) });
      seq = message.seq + 1;
    }
    return receipt === undefined ? all : all.filter(({ batch }) => batch.receipt === receipt);
  }

  async metrics(): Promise<string> {
    return (await fetch(`${this.service.url}/metrics`)).text();
  }

  watcher(): ConfigurationWatcher {
    return this.service.app.get(ConfigurationWatcher, { strict: false });
  }

  /** Writes bytes to the port as they are and gives all that comes back until the other side closes. */
  async raw(text: string): Promise<string> {
    const { hostname, port } = new URL(this.service.url);
    const socket = createConnection({ host: hostname, port: Number(port) });
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.end(text);
    await once(socket, 'close');
    return Buffer.concat(chunks).toString();
  }
}

async function apply(db: Database, tenant: string, text: string): Promise<void> {
  const parsed = parseDocuments([{ file: `${tenant}.yaml`, text }]);
  if (!('documents' in parsed)) throw new Error(JSON.stringify(parsed.problems));
  const documents = parsed.documents.map(({ kind, name, spec }) => ({ kind, name, spec: spec as never }));
  await new ConfigurationStore().putNow(db, tenant, documents, { kind: 'service', id: 'test' });
}

/** A message of Alertmanager with one alert that fires; `more` changes it. */
export function alertMessage(more: object = {}): string {
  return JSON.stringify({
    version: '4',
    groupKey: 'g',
    status: 'firing',
    receiver: 'r',
    alerts: [{ status: 'firing', labels: { alertname: 'a', environment: 'production' } }],
    ...more,
  });
}

/** Polls until it gives something; fails after the time. */
export async function eventually<T>(look: () => Promise<T | null | undefined | false>, withinMs = 10_000): Promise<T> {
  const deadlineMs = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (Date.now() > deadlineMs) throw new Error(`not within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
