/** A source that should be heard is not. */
export interface SourceSilent {
  readonly type: 'SourceSilent';
  readonly source: string;
  readonly since: string;
  readonly affected: readonly string[];
}

/** A silent source is heard again. */
export interface SourceHeard {
  readonly type: 'SourceHeard';
  readonly source: string;
  readonly since: string;
  readonly affected: readonly string[];
}

/** A source keeps sending what we cannot take, or does not behave as it was declared. */
export interface SourceRefused {
  readonly type: 'SourceRefused';
  readonly source: string;
  readonly since: string;
  readonly reason: string;
  readonly affected: readonly string[];
}

/** What is said of sources. */
export type SourceEvent = SourceSilent | SourceHeard | SourceRefused;
