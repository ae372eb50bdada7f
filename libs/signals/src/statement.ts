import type { InstantMs } from '@parapet/kernel';
import type { PrometheusAnswer } from './rules.js';

/** What a sender says of one alert; judged alone, whatever the message's top-level status says. */
export interface AlertStatement {
  readonly status: 'firing' | 'resolved';
  /** 16 hex digits over the labels alone; with the source, the alert's identity. */
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Null where the sender gave none: the message's arrival stands for it. */
  readonly startsAtMs: InstantMs | null;
  /** For `resolved`, and for a lease; null where the sender gave none. */
  readonly endsAtMs: InstantMs | null;
  readonly generatorUrl: string | null;
  /** The message named this alert twice with different states; firing counted. */
  readonly isContradicted: boolean;
  /** A text of it could not be kept as it came: unstorable characters replaced, annotations cut. */
  readonly isAltered?: boolean;
  /** The sender named an instant until which it fires, to be compared with the arrival: `status` is what our door's clock made of it. */
  readonly isLease?: boolean;
}

/** A lease that ended this shortly before it arrived was still on its way. */
const LEASE_SLACK_MS = 5000;
/** No sender's lease holds longer than this from its arrival. */
const LEASE_MS_MAX = 15 * 60_000;

/** What a pushed alert says at an instant: it fires until `endsAtMs`, or has ended there (interfaces 4). */
export function pushedStatus(endsAtMs: InstantMs | null, atMs: InstantMs): AlertStatement['status'] {
  return endsAtMs === null || endsAtMs > atMs - LEASE_SLACK_MS ? 'firing' : 'resolved';
}

/** What a statement says by the clock of the stream that stored it. */
export function statedAt(statement: AlertStatement, receivedAtMs: InstantMs): AlertStatement {
  if (statement.isLease !== true) return statement;
  const status = pushedStatus(statement.endsAtMs, receivedAtMs);
  return status === statement.status ? statement : { ...statement, status };
}

/** When a firing's own lease ends; null where it names none. */
export function ownLeaseEndMs(statement: AlertStatement, receivedAtMs: InstantMs): InstantMs | null {
  if (statement.isLease !== true || statement.endsAtMs === null) return null;
  return Math.min(statement.endsAtMs, receivedAtMs + LEASE_MS_MAX);
}

/** The statements of one message that concern one environment; no statements means "heard, and left out". */
export interface StatementBatch {
  readonly groupKey: string;
  readonly receiver: string;
  readonly externalUrl: string;
  readonly truncatedAlerts: number;
  /** Digest of the message's bytes: an exact repeat renews leases and makes no event. */
  readonly digest: string;
  readonly statements: readonly AlertStatement[];
  /** Each alert stands for itself, in no group: nothing follows from what the message leaves out. */
  readonly isUngrouped?: boolean;
  /** Set where nobody told us but we asked: what the source's Prometheus says of its own rules. */
  readonly answer?: PrometheusAnswer;
}
