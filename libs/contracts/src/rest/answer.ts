/** `application/problem+json` (RFC 9457) with our stable code. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly field?: string;
  readonly requestId: string;
  readonly current?: unknown;
}

/** A page of a list; `next` goes into `?after=`. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}
