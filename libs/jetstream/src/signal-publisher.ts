import {
  PARTITIONS_DEFAULT,
  type SignalBatch,
  batchMessageId,
  encodeSignalBatch,
  ruleJson,
  sampleJson,
  signalSubject,
  statementJson,
} from '@parapet/contracts';
import type { Publisher } from '@parapet/runtime';
import { PublishRefused } from './publisher.js';

type Sample = SignalBatch['samples'][number];
type AlertStatement = NonNullable<SignalBatch['alerts']>['statements'][number];

/** No part of a batch is larger on the wire. */
export const PART_BYTES_MAX = 512 * 1024;

/** Puts batches of signals into their partitions; resolves once the stream has confirmed every part. */
export class SignalPublisher {
  readonly #publisher: Publisher;
  readonly #partitions: number;

  constructor(publisher: Publisher, options: { readonly partitions?: number } = {}) {
    this.#publisher = publisher;
    this.#partitions = options.partitions ?? PARTITIONS_DEFAULT;
  }

  /**
   * Splits a batch into numbered parts of at most 512 KiB and stores them all, in order where the connection holds.
   * Rejects with PublishRefused where one could not be confirmed: publish the same batch again, under the same receipt,
   * and what was stored already is not stored twice.
   */
  async publish(batch: SignalBatch, options: { readonly traceparent?: string } = {}): Promise<void> {
    const subject = signalSubject(batch.tenant, batch.environment, this.#partitions);
    const whole = { part: batch, payload: encodeSignalBatch(batch) };
    const parts =
      whole.payload.length <= PART_BYTES_MAX && batch.part === 1 && batch.parts === 1
        ? [whole]
        : split(batch).map((part) => ({ part, payload: encodeSignalBatch(part) }));
    const tooLarge = parts.find(({ payload }) => payload.length > PART_BYTES_MAX);
    if (tooLarge !== undefined) {
      throw new PublishRefused(
        subject,
        'too-large',
        `one alert or sample takes ${tooLarge.payload.length} bytes of at most ${PART_BYTES_MAX}`,
      );
    }
    const headers = options.traceparent === undefined ? {} : { headers: { traceparent: options.traceparent } };
    await Promise.all(
      parts.map(({ part, payload }) =>
        this.#publisher.publish(subject, payload, { messageId: batchMessageId(part), ...headers }),
      ),
    );
  }
}

/** Cuts a batch into parts that stand for themselves: each names the receipt, its number, and how many there are. */
export function split(batch: SignalBatch): readonly SignalBatch[] {
  const envelope = encodeSignalBatch({
    ...batch,
    samples: [],
    part: 9_999,
    parts: 9_999,
    alerts: batch.alerts === null ? null : withoutContents(batch.alerts),
  }).length;
  const room = PART_BYTES_MAX - envelope;
  const sampleGroups = groupsBySize<Sample>(batch.samples, sampleJson, room);
  const statementGroups =
    batch.alerts === null ? [] : groupsBySize<AlertStatement>(batch.alerts.statements, statementJson, room);
  const { answer } = batch.alerts ?? {};
  const ruleGroups = answer === undefined ? [] : groupsBySize(answer.rules, ruleJson, room);
  const contents: Contents[] = [
    ...sampleGroups.map((samples) => ({ samples, alerts: null })),
    ...statementGroups.map((statements) => ({ samples: [], alerts: { statements } })),
    ...ruleGroups.map((rules) => ({ samples: [], alerts: { statements: [], answer: { ...answer, rules } as Answer } })),
  ];
  // A message without any alert still says "heard, and left out".
  if (contents.length === 0) contents.push({ samples: [], alerts: batch.alerts === null ? null : { statements: [] } });
  return contents.map(({ samples, alerts }, i) => ({
    ...batch,
    part: i + 1,
    parts: contents.length,
    samples,
    alerts: batch.alerts === null || alerts === null ? null : { ...batch.alerts, ...alerts },
  }));
}

function withoutContents({ answer, ...alerts }: Alerts): Alerts {
  return { ...alerts, statements: [], ...(answer === undefined ? {} : { answer: { ...answer, rules: [] } }) };
}

type Alerts = NonNullable<SignalBatch['alerts']>;
type Answer = NonNullable<Alerts['answer']>;

interface Contents {
  readonly samples: readonly Sample[];
  readonly alerts: Pick<Alerts, 'statements' | 'answer'> | null;
}

function groupsBySize<T>(items: readonly T[], jsonOf: (item: T) => unknown, room: number): readonly (readonly T[])[] {
  const groups: T[][] = [];
  let left = -1;
  for (const item of items) {
    const bytes = Buffer.byteLength(JSON.stringify(jsonOf(item))) + 1;
    if (bytes > left) {
      groups.push([]);
      left = room;
    }
    (groups.at(-1) as T[]).push(item);
    left -= bytes;
  }
  return groups;
}
