/** The stable end of a problem's `type`. */
export type RefusalCode =
  | 'not-json'
  | 'not-protobuf'
  | 'unauthenticated'
  | 'wrong-source'
  | 'unknown-source'
  | 'method'
  | 'too-large'
  | 'media-type'
  | 'invalid'
  | 'future'
  | 'slow-down'
  | 'unavailable';

/** Why a message is not taken. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 405 | 413 | 415 | 422 | 429 | 503;
  readonly code: RefusalCode;
  /** One sentence with what was found; it may be shown to whoever sent the message. */
  readonly detail: string;
  /** JSON pointer of the first bad value. */
  readonly field?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Ends the reading of a message; the door turns it into the answer. */
export class Refused extends Error {
  override readonly name = 'Refused';
  constructor(readonly refusal: Refusal) {
    super(refusal.detail);
  }
}

/** A message that cannot be taken now and may be sent again. */
export function unavailable(detail: string, retryAfterSeconds = 5): Refusal {
  return { status: 503, code: 'unavailable', detail, headers: { 'retry-after': String(retryAfterSeconds) } };
}

/** More than a message may hold. */
export function tooLarge(detail: string, field?: string): Refusal {
  return { status: 413, code: 'too-large', detail, ...(field === undefined ? {} : { field }) };
}
