import type { InstantMs } from '@parapet/kernel';
import { cleanText } from '../door/json.js';

/** One series of an answer; values may be infinite or not a number. */
export interface AnsweredSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: ReadonlyMap<InstantMs, number>;
}

/** What came of a question in PromQL (interfaces 7). */
export type QueryAnswer =
  | { readonly kind: 'series'; readonly series: readonly AnsweredSeries[]; readonly warnings: readonly string[] }
  /** Asking again gives the same. */
  | { readonly kind: 'bad-query'; readonly detail: string }
  /** Asking again may help. */
  | { readonly kind: 'unreachable'; readonly detail: string; readonly trouble: Trouble };

/** Why there is no answer. `away`: nobody is there, for this question or any other. `slow`: not within its time. `too-much`: asking for less may help. */
export type Trouble = 'away' | 'slow' | 'too-much';

const DETAIL_CHARACTERS_MAX = 400;

/** Reads an answer of `/api/v1/query` or `/api/v1/query_range`; what is not one of Prometheus' is somebody who does not reach it. */
export function readQueryAnswer(status: number, body: string): QueryAnswer {
  const answer = parsed(body);
  if (status === 400 && answer?.['errorType'] === 'bad_data') return badQuery(textOf(answer['error']));
  if (status !== 200 || answer?.['status'] !== 'success') {
    const said = answer === null ? body : `${textOf(answer['errorType'])}: ${textOf(answer['error'])}`;
    return unreachable(`HTTP ${status}: ${said}`, troubleOf(status, answer?.['errorType']));
  }
  const { resultType, result } = mapOf(answer['data']) ?? {};
  const warnings = Array.isArray(answer['warnings']) ? answer['warnings'].map(textOf) : [];
  switch (resultType) {
    case 'vector':
    case 'matrix':
      return seriesOf(result, resultType, warnings);
    case 'scalar':
      return seriesOf([{ metric: {}, value: result }], 'vector', warnings);
    default:
      return badQuery(`answers with a ${textOf(resultType)}, and a signal is a number`);
  }
}

function troubleOf(status: number, errorType: unknown): Trouble {
  if (status === 422) return 'too-much';
  return errorType === 'timeout' || status === 504 ? 'slow' : 'away';
}

function seriesOf(result: unknown, type: 'vector' | 'matrix', warnings: readonly string[]): QueryAnswer {
  if (!Array.isArray(result)) return unreachable('an answer without a result', 'away');
  const series: AnsweredSeries[] = [];
  for (const item of result) {
    const element = mapOf(item) ?? {};
    if (element['histogram'] !== undefined || element['histograms'] !== undefined)
      return badQuery('answers with native histograms: ask for histogram_fraction(0, LIMIT, …) of them');
    const pairs = type === 'vector' ? [element['value']] : element['values'];
    const points = pointsOf(pairs);
    if (points === null) return unreachable('a point that is not [seconds, "number"]', 'away');
    series.push({ labels: labelsOf(element['metric']), points });
  }
  return { kind: 'series', series, warnings };
}

function pointsOf(pairs: unknown): ReadonlyMap<InstantMs, number> | null {
  if (!Array.isArray(pairs)) return null;
  const points = new Map<InstantMs, number>();
  for (const pair of pairs) {
    const [seconds, text] = (Array.isArray(pair) ? pair : []) as readonly unknown[];
    const value = typeof text === 'string' ? numberOf(text) : null;
    if (typeof seconds !== 'number' || value === null) return null;
    points.set(Math.round(seconds * 1000), value);
  }
  return points;
}

const NOT_FINITE: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  '+Inf': Infinity,
  Inf: Infinity,
  '-Inf': -Infinity,
};

/** A number as Prometheus writes it, in samples and in bounds; null for any other text. */
export function numberOf(text: string): number | null {
  if (Object.hasOwn(NOT_FINITE, text)) return NOT_FINITE[text] as number;
  const value = Number(text);
  return text.trim() === '' || Number.isNaN(value) ? null : value;
}

/** Labels come from outside: a map without prototype, so that `__proto__` is only a label. */
export function labelsOf(value: unknown): Readonly<Record<string, string>> {
  const labels: Record<string, string> = Object.create(null);
  for (const [name, text] of Object.entries(mapOf(value) ?? {}))
    if (typeof text === 'string') labels[cleanText(name)] = cleanText(text);
  return labels;
}

/** A map of JSON; null for anything else. */
export function mapOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null;
}

/** The map that a body holds; null where it is no JSON or no map. */
export function parsed(body: string): Readonly<Record<string, unknown>> | null {
  try {
    return mapOf(JSON.parse(body));
  } catch {
    return null;
  }
}

function textOf(value: unknown): string {
  return cleanText((typeof value === 'string' ? value : String(value)).slice(0, DETAIL_CHARACTERS_MAX));
}

function badQuery(detail: string): QueryAnswer {
  return { kind: 'bad-query', detail };
}

function unreachable(detail: string, trouble: Trouble): QueryAnswer {
  return { kind: 'unreachable', detail: detail.slice(0, DETAIL_CHARACTERS_MAX), trouble };
}
