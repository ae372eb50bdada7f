import { type Buckets, quantileOf, toleratedRatio } from '@parapet/signals';
import type { WatchSpec } from '../watch-spec.js';
import { chanceOfLuck, clockTime, wholeNumber } from '../words.js';
import { placesOf } from './arm-places.js';
import type { Described, Standing } from './guardrail-test.js';
import { type HistogramState, requestsOf, type WatchedHistogram } from './histogram-state.js';
import type { HistogramBaseline } from './tails.js';
import { withUnit } from './value-words.js';

interface SeenHistogram {
  readonly spec: WatchSpec;
  readonly watched: WatchedHistogram;
  /** By whose bounds requests are counted; null where there is none. */
  readonly baseline: HistogramBaseline | null;
  readonly state: HistogramState;
  readonly standing: Standing;
}

/** Shares of requests that people can picture, the most usual one first. */
const SHARES = [
  { share: 0.95, words: 'one in twenty', name: '95th percentile' },
  { share: 0.99, words: 'one in a hundred', name: '99th percentile' },
  { share: 0.9, words: 'one in ten', name: '90th percentile' },
  { share: 0.75, words: 'one in four', name: '75th percentile' },
  { share: 0.5, words: 'half of them', name: 'median' },
] as const;
/** What rounding may make of nothing: the order in which late samples came must not choose the percentile that is shown. */
const ROUNDING = 1e-9;
/** Fewer slow requests than this are no percentile. */
const BEYOND_MIN = 5;

/** Numbers and words of latencies: percentiles, for display only (statistics 3.4); evidence never rests on them. */
export function describeHistogram(seen: SeenHistogram): Described {
  const { baseline, state, watched, standing } = seen;
  const requests = requestsOf(state.watched);
  if (baseline === null || !(requests > 0)) return { numbers: {}, words: '' };
  const { test } = watched.guardrail;
  const now: Buckets = { bounds: baseline.bounds, counts: state.watched };
  const reference = referenceOf(seen, baseline);
  const evidence = standing.evidence ?? 0;
  const shown = shareOf(now, reference, requests, evidence > ROUNDING);
  const observed = quantileOf(now, shown.share);
  const before = reference === null ? Number.NaN : quantileOf(reference, shown.share);
  const hasBefore = Number.isFinite(before);
  const drift = test.against === 'control' ? 0 : baseline.drift;
  const numbers = {
    observed,
    ...(hasBefore ? { baseline: before, limit: before * toleratedRatio(test.worseBy, drift) } : {}),
  };
  const isWorse = standing.verdict === 'breach' || (evidence > ROUNDING && hasBefore && observed > before);
  const guessed = isAssumed(baseline) ? '; how much it varies is assumed, for want of history' : '';
  const words = comparison(seen, baseline, { observed, before, isWorse, shown, requests });
  return { numbers, words: `${words}${luckWords(standing, isWorse)}${guessed}` };
}

function luckWords({ verdict, evidence }: Standing, isWorse: boolean): string {
  if (isWorse && evidence !== null && evidence > ROUNDING) return `; ${chanceOfLuck(evidence)}`;
  return verdict === 'pass' ? '; no worse than is tolerated' : '';
}

function comparison(
  { watched, spec }: SeenHistogram,
  { bounds }: HistogramBaseline,
  o: {
    readonly observed: number;
    readonly before: number;
    readonly isWorse: boolean;
    readonly shown: (typeof SHARES)[number];
    readonly requests: number;
  },
): string {
  const { test, name } = watched.guardrail;
  const last = bounds.at(-1) as number;
  // Of what took longer than the last bound nothing more is known.
  const say = (value: number) => withUnit(value, watched.signal?.unit ?? '') + (value >= last ? ' or more' : '');
  const isControl = test.against === 'control';
  const [here, there] = isControl ? placesOf(test.control) : ['', ''];
  const place = isControl ? ` ${here}` : '';
  const since = `${wholeNumber(o.requests)} measured since ${clockTime(spec.startMs)}`;
  const share = `for ${o.shown.words} (${o.shown.name}, ${since})`;
  const now = `${name} took ${say(o.observed)}${place}`;
  if (!Number.isFinite(o.before)) return `${now} ${share}; nothing was measured ${there}`;
  if (o.isWorse) return `${now} instead of ${say(o.before)}${isControl ? ` ${there}` : ''} ${share}`;
  return `${now} ${share}, ${isControl ? `${say(o.before)} ${there}` : `it was ${say(o.before)} before`}`;
}

/** What now is shown beside: history, or the control of the same time. */
function referenceOf({ watched, state }: SeenHistogram, baseline: HistogramBaseline): Buckets | null {
  if (watched.guardrail.test.against !== 'control') return baseline;
  return requestsOf(state.control) > 0 ? { bounds: baseline.bounds, counts: state.control } : null;
}

/** The percentile to show: the usual one, or where evidence says that something is worse the one that shows it best. */
function shareOf(now: Buckets, reference: Buckets | null, requests: number, isWorse: boolean) {
  const telling = SHARES.filter(({ share }) => (1 - share) * requests >= BEYOND_MIN);
  const [usual] = telling.length === 0 ? SHARES.slice(-1) : telling;
  if (!isWorse || reference === null) return usual as (typeof SHARES)[number];
  const ratio = ({ share }: { readonly share: number }) => quantileOf(now, share) / quantileOf(reference, share);
  return telling.reduce(
    (best, one) => (ratio(one) > ratio(best) * (1 + ROUNDING) ? one : best),
    usual as (typeof SHARES)[number],
  );
}

function isAssumed({ tailDispersions }: HistogramBaseline): boolean {
  return tailDispersions.some((dispersion) => dispersion.isAssumed);
}
