import { STATUS_CODES } from 'node:http';
import type { Problem } from '@parapet/contracts';

const BASE = 'https://parapet.dev/problems/';

/** What may be said of a refusal besides its code and its sentence. */
export interface ProblemMore {
  /** JSON pointer of the first bad value. */
  readonly field?: string;
  /** For 409 and 412: the present state of the thing. */
  readonly current?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the document, such as every problem of a configuration. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** An answer that is a refusal: status, stable code, and a sentence for whoever reads it. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly field: string | undefined;
  readonly current: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    more: ProblemMore = {},
  ) {
    super(detail, more.cause === undefined ? undefined : { cause: more.cause });
    this.field = more.field;
    this.current = more.current;
    this.headers = more.headers ?? {};
    this.members = more.members ?? {};
  }

  /** The document of RFC 9457 that is sent. */
  document(requestId: string): Problem {
    return {
      ...this.members,
      type: `${BASE}${this.code}`,
      title: STATUS_CODES[this.status] ?? 'Error',
      status: this.status,
      detail: this.detail,
      code: this.code,
      ...(this.field === undefined ? {} : { field: this.field }),
      requestId,
      ...(this.current === undefined ? {} : { current: this.current }),
    };
  }
}

/** The refusal while something that the service needs is away, or while it shuts down. */
export function unavailable(detail: string, retryAfterSeconds = 5, cause?: unknown): ProblemError {
  return new ProblemError(503, 'unavailable', detail, { headers: { 'Retry-After': String(retryAfterSeconds) }, cause });
}
