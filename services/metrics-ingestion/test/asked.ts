import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeSignalBatch, type SignalBatch } from '@parapet/contracts';
import { connectJetStream, ensureStreams, type JetStreamConnection } from '@parapet/jetstream';
import type { RunningService } from '@parapet/nest';
import { parseDocuments } from '@parapet/policy';
import { ConfigurationStore, type Database } from '@parapet/postgres';
import {
  startDatabase,
  startNats,
  startPrometheus,
  type TestDatabase,
  type TestNats,
  type TestServer,
} from '@parapet/testkit';
import { readConfig } from '../src/config.js';
import { startIngestion } from '../src/start.js';

export const TENANT = 'acme-retail';

export type ReceivedSample = SignalBatch['samples'][number] & { readonly isHistory: boolean };

/** A shop that can be scraped, whose numbers a test sets. */
export class ScrapedShop {
  /** What the next scrape gets, line by line. */
  lines: () => readonly string[] = () => [];
  readonly #server: Server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(`${this.lines().join('\n')}\n`);
  });

  async open(): Promise<string> {
    return `127.0.0.1:${await listen(this.#server)}`;
  }

  close(): Promise<void> {
    return closed(this.#server);
  }
}

/** A question on its way. */
export interface Question {
  readonly path: string;
  readonly form: URLSearchParams;
  readonly authorization: string | undefined;
}

/** The way to a Prometheus, which a test may interrupt; remembers who passed. */
export class Way {
  isOpen: (question: Question) => boolean = () => true;
  readonly asked: Question[] = [];
  readonly #server: Server;

  constructor(private readonly to: () => string) {
    this.#server = createServer((incoming, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const body = Buffer.concat(chunks);
        const { url = '/', headers } = incoming;
        const question = {
          path: url,
          form: new URLSearchParams(body.toString()),
          authorization: headers.authorization,
        };
        if (!this.isOpen(question)) {
          incoming.socket.destroy();
          return;
        }
        this.asked.push(question);
        const { method = 'GET' } = incoming;
        const onward = request(new URL(url, this.to()), { method, headers }, (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        });
        onward.on('error', () => outgoing.destroy());
        onward.end(body);
      });
    });
  }

  async open(): Promise<string> {
    return `http://127.0.0.1:${await listen(this.#server)}`;
  }

  close(): Promise<void> {
    return closed(this.#server);
  }
}

/** Real PostgreSQL, NATS and Prometheus, and someone who hears what is stored. */
export class AskedWorld {
  readonly received: ReceivedSample[] = [];
  readonly batches: SignalBatch[] = [];
  #services: RunningService[] = [];

  private constructor(
    readonly database: TestDatabase,
    readonly nats: TestNats,
    readonly prometheus: TestServer,
    readonly listener: JetStreamConnection,
    readonly db: Database,
  ) {}

  static async start(o: Parameters<typeof startPrometheus>[0]): Promise<AskedWorld> {
    const [database, nats, prometheus] = await Promise.all([startDatabase(), startNats(), startPrometheus(o)]);
    const listener = await connectJetStream({ url: nats.url, name: 'listener' });
    await ensureStreams(listener);
    const world = new AskedWorld(database, nats, prometheus, listener, database.connect('release-control'));
    listener.nats.subscribe('parapet.signals.v1.>', { callback: (_, message) => world.#hear(message.data) });
    return world;
  }

  #hear(bytes: Uint8Array): void {
    const batch = decodeSignalBatch(bytes);
    this.batches.push(batch);
    this.received.push(...batch.samples.map((one) => ({ ...one, isHistory: batch.isHistory === true })));
  }

  async apply(text: string): Promise<void> {
    const parsed = parseDocuments([{ file: 'test.yaml', text }]);
    if (!('documents' in parsed)) throw new Error(JSON.stringify(parsed.problems));
    const documents = parsed.documents.map(({ kind, name, spec }) => ({ kind, name, spec: spec as never }));
    await new ConfigurationStore().putNow(this.db, TENANT, documents, { kind: 'service', id: 'test' });
  }

  async serve(): Promise<RunningService> {
    const config = readConfig({
      PORT: '0',
      NATS_URL: this.nats.url,
      REDIS_URL: 'redis://127.0.0.1:1',
      DATABASE_URL: this.database.url('metrics-ingestion'),
      PARAPET_LOG_LEVEL: process.env['TEST_LOG'] ?? 'silent',
    });
    const service = await startIngestion(config);
    this.#services.push(service);
    return service;
  }

  async close(service: RunningService): Promise<void> {
    this.#services = this.#services.filter((one) => one !== service);
    await service.close();
  }

  /** Samples of a signal that are of the present, or of the past. */
  of(signal: string, isHistory = false): readonly ReceivedSample[] {
    return this.received.filter((one) => one.signal === signal && one.isHistory === isHistory);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#services.map((service) => service.close()));
    await this.listener.close();
    await Promise.all([this.database.stop(), this.nats.stop(), this.prometheus.stop()]);
  }
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
