import type { InstantMs } from '@parapet/kernel';

/** What configuration writes for the length of the window that a question is about. */
const WINDOW = '$window';
/** More points of a series Prometheus refuses to answer at once. */
export const POINTS_MAX = 11_000;
/** A metric with its matchers and nothing else; a brace may stand in a quoted text. */
const SELECTOR =
  /^\s*(?:[a-zA-Z_:][\w:]*\s*(?:\{(?:[^"'`{}]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)*\})?|\{(?:[^"'`{}]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)+\})\s*$/;

/** A query with the length of its window filled in. */
export function windowed(query: string, windowMs: number): string {
  return query.replaceAll(WINDOW, durationOf(windowMs));
}

/**
 * A query that answers only with what was measured lately. For 5 min Prometheus gives a series that nobody measures any more its last
 * value; the age can be told of a selector alone, because what was calculated is always of now.
 */
export function fresh(query: string, ageMs: number): string {
  if (!SELECTOR.test(query)) return query;
  return `(${query}) and (timestamp(${query}) >= time() - ${ageMs / 1000})`;
}

/** A length of time as PromQL writes it. */
function durationOf(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

/** A closed interval of instants, a step apart. */
export interface Instants {
  readonly fromMs: InstantMs;
  readonly toMs: InstantMs;
  readonly stepMs: number;
}

/** How many instants there are. */
export function instantsIn({ fromMs, toMs, stepMs }: Instants): number {
  return toMs < fromMs ? 0 : Math.floor((toMs - fromMs) / stepMs) + 1;
}

/** Every instant, in order. */
export function* eachInstant({ fromMs, toMs, stepMs }: Instants): Generator<InstantMs> {
  for (let atMs = fromMs; atMs <= toMs; atMs += stepMs) yield atMs;
}

/** The instants after one that was asked, up to the newest; the first `most` of them, and never more than can be answered at once. */
export function instantsAfter(askedMs: InstantMs, newestMs: InstantMs, stepMs: number, most: number): Instants {
  // On multiples of the interval also where that was another when it was last asked.
  const fromMs = (Math.floor(askedMs / stepMs) + 1) * stepMs;
  const room = Math.min(most, POINTS_MAX) - 1;
  const steps = Math.min(room, Math.floor((newestMs - fromMs) / stepMs));
  return { fromMs, toMs: fromMs + steps * stepMs, stepMs };
}

/** What an answer still may take to come in: scrapes that are under way at an instant are done this much later. */
const SETTLED_MS = 5_000;

/** The newest instant that always gets the same answer (interfaces 7), on a multiple of the interval: whoever asks, asks of the same. */
export function newestInstant(nowMs: InstantMs, scrapeIntervalMs: number, everyMs: number): InstantMs {
  return Math.floor((nowMs - scrapeIntervalMs - SETTLED_MS) / everyMs) * everyMs;
}

/** When the instant after one can be asked about. */
export function dueAtMs(askedMs: InstantMs, scrapeIntervalMs: number, everyMs: number): InstantMs {
  return (Math.floor(askedMs / everyMs) + 1) * everyMs + scrapeIntervalMs + SETTLED_MS;
}
