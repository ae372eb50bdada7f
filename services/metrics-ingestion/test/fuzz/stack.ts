import { createHmac, randomFillSync } from 'node:crypto';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { decodeSignalBatch } from '@parapet/contracts';
import { type DeadLetters, SignalPublisher } from '@parapet/jetstream';
import { idMaker } from '@parapet/kernel';
import { Authenticator, type ConfigurationWatcher, makeHttp, ProblemFilter } from '@parapet/nest';
import { type Configuration, configurationOf, hashToken, makeToken, parseDocuments } from '@parapet/policy';
import type { Publisher } from '@parapet/runtime';
import { makeLogger, Metrics } from '@parapet/telemetry';
import type { Redis } from 'ioredis';
import { DOORS } from '../../src/app.module.js';
import { AdmissionDesk } from '../../src/door/admission.js';
import { BODY_BYTES_MAX } from '../../src/door/body.js';
import { Intake } from '../../src/door/intake.js';
import type { DoorKind } from '../../src/door/kind.js';
import { RateLimit } from '../../src/door/rate-limit.js';
import { RefusalMemory } from '../../src/door/refusal-memory.js';
import { Refusals, type SourceJournal } from '../../src/door/refusals.js';
import { Replays } from '../../src/door/replays.js';
import { openDoors } from '../../src/door/routes.js';
import { Secrets } from '../../src/door/secrets.js';
import { SeenRecords } from '../../src/door/seen-records.js';
import { Signatures } from '../../src/door/signatures.js';
import { Storage } from '../../src/door/storage.js';
import { snippetsOf } from '../snippets.js';
import type { Mutant } from './mutate.js';

const PAGES = ['alertmanager.md', 'prometheus-push.md', 'grafana.md', 'samples.md', 'remote-write.md', 'otlp.md'];
const SECRET_VARIABLE = 'PARAPET_FUZZ_SECRET';
const SECRET = 'c4a1f0d2b9e87653c4a1f0d2b9e87653';
const token = makeToken();

/** What a door answered. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

@Module({})
class NothingElse {}

/** Every door behind the whole HTTP side of the service, with nothing behind them that could fail: no server is needed. */
export class Stack {
  /** What no answer shows: a stored batch that cannot be read back. */
  readonly defects: string[] = [];
  private constructor(
    private readonly app: NestFastifyApplication,
    private readonly configuration: Configuration,
  ) {}

  static async open(): Promise<Stack> {
    process.env[SECRET_VARIABLE] = SECRET;
    const http = makeHttp({ rawPaths: ['/v1/ingest/'], bodyBytesMax: BODY_BYTES_MAX });
    const app = await NestFactory.create<NestFastifyApplication>(NothingElse, http.adapter, {
      bodyParser: false,
      abortOnError: false,
      logger: false,
    });
    const stack = new Stack(app, readConfiguration());
    const logger = makeLogger({ service: 'metrics-ingestion', level: 'silent' });
    app.useGlobalFilters(new ProblemFilter(logger, http.allowed));
    openDoors(app, DOORS, stack.#intake(logger));
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
    return stack;
  }

  async close(): Promise<void> {
    delete process.env[SECRET_VARIABLE];
    await this.app.close();
  }

  /** Hands in a request at the address of the door's source, with what that source proves itself with. */
  async hand(door: DoorKind, { headers, body }: Mutant): Promise<Answer> {
    const source = this.configuration.signalSources.find(({ kind }) => kind === door.name)?.name;
    const response = await this.app
      .getHttpAdapter()
      .getInstance()
      .inject({
        method: 'POST',
        url: `/v1/ingest/${door.name}/${source}${door.suffix ?? ''}`,
        headers: { ...headers, authorization: `Bearer ${token}-${door.name}`, ...signatureOf(door, body) },
        payload: body,
      });
    return {
      status: response.statusCode,
      contentType: String(response.headers['content-type'] ?? ''),
      text: response.payload,
    };
  }

  #intake(logger: ReturnType<typeof makeLogger>): Intake {
    const { configuration } = this;
    const metrics = new Metrics({ service: 'metrics-ingestion', withProcess: false });
    const redis = AWAY as unknown as Redis;
    const watcher = {
      all: () => [configuration],
      current: () => configuration,
      source: (name: string) => {
        const source = configuration.signalSources.find((one) => one.name === name);
        return source === undefined ? null : { tenant: configuration.tenant.name, source };
      },
      onChange: () => () => true,
    } as unknown as ConfigurationWatcher;
    const letters = { put: async () => {} } as unknown as DeadLetters;
    const book = { db: { transactRetrying: async () => {} } } as unknown as SourceJournal;
    const desk = new AdmissionDesk(new Authenticator(watcher, logger), watcher, new RateLimit(redis, logger, metrics));
    return new Intake(
      desk,
      new Storage(new SignalPublisher(this.#publisher()), new SeenRecords(redis, metrics)),
      new Refusals(letters, new RefusalMemory(redis, metrics), book, metrics, logger),
      new Signatures(new Secrets(), new Replays(redis, metrics), logger),
      { logger, metrics, makeId: idMaker(Date.now, (bytes) => void randomFillSync(bytes)), nowMs: Date.now },
    );
  }

  /** Takes everything, and reads it back as its consumer will. */
  #publisher(): Publisher {
    let streamSeq = 0;
    return {
      publish: async (_, payload) => {
        try {
          decodeSignalBatch(payload);
        } catch (error) {
          this.defects.push(String(error));
        }
        return { streamSeq: ++streamSeq, isDuplicate: false };
      },
    };
  }
}

/** A Redis that is away: the doors go on by themselves. */
const AWAY = new Proxy(
  {},
  {
    get: () => () => {
      throw new Error('Redis is away');
    },
  },
);

/** Most bodies are signed rightly: behind the signature is where there is something to break. */
function signatureOf(door: DoorKind, body: Buffer): Readonly<Record<string, string>> {
  if (door.signature === undefined) return {};
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const signature = createHmac('sha256', SECRET).update(`${timestamp}:`).update(body).digest('hex');
  return { 'x-grafana-alerting-timestamp': timestamp, 'x-grafana-alerting-signature': signature };
}

/** The sources of the pages, one of each kind, with a token each and no rate that could be met. */
function readConfiguration(): Configuration {
  const tenant = `
apiVersion: parapet.dev/v1
kind: Tenant
metadata: { name: acme-retail }
spec: { environments: [{ name: production }] }
`;
  const sources = PAGES.map((page) => {
    const snippet = snippetsOf(page, 'yaml').find((one) => one.includes('kind: SignalSource')) as string;
    const kind = /^ {2}kind: (\S+)/m.exec(snippet)?.[1] as string;
    const own = `credentials: [{ sha256: "${hashToken(`${token}-${kind}`)}" }]`;
    return snippet
      .replace(/^(metadata: .*name: )\S+( .*)$/m, `$1fuzz-${kind}$2`)
      .replace(/^ {2}credentials: .*\n/m, '')
      .replace(/secret: \{[^}]*\}.*/, `secret: { env: ${SECRET_VARIABLE} }`)
      .replace(/^ {2}kind: .*$/m, `$&\n  ${own}\n  requests: { perSecond: 100000, burst: 1000000 }`);
  });
  const parsed = parseDocuments([{ file: 'fuzz.yaml', text: [tenant, ...sources].join('---\n') }]);
  if (!('documents' in parsed)) throw new Error(JSON.stringify(parsed.problems));
  return configurationOf('acme-retail', parsed.documents.map((document) => ({ ...document, revision: 1 })) as never);
}
