import { askedEveryMs } from '../asked-prometheus.js';
import type { CheckedDocumentOf } from '../document.js';
import type { Path } from '../located.js';
import { type ConfigurationProblem, problemAt } from '../problem.js';
import { WINDOW } from '../schema/asked-prometheus.js';
import type { Spec } from '../schema/kinds.js';
import { ASKED_KIND } from '../source-kinds.js';
import { didYouMean } from '../suggest.js';

type Document = CheckedDocumentOf<'SignalSource'>;
type Signal = Spec<'SignalSource'>['signals'][number];
type Query = NonNullable<Signal['query']>;
type Say = (below: Path, problem: string, allowed: string) => ConfigurationProblem;

const RELEASE_DIMENSIONS: readonly string[] = ['environment', 'store', 'arm'];
/** `increase` needs two scrapes in its window. */
const SCRAPES_MIN = 2;
const FORMS = '{ value: PROMQL }, { count: PROMQL, of: PROMQL } or { buckets: PROMQL }';
/** A range selector with a length of its own; one of a subquery's inner steps too. */
const FIXED_RANGE = /\[\s*\d/;

/** A source that is asked says of each signal what to ask, and in a way that its samples neither overlap nor leave anything out. */
export function checkQuery(document: Document, i: number): ConfigurationProblem[] {
  const { kind, signals } = document.parsed;
  const signal = signals[i] as Signal;
  const say: Say = (below, problem, allowed) =>
    problemAt(document.where, ['spec', 'signals', i, ...below], problem, allowed);
  const { query } = signal;
  if (kind !== ASKED_KIND)
    return query === undefined ? [] : [say(['query'], `belongs to kind: ${ASKED_KIND}`, 'nothing')];
  if (query === undefined) return [say(['query'], '"query" is missing: nobody sends this signal, it is asked', FORMS)];
  if (signal.temporality === 'cumulative') {
    const text = 'counters added up fall whenever one of them begins anew, as each release makes them do';
    return [say(['temporality'], text, `delta, with increase(…[${WINDOW}])`)];
  }
  return [
    ...checkForm(signal, query, say),
    ...(['count', 'of', 'buckets'] as const).flatMap((name) => checkRange(query[name], ['query', name], say)),
    ...checkWindow(document, query, say),
    ...checkDimensions(signal, query, say),
  ];
}

function checkForm({ form }: Signal, { value, count, of, buckets }: Query, say: Say): ConfigurationProblem[] {
  const given = [value, count, buckets].filter((one) => one !== undefined).length;
  if (given !== 1) return [say(['query'], 'must ask for exactly one of value, count and buckets', FORMS)];
  if (of !== undefined && count === undefined) return [say(['query', 'of'], 'belongs to a count', 'nothing')];
  if (form === undefined) return [];
  const fits =
    (form === 'gauge' && value !== undefined) ||
    (form === 'histogram' && buckets !== undefined) ||
    (form === 'rate' && count !== undefined) ||
    (form === 'proportion' && of !== undefined);
  return fits ? [] : [say(['query'], `does not ask for a ${form}`, FORM_ASKS[form])];
}

const FORM_ASKS: Readonly<Record<NonNullable<Signal['form']>, string>> = {
  gauge: '{ value: PROMQL }',
  histogram: '{ buckets: PROMQL }',
  rate: '{ count: PROMQL }, of the seconds, or { count: PROMQL, of: PROMQL }',
  proportion: '{ count: PROMQL, of: PROMQL }',
};

/** What is counted over a length of its own is counted twice, or not at all, where that is not the time between two questions. */
function checkRange(query: string | undefined, path: Path, say: Say): ConfigurationProblem[] {
  if (query === undefined || !FIXED_RANGE.test(query)) return [];
  return [say(path, 'counts over a fixed length of time, and its windows would overlap or leave gaps', `[${WINDOW}]`)];
}

function checkWindow(document: Document, query: Query, say: Say): ConfigurationProblem[] {
  const { prometheus } = document.parsed;
  const every = askedEveryMs(document.parsed);
  const isWindowed = [query.count, query.of, query.buckets].some((one) => one?.includes(WINDOW) === true);
  const scrapeMs = prometheus?.scrapeInterval ?? 0;
  if (!isWindowed || every >= SCRAPES_MIN * scrapeMs) return [];
  const text = `asks every ${every / 1000} s, and a window needs ${SCRAPES_MIN} scrapes of ${scrapeMs / 1000} s`;
  return [say(['query'], text, `every: ${(SCRAPES_MIN * scrapeMs) / 1000}s or more`)];
}

function checkDimensions(signal: Signal, query: Query, say: Say): ConfigurationProblem[] {
  const allowed = [...signal.dimensions, ...RELEASE_DIMENSIONS];
  return Object.keys(query.dimensions)
    .filter((name) => !allowed.includes(name))
    .map((name) => {
      const text = `"${name}" is no dimension of "${signal.name}"${didYouMean(name, allowed)}`;
      return say(['query', 'dimensions', name], text, allowed.join(', '));
    });
}
