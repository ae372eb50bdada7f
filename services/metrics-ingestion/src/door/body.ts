import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { type Refusal, Refused, tooLarge, unavailable } from './refusal.js';

export const BODY_BYTES_MAX = 8 * 1024 * 1024;
/** A compressed body that grows more than this is no message. */
const RATIO_MAX = 100;
/** How much of a refused body is kept. */
const KEPT_BYTES = 512 * 1024;
/** A sender that is told "too large" should be able to read it: so much more is taken in and thrown away first. */
const DISCARDED_BYTES_MAX = 64 * 1024 * 1024;
const ARRIVAL_MS_MAX = 30_000;

/** A body as it came, as far as it was kept, and how it ended. */
export interface ReceivedBody {
  /** The first bytes as they came; all of them unless it was too large. */
  readonly raw: Buffer;
  readonly refusal: Refusal | null;
}

/** The sender went away before its message was whole: there is nobody to answer. */
export class SenderGone extends Error {
  override readonly name = 'SenderGone';
}

/** Takes in a body up to the limit; rejects with SenderGone where it breaks off. */
export function receive(stream: Readable, arrivalMsMax = ARRIVAL_MS_MAX): Promise<ReceivedBody> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let kept = 0;
    let total = 0;
    const end = (refusal: Refusal | null): void => {
      clearTimeout(timer);
      stream.off('data', take).pause();
      resolve({ raw: Buffer.concat(chunks), refusal });
    };
    const gone = (cause: unknown): void => {
      clearTimeout(timer);
      reject(new SenderGone('the connection was closed before the body had ended', { cause }));
    };
    const take = (chunk: Buffer): void => {
      total += chunk.length;
      if (kept <= BODY_BYTES_MAX) {
        chunks.push(chunk);
        kept += chunk.length;
      }
      if (total > DISCARDED_BYTES_MAX) end(beyondLimit());
    };
    const late = () => end(unavailable(`the body did not arrive within ${arrivalMsMax / 1000} s`));
    const timer = setTimeout(late, arrivalMsMax);
    // Whoever left while we asked who it was has left no event to wait for.
    if (stream.destroyed) gone(stream.errored);
    stream.on('data', take);
    stream.once('end', () => end(total > BODY_BYTES_MAX ? beyondLimit() : null));
    stream.once('error', gone);
    stream.once('close', gone);
  });
}

/** Undoes gzip within the limits; throws Refused. */
export async function gunzipped(raw: Buffer): Promise<Buffer> {
  try {
    return await gunzipAsync(raw, { maxOutputLength: grownBytesMax(raw) });
  } catch (cause) {
    const isTooLarge = (cause as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE';
    const refusal: Refusal = isTooLarge
      ? beyondGrowth()
      : { status: 400, code: 'not-json', detail: 'the body is said to be gzip and is not' };
    throw Object.assign(new Refused(refusal), { cause });
  }
}

const gunzipAsync = promisify(gunzip);

/** How large a compressed body may become. */
export function grownBytesMax(raw: Buffer): number {
  return Math.min(BODY_BYTES_MAX, Math.max(1, raw.length) * RATIO_MAX);
}

/** The refusal of a compressed body that becomes larger. */
export function beyondGrowth(): Refusal {
  return tooLarge(`the body grows beyond ${BODY_BYTES_MAX} bytes, or beyond ${RATIO_MAX} times its size`);
}

function beyondLimit(): Refusal {
  return tooLarge(`the body is larger than ${BODY_BYTES_MAX} bytes`);
}

/** What is kept of a refused body. */
export function keptPart(raw: Buffer): Buffer {
  return raw.subarray(0, KEPT_BYTES);
}

/** SHA-256 in lower-case hex. */
export function digestOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
