/** GET /v1/journal?after=SEQ&limit=N (auditor), a page whose cursor is the last `seq`: rows exactly as hashed. */
export interface JournalRowView {
  readonly tenant: string;
  readonly seq: number;
  readonly id: string;
  readonly stream: string;
  readonly version: number;
  readonly environment: string;
  readonly workload: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly actor: { readonly kind: 'person' | 'service' | 'policy'; readonly id: string; readonly auth?: string };
  readonly occurredAt: string;
  readonly recordedAt: string;
  readonly trace: string | null;
  readonly prevHash: string;
  readonly hash: string;
}

/** POST /v1/journal/republish */
export interface RepublishRequest {
  readonly from: number;
}

/** What republishing did: how many events were sent again, from which row on. */
export interface RepublishView {
  readonly from: number;
  readonly events: number;
}

/** GET /v1/dead-letters (items); POST /v1/dead-letters/{id}/retry and POST /v1/dead-letters/{id}/drop answer the letter. */
export interface DeadLetterView {
  readonly id: string;
  readonly consumer: string;
  readonly subject: string;
  readonly reason: string;
  readonly at: string;
  readonly bytes: number;
  /** The first 2 KiB as text. */
  readonly excerpt: string;
}
