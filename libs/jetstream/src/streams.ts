import { type StreamConfig, DiscardPolicy, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import { DEAD_PREFIX, EVENTS_PREFIX, SIGNALS_PREFIX, STREAMS } from '@parapet/contracts';
import { type JetStreamConnection, isNotFound } from './connection.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const GIB = 1024 ** 3;

/** How large the streams may grow and how often they are kept; the rest is not a matter of choice. */
export interface StreamSizes {
  /** 1 on a single server, 3 in a cluster. */
  readonly replicas?: number;
  readonly signalsBytesMax?: number;
  readonly eventsBytesMax?: number;
  readonly deadLettersBytesMax?: number;
}

/**
 * Sizes as the environment has them: `PARAPET_SIGNALS_GIB` (2), `PARAPET_EVENTS_GIB` (4), `PARAPET_STREAM_REPLICAS` (1).
 * Throws one sentence where one of them is no positive number.
 */
export function streamSizesOf(environment: Readonly<Record<string, string | undefined>>): StreamSizes {
  const read = (name: string, isRight: (value: number) => boolean, wanted: string): number | null => {
    const text = environment[name] ?? '';
    if (text === '') return null;
    const value = Number(text);
    if (!isRight(value)) throw new Error(`${name} is ${JSON.stringify(text)}: ${wanted}`);
    return value;
  };
  const size = (name: string) =>
    read(name, (gib) => gib > 0 && Number.isFinite(gib), 'a size in GiB above 0, such as 2 or 0.5');
  const [signals, events] = [size('PARAPET_SIGNALS_GIB'), size('PARAPET_EVENTS_GIB')];
  const replicas = read('PARAPET_STREAM_REPLICAS', (n) => [1, 3, 5].includes(n), '1, or 3 or 5 in a cluster');
  return {
    ...(replicas === null ? {} : { replicas }),
    ...(signals === null ? {} : { signalsBytesMax: Math.round(signals * GIB) }),
    ...(events === null ? {} : { eventsBytesMax: Math.round(events * GIB) }),
  };
}

/** The three streams, as code. */
export function streamConfigs(sizes: StreamSizes = {}): readonly (Partial<StreamConfig> & { readonly name: string })[] {
  const common = { retention: RetentionPolicy.Limits, storage: StorageType.File, num_replicas: sizes.replicas ?? 1 };
  return [
    {
      ...common,
      name: STREAMS.signals,
      subjects: [`${SIGNALS_PREFIX}.>`],
      max_age: nanos(72 * HOUR_MS),
      // Full means 503 at the door and a sender that comes again; never an old signal pushed out before it was judged.
      discard: DiscardPolicy.New,
      max_bytes: sizes.signalsBytesMax ?? 2 * GIB,
      max_msg_size: 1024 ** 2,
      duplicate_window: nanos(10 * 60_000),
      deny_delete: true,
      deny_purge: true,
      allow_direct: false,
    },
    {
      ...common,
      name: STREAMS.events,
      // A `>` at the end: nats-server 2.9 refuses a filter that ends in `>` on a stream whose subjects end in single wildcards.
      subjects: [`${EVENTS_PREFIX}.>`, 'parapet.cdevents.v1.>'],
      max_age: nanos(90 * DAY_MS),
      discard: DiscardPolicy.Old,
      max_bytes: sizes.eventsBytesMax ?? 4 * GIB,
      max_msg_size: 256 * 1024,
      duplicate_window: nanos(10 * 60_000),
      deny_delete: true,
      deny_purge: true,
      allow_direct: false,
    },
    {
      ...common,
      name: STREAMS.deadLetters,
      subjects: [
        `${DEAD_PREFIX}.>`,
        '$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>',
        '$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.>',
      ],
      max_age: nanos(30 * DAY_MS),
      discard: DiscardPolicy.Old,
      max_bytes: sizes.deadLettersBytesMax ?? GIB,
      duplicate_window: nanos(10 * 60_000),
      allow_direct: false,
    },
  ];
}

/**
 * Creates the streams, or brings existing ones to the declared configuration.
 * Throws where the server's answer differs from what was asked: older servers ignore some settings silently.
 */
export async function ensureStreams(connection: JetStreamConnection, sizes: StreamSizes = {}): Promise<void> {
  for (const config of streamConfigs(sizes)) await ensureStream(connection, config);
}

/** Throws one sentence where a stream is missing: whoever starts the system makes them, services may not. */
export async function checkStreams(
  connection: JetStreamConnection,
  names: readonly string[] = Object.values(STREAMS),
): Promise<void> {
  for (const name of names) {
    try {
      await connection.manager.streams.info(name);
    } catch (cause) {
      if (!isNotFound(cause)) throw cause;
      throw new Error(`the NATS server has no stream ${name}: start the system with its launcher, which creates it`, {
        cause,
      });
    }
  }
}

async function ensureStream(
  connection: JetStreamConnection,
  config: Partial<StreamConfig> & { name: string },
): Promise<void> {
  const { streams } = connection.manager;
  const existing = await streams.info(config.name).catch((error: unknown) => {
    if (isNotFound(error)) return null;
    throw error;
  });
  // `add` fails on an existing stream on every server version, so look first.
  const found = existing === null ? await streams.add(config) : await streams.update(config.name, config);
  const differing = differences(config, found.config);
  if (differing.length > 0) {
    throw new Error(
      `nats-server ${connection.serverVersion} did not take the configuration of stream ${config.name}: ${differing.join(', ')}`,
    );
  }
}

/** Which settings the server answered differently from what was asked, as `name: asked … found …`. */
export function differences(asked: object, found: object): string[] {
  const answer = found as Readonly<Record<string, unknown>>;
  return (
    Object.entries(asked)
      .filter(([, value]) => value !== undefined)
      // Servers leave out what is off.
      .filter(([name, value]) => JSON.stringify(answer[name] ?? defaultFor(value)) !== JSON.stringify(value))
      .map(([name, value]) => `${name}: asked ${JSON.stringify(value)}, found ${JSON.stringify(answer[name])}`)
  );
}

function defaultFor(value: unknown): unknown {
  if (typeof value === 'boolean') return false;
  return typeof value === 'number' ? 0 : undefined;
}
