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
import { Refusals } from '../../src/door/refusals.js';
import type { SourceJournal } from '../../src/door/source-journal.js';
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
/** The token of the source of a kind. */
export const tokenOf = (door: DoorKind): string => `${token}-${door.name}`;
export const STRANGERS_TOKEN = makeToken();

/** What a door answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

@Module({})
class NothingElse {}

/** Every door behind the whole HTTP side of the service, with nothing behind them that could fail: no server is needed. */
export class Stack {
  /** What no answer shows: a stored batch that cannot be read back. */
  readonly defects: string[] = [];
  /** How many batches were stored. */
  stored = 0;
  private constructor(
    private readonly app: NestFastifyApplication,
    private readonly configurations: readonly Configuration[],
  ) {}

  static async open(): Promise<Stack> {
    process.env[SECRET_VARIABLE] = SECRET;
    const http = makeHttp({ rawPaths: ['/v1/ingest/'], bodyBytesMax: BODY_BYTES_MAX });
    const app = await NestFactory.create<NestFastifyApplication>(NothingElse, http.adapter, {
      bodyParser: false,
      abortOnError: false,
      logger: false,
    });
    const stack = new Stack(app, [readConfiguration(), strangers()]);
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

  /** Hands in a body at the address of the door's source, with what that source proves itself with. */
  hand(door: DoorKind, { headers, body }: Mutant): Promise<Answer> {
    const proof = { authorization: `Bearer ${tokenOf(door)}`, ...signatureOf(door, body) };
    return this.send({ method: 'POST', url: this.addressOf(door), headers: { ...headers, ...proof }, body });
  }

  /** The address of the source of the door's kind, or of another name. */
  addressOf(door: DoorKind, name = `fuzz-${door.name}`): string {
    return `/v1/ingest/${door.name}/${name}${door.suffix ?? ''}`;
  }

  /** Any request. */
  async send(request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: Buffer;
  }): Promise<Answer> {
    const { body, method, ...rest } = request;
    const injected = { ...rest, method: method as 'POST', ...(body === undefined ? {} : { payload: body }) };
    const response = await this.app.getHttpAdapter().getInstance().inject(injected);
    return { status: response.statusCode, headers: response.headers, text: response.payload };
  }

  #intake(logger: ReturnType<typeof makeLogger>): Intake {
    const { configurations } = this;
    const metrics = new Metrics({ service: 'metrics-ingestion', withProcess: false });
    const redis = AWAY as unknown as Redis;
    const watcher = {
      all: () => configurations,
      current: (tenant: string) => configurations.find((one) => one.tenant.name === tenant) ?? null,
      source: (name: string) =>
        configurations
          .flatMap(({ tenant, signalSources }) => signalSources.map((source) => ({ tenant: tenant.name, source })))
          .find(({ source }) => source.name === name) ?? null,
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
    return {
      publish: async (_, payload) => {
        try {
          decodeSignalBatch(payload);
        } catch (error) {
          this.defects.push(String(error));
        }
        return { streamSeq: ++this.stored, isDuplicate: false };
      },
    };
  }
}

/** A Redis that is away: the doors go on by themselves. */
const GONE = new Error('Redis is away');
const AWAY = new Proxy(
  {},
  {
    get: () => () => {
      throw GONE;
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
  return configurationFrom('acme-retail', sources);
}

/** Another tenant with a source of its own. */
function strangers(): Configuration {
  return configurationFrom('other-retail', [
    `
apiVersion: parapet.dev/v1
kind: SignalSource
metadata: { tenant: other-retail, name: theirs }
spec: { kind: alertmanager, environments: [production], credentials: [{ sha256: "${hashToken(STRANGERS_TOKEN)}" }] }
`,
  ]);
}

function configurationFrom(tenant: string, sources: readonly string[]): Configuration {
  const own = `
apiVersion: parapet.dev/v1
kind: Tenant
metadata: { name: ${tenant} }
spec: { environments: [{ name: production }] }
`;
  const parsed = parseDocuments([{ file: `${tenant}.yaml`, text: [own, ...sources].join('---\n') }]);
  if (!('documents' in parsed)) throw new Error(JSON.stringify(parsed.problems));
  const documents = parsed.documents.map((document) => ({ ...document, revision: 1 }));
  return configurationOf(tenant, documents as never);
}
