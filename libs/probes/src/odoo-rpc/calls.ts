import type { InstantMs } from '@parapet/kernel';
import { type HttpAnswer, type HttpRequest, exchange } from '../http/exchange.js';
import { MeasurementFailed } from '../probe.js';

/** A call of a method of one of Odoo's models, its arguments by name. */
export interface OdooCall {
  readonly model: string;
  readonly method: 'search_count' | 'search_read' | 'fields_get' | 'read_group' | 'context_get';
  readonly named: Readonly<Record<string, unknown>>;
}

/** A way of asking Odoo. Throws MeasurementFailed and nothing else. */
export interface OdooCalls {
  call(call: OdooCall): Promise<OdooResult>;
}

/** What a method gave, and the server's clock as its answer told it. */
export interface OdooResult {
  readonly value: unknown;
  readonly serverMs: InstantMs;
}

/** Where an Odoo is and how it is asked; secrets are read anew for each call, so that an exchanged one is taken up. */
export interface OdooPlace {
  readonly url: URL;
  readonly database: string;
  readonly login: string;
  /** Throws where there is none. */
  readonly apiKey: () => string;
  readonly companies: readonly number[] | null;
  readonly timeoutMs: number;
  readonly allowPrivate: boolean;
  readonly ca: string | null;
}

const BYTES_MAX = 16 * 1024 * 1024;

/** Sends one document to a path of an Odoo, or only asks for it. */
export async function ask(
  place: OdooPlace,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> {
  const request: HttpRequest = {
    method: body === undefined ? 'GET' : 'POST',
    url: new URL(path, place.url),
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    timeoutMs: place.timeoutMs,
    allowPrivate: place.allowPrivate,
    ...(place.ca === null ? {} : { ca: place.ca }),
    bytesMax: BYTES_MAX,
  };
  return await exchange(request);
}

/** The key of the caller. */
export function keyOf(place: OdooPlace): string {
  try {
    return place.apiKey();
  } catch (error) {
    throw new MeasurementFailed('refused', error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** The document of an answer. */
export function documentOf(answer: HttpAnswer, what: string): unknown {
  try {
    return JSON.parse(answer.body.toString('utf8'));
  } catch (error) {
    throw new MeasurementFailed('bad-answer', `${what}: not JSON`, { cause: error });
  }
}

/** The clock of the server: the API tells no other, and ours proves nothing of its rows. */
export function serverMsOf(answer: HttpAnswer, what: string): InstantMs {
  const ms = Date.parse(answer.headers.date ?? '');
  if (Number.isNaN(ms)) throw new MeasurementFailed('bad-answer', `${what}: the answer tells no time (header Date)`);
  return ms;
}

/** The context of every call: which companies are looked at, and names in one language. */
export function contextOf({ companies }: OdooPlace): Readonly<Record<string, unknown>> {
  return { lang: 'en_US', ...(companies === null ? {} : { allowed_company_ids: companies }) };
}
