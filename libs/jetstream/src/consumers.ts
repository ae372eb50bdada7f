import { type ConsumerConfig, type ConsumerInfo, AckPolicy, DeliverPolicy, ReplayPolicy } from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import { type JetStreamConnection, isNotFound } from './connection.js';
import { differences } from './streams.js';

/** What may be chosen about a durable pull consumer with explicit acknowledgement. */
export interface DurableOptions {
  readonly name: string;
  readonly filter: string;
  readonly ackWaitMs: number;
  readonly ackPendingMax: number;
  /** The server's own bound; -1 for none. Ours is lower, so that our dead letters come first. */
  readonly deliveriesMax: number;
  /** Where a new consumer begins: the whole stream unless a position is given. */
  readonly startSeq?: number;
  /** Free text kept with the consumer. */
  readonly description?: string;
}

/**
 * Creates the consumer, or brings an existing one to the declared configuration: `add` with a changed one updates silently on
 * nats-server 2.9 and fails on 2.15, so it looks first. The start of an existing consumer never changes.
 */
export async function ensureConsumer(
  connection: JetStreamConnection,
  stream: string,
  options: DurableOptions,
): Promise<ConsumerInfo> {
  const { consumers } = connection.manager;
  const existing = await consumers.info(stream, options.name).catch((error: unknown) => {
    if (isNotFound(error)) return null;
    throw error;
  });
  if (existing === null) return checked(connection, options, await consumers.add(stream, configOf(options)));
  const wanted = changeable(options);
  if (differences(wanted, existing.config).length === 0) return existing;
  return checked(connection, options, await consumers.update(stream, options.name, wanted));
}

/** Deletes the consumer, if there is one, and makes it anew at a position of the stream. */
export async function recreateConsumer(
  connection: JetStreamConnection,
  stream: string,
  options: DurableOptions & { readonly startSeq: number },
): Promise<ConsumerInfo> {
  await connection.manager.consumers.delete(stream, options.name).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
  return checked(connection, options, await connection.manager.consumers.add(stream, configOf(options)));
}

/**
 * Whether the consumer stands beyond the end of its stream, as after a restored disk: servers before 2.15 then deliver nothing,
 * without any error, until the stream has grown past the old number.
 */
export async function isBeyondStream(
  connection: JetStreamConnection,
  stream: string,
  info: ConsumerInfo,
): Promise<boolean> {
  const { state } = await connection.manager.streams.info(stream);
  return info.ack_floor.stream_seq > state.last_seq || info.delivered.stream_seq > state.last_seq;
}

function checked(connection: JetStreamConnection, options: DurableOptions, info: ConsumerInfo): ConsumerInfo {
  const differing = differences(changeable(options), info.config);
  if (differing.length > 0) {
    throw new Error(
      `nats-server ${connection.serverVersion} did not take the configuration of consumer ${options.name}: ${differing.join(', ')}`,
    );
  }
  return info;
}

function changeable(options: DurableOptions): Partial<ConsumerConfig> {
  return {
    filter_subject: options.filter,
    ack_wait: nanos(options.ackWaitMs),
    max_ack_pending: options.ackPendingMax,
    max_deliver: options.deliveriesMax,
  };
}

function configOf(options: DurableOptions): ConsumerConfig {
  return {
    durable_name: options.name,
    ack_policy: AckPolicy.Explicit,
    replay_policy: ReplayPolicy.Instant,
    deliver_policy: options.startSeq === undefined ? DeliverPolicy.All : DeliverPolicy.StartSequence,
    ...(options.startSeq === undefined ? {} : { opt_start_seq: options.startSeq }),
    ...(options.description === undefined ? {} : { description: options.description }),
    ...changeable(options),
  };
}
