import type { Sample, StatementBatch } from '@parapet/signals';

/**
 * One message of `SIGNALS`: what one source said of one environment, or a numbered part of it (512 KiB at most).
 * Times are RFC 3339 on the wire and milliseconds here; when it was received is the stream's own stamp, never a field.
 */
export interface SignalBatch {
  /** `rcp_…`, the same for all parts of one message from outside. */
  readonly receipt: string;
  readonly part: number;
  readonly parts: number;
  readonly tenant: string;
  readonly environment: string;
  readonly source: string;
  readonly samples: readonly Sample[];
  /** Null where the message held no alerts. */
  readonly alerts: StatementBatch | null;
  /** Samples of the past, in order, each instant of a series once: kept as history, never judged. */
  readonly isHistory?: boolean;
}

/** The publisher's `Nats-Msg-Id`: receipt and part, so that a publisher's retry stores nothing twice. */
export function batchMessageId(batch: Pick<SignalBatch, 'receipt' | 'part' | 'environment'>): string {
  return `${batch.receipt}.${batch.environment}.${batch.part}`;
}
