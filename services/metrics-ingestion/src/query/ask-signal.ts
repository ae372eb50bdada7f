import type { SignalSource } from '@parapet/policy';
import { fresh, type Instants, windowed } from './promql.js';
import type { PrometheusClient } from './prometheus-client.js';
import type { AnsweredSeries, QueryAnswer } from './query-answer.js';
import { type AskedSignal, type PlacedSample, samplesOf } from './samples.js';

/** A series that was not scraped for so many intervals is no longer of now. */
const FRESH_SCRAPES = 2;

/** What came of asking for a signal; `bad-query` stays so until the query is changed. */
export type AskedOutcome =
  | {
      readonly kind: 'answered';
      readonly placed: readonly PlacedSample[];
      readonly warnings: readonly string[];
      /** What has to be changed in the query, though some of its answer can be used. */
      readonly problem: string | null;
    }
  | Exclude<QueryAnswer, { readonly kind: 'series' }>;

/** Who answers queries. */
export type QueryClient = Pick<PrometheusClient, 'at' | 'over'>;

/** A source that is asked, with what asking needs. */
export type AskedSource = SignalSource & { readonly prometheus: NonNullable<SignalSource['prometheus']> };

/** Asks for a signal at every instant of an interval; each count is of the window that ends there. */
export async function askSignal(
  client: QueryClient,
  source: AskedSource,
  signal: AskedSignal,
  instants: Instants,
): Promise<AskedOutcome> {
  const ageMs = FRESH_SCRAPES * source.prometheus.scrapeIntervalMs;
  const ask = (query: string): Promise<QueryAnswer> => {
    const whole = fresh(windowed(query, instants.stepMs), ageMs);
    return instants.fromMs === instants.toMs ? client.at(whole, instants.fromMs) : client.over(whole, instants);
  };
  const answers = await Promise.all(queriesOf(signal).map(ask));
  const series: (readonly AnsweredSeries[])[] = [];
  const warnings: string[] = [];
  for (const answer of answers) {
    if (answer.kind !== 'series') return answer;
    series.push(answer.series);
    warnings.push(...answer.warnings);
  }
  const [first = [], of = null] = series;
  const { placed, problem } = samplesOf(
    signal,
    { series: first, of, isPartial: warnings.length > 0 },
    instants,
    source.environments,
  );
  return { kind: 'answered', placed, warnings, problem };
}

function queriesOf({ query: { asks } }: AskedSignal): readonly string[] {
  switch (asks.kind) {
    case 'value':
      return [asks.value];
    case 'buckets':
      return [asks.buckets];
    case 'count':
      return asks.of === null ? [asks.count] : [asks.count, asks.of];
  }
}

/** Whether a signal means the same however long its windows are: a value, and whatever is counted over `$window`. */
export function isAnyWindow(signal: AskedSignal): boolean {
  return signal.query.asks.kind === 'value' || queriesOf(signal).every((query) => windowed(query, 1) !== query);
}
