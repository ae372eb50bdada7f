import type { HttpJourneySettings, JourneyStep } from './config.js';
import { withValueAt } from './json-path.js';
import { filled, filledJson, filledUrl, type Values } from './template.js';

/** One request of a step: the first, or one to which a redirect led. */
export interface Hop {
  readonly method: JourneyStep['method'];
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

type Settings = Pick<HttpJourneySettings, 'baseUrl' | 'marker' | 'redirects'>;

/** The first request of a step, or why it must not be sent. */
export function firstHop(settings: Settings, step: JourneyStep, values: Values): Hop | { readonly refused: string } {
  const url = URL.parse(filledUrl(step.url, values), settings.baseUrl);
  if (url === null) return { refused: 'its address is none' };
  const objection = objectionTo(settings, url);
  if (objection !== null) return { refused: `its address ${objection}` };
  const own = Object.entries(step.headers).map(([name, text]): [string, string] => [
    name.toLowerCase(),
    filled(text, values),
  ]);
  const { type, body } = bodyOf(settings, step, values);
  const headers = { ...type, ...Object.fromEntries(own), ...markerHeader(settings, values) };
  return { method: step.method, url, headers, ...(body === undefined ? {} : { body }) };
}

/** Where a redirect leads, or why nobody goes there; null for an answer that is no redirect. */
export function nextHop(
  settings: Settings,
  hop: Hop,
  answer: { readonly status: number; readonly location: string | undefined },
  values: Values,
): Hop | { readonly refused: string } | null {
  if (![301, 302, 303, 307, 308].includes(answer.status)) return null;
  if (answer.location === undefined) return { refused: `answered ${answer.status} without a Location` };
  const url = URL.parse(answer.location, hop.url.href);
  if (url === null) return { refused: `answered ${answer.status} with a Location that is none` };
  const objection = objectionTo(settings, url);
  if (objection !== null) return { refused: `a redirect ${objection}` };
  const isSameOrigin = url.origin === hop.url.origin;
  const keepsBody = answer.status === 307 || answer.status === 308;
  if (keepsBody && hop.body !== undefined && !isSameOrigin) {
    return { refused: `a redirect would take the body to ${url.origin}` };
  }
  // As browsers do it: after a POST the next page is fetched, unless the answer insists on the method.
  const method = keepsBody || hop.method === 'HEAD' ? hop.method : 'GET';
  const { 'content-type': _, ...withoutType } = hop.headers;
  const kept = keepsBody ? hop.headers : withoutType;
  // Headers may hold a credential that was meant for one origin only; the marker is meant for all.
  const headers = isSameOrigin ? kept : markerHeader(settings, values);
  return { method, url, headers, ...(keepsBody && hop.body !== undefined ? { body: hop.body } : {}) };
}

function objectionTo({ baseUrl, redirects }: Settings, { origin, username, password }: URL): string | null {
  if (username !== '' || password !== '') return 'holds a user or a password';
  const origins = [baseUrl, ...redirects.origins].map((one) => new URL(one).origin);
  return origins.includes(origin) ? null : `leads to ${origin}, which is not an allowed origin`;
}

function markerHeader({ marker }: Settings, values: Values): Record<string, string> {
  const { header } = marker;
  return header === undefined ? {} : { [header.name.toLowerCase()]: filled(header.value, values) };
}

function bodyOf(
  { marker }: Settings,
  step: JourneyStep,
  values: Values,
): { readonly type: Record<string, string>; readonly body?: string } {
  const { field } = marker;
  const isMarked = field !== undefined && (field.steps === undefined || field.steps.includes(step.name));
  if (step.form !== undefined) {
    const form = new URLSearchParams();
    for (const [name, text] of Object.entries(step.form)) form.set(name, filled(text, values));
    if (isMarked) form.set(field.name, filled(field.value, values));
    return { type: { 'content-type': 'application/x-www-form-urlencoded' }, body: form.toString() };
  }
  if (step.json === undefined) return { type: {} };
  const document = filledJson(step.json, values);
  const marked = isMarked ? withValueAt(document, field.name, filled(field.value, values)) : document;
  return { type: { 'content-type': 'application/json' }, body: JSON.stringify(marked) };
}
