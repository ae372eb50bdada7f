import { open } from 'node:fs/promises';
import type { InstantMs } from '@parapet/kernel';
import { type PublishedDocument, resolveSecret, type SecretRef } from '@parapet/policy';
import { exchange, placeOf } from './http/exchange.js';
import { type FailureReason, MeasurementFailed } from './probe.js';

/** A document as it was found. */
export interface FoundDocument {
  readonly text: string;
  /** When it was written, where its file or its server says so. */
  readonly writtenAtMs: InstantMs | null;
}

/** How much and how long may be read. */
export interface DocumentLimits {
  readonly bytesMax: number;
  readonly timeoutMs: number;
}

/** Names a document among the targets, without a credential. */
export function nameOfDocument({ file, url }: PublishedDocument): string {
  return file ?? placeOf(new URL(url as string));
}

/** Reads a document that somebody else writes. Throws MeasurementFailed where it is not there, too long or not given. */
export async function readDocument(place: PublishedDocument, limits: DocumentLimits): Promise<FoundDocument> {
  return place.file === undefined ? await fromUrl(place, limits) : await fromFile(place.file, limits.bytesMax);
}

async function fromFile(file: string, bytesMax: number): Promise<FoundDocument> {
  try {
    const handle = await open(file);
    try {
      const { size, mtimeMs } = await handle.stat();
      if (size > bytesMax) throw new MeasurementFailed('too-large', `${file} is longer than ${bytesMax} bytes`);
      return { text: await handle.readFile('utf8'), writtenAtMs: Math.floor(mtimeMs) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof MeasurementFailed) throw error;
    const code = String((error as { code?: unknown }).code);
    const reason: FailureReason = code === 'ENOENT' ? 'missing' : code === 'EACCES' ? 'refused' : 'bad-answer';
    throw new MeasurementFailed(reason, `cannot read ${file}: ${code}`, { cause: error });
  }
}

async function fromUrl(place: PublishedDocument, { bytesMax, timeoutMs }: DocumentLimits): Promise<FoundDocument> {
  const url = new URL(place.url as string);
  const headers = place.token === undefined ? {} : { authorization: `Bearer ${secret(place.token as SecretRef)}` };
  const ca = place.ca === undefined ? {} : { ca: (await fromFile(place.ca, bytesMax)).text };
  const { allowPrivate } = place;
  const answer = await exchange({ method: 'GET', url, headers, timeoutMs, allowPrivate, bytesMax, ...ca });
  if (answer.status !== 200)
    throw new MeasurementFailed(reasonOf(answer.status), `${placeOf(url)} answered ${answer.status}`);
  const writtenAtMs = Date.parse(answer.headers['last-modified'] ?? '');
  return { text: answer.body.toString('utf8'), writtenAtMs: Number.isNaN(writtenAtMs) ? null : writtenAtMs };
}

function reasonOf(status: number): FailureReason {
  if (status === 401 || status === 403) return 'refused';
  if (status === 404 || status === 410) return 'missing';
  return status >= 500 ? 'unreachable' : 'bad-answer';
}

/** A secret that is not there is a refusal: nothing was measured, and somebody has to look at the reference. */
export function secret(reference: SecretRef): string {
  try {
    return resolveSecret(reference);
  } catch (error) {
    throw new MeasurementFailed('refused', error instanceof Error ? error.message : String(error), { cause: error });
  }
}
