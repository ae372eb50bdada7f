/** What a sender sends, where to, and how fast. */
export interface Load {
  readonly kind: 'alerts' | 'samples';
  readonly url: string;
  readonly token: string;
  /** Each has one message under way. */
  readonly connections: number;
  readonly seconds: number;
  /** Messages a second; null: as fast as they are answered. */
  readonly perSecond: number | null;
}

/** What came of it. */
export interface Sent {
  /** How many messages were answered with which status; 0: not answered. */
  readonly answers: Readonly<Record<string, number>>;
  readonly accepted: number;
  readonly seconds: number;
  readonly recordsPerSecond: number;
  /** From the first byte sent to the answer. */
  readonly ms: { readonly p50: number; readonly p99: number; readonly count: number };
}
