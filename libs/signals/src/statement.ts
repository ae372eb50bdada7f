import type { InstantMs } from '@parapet/kernel';

/** What a sender says of one alert; judged alone, whatever the message's top-level status says. */
export interface AlertStatement {
  readonly status: 'firing' | 'resolved';
  /** 16 hex digits over the labels alone; with the source, the alert's identity. */
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Null where the sender gave none: the message's arrival stands for it. */
  readonly startsAtMs: InstantMs | null;
  /** Meaningful only for `resolved`; null where the sender gave none. */
  readonly endsAtMs: InstantMs | null;
  readonly generatorUrl: string | null;
  /** The message named this alert twice with different states; firing counted. */
  readonly isContradicted: boolean;
  /** A text of it could not be kept as it came: unstorable characters replaced, annotations cut. */
  readonly isAltered?: boolean;
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
}
