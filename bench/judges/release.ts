/**
 * A recorded release as the peers see it: the format of labelled releases, and the questions that a metrics server would
 * answer about it at one moment. Pure; nothing here decides anything.
 */

/** Cumulative counters and gauges, null where a sample is missing; buckets are counts of one interval each. */
export type Samples = readonly (number | null)[] | readonly (readonly number[] | null)[];

export interface ReleaseGuardrail {
  readonly id: string;
  readonly kind: 'proportion' | 'count' | 'histogram' | 'gauge';
  /** Names of series, by `kind`. */
  readonly bad?: string;
  readonly total?: string;
  readonly events?: string;
  readonly exposure?: string;
  readonly buckets?: string;
  readonly value?: string;
  /** The ratio to what was usual that the shop would call unacceptable. */
  readonly badRatio: number;
  readonly required: boolean;
  /** First ticks after the release that say nothing: caches are cold. */
  readonly settleTicks?: number;
}

export interface Release {
  readonly id: string;
  readonly intervalSec: number;
  readonly preTicks: number;
  readonly watchTicks: number;
  readonly mode: 'historical' | 'concurrent';
  readonly bucketBounds: readonly number[];
  readonly guardrails: readonly ReleaseGuardrail[];
  readonly series: Readonly<Record<Arm, Readonly<Record<string, Samples>> | null | undefined>>;
  /** `[series, tick, arrivesAtTick]` of the watch. */
  readonly late: readonly (readonly [string, number, number])[];
}

/** Where samples come from: before the release, the same hour last week, what got the release, what did not. */
export type Arm = 'pre' | 'lastWeek' | 'watch' | 'control';

/** What a judge says of a release at the end, and when it first called it degraded. */
export interface Verdict {
  readonly degradedTick: number | null;
  readonly verdict: 'pass' | 'degraded' | 'inconclusive';
  /** Guardrails that are blamed. */
  readonly attributed: readonly string[];
}

/** Answer of a metrics server: a number, 0 divided by 0, or no series at all. Never confused with each other. */
export type Answer = { readonly kind: 'value'; readonly value: number } | { readonly kind: 'nan' | 'empty' };

/** A span of ticks, both ends included, as it looks when the newest visible tick is `nowTick`. */
export interface Span {
  readonly arm: Arm;
  readonly fromTick: number;
  readonly toTick: number;
  readonly nowTick: number;
}

/** All of a period that ended before the release. */
export function wholeOf(release: Release, arm: 'pre' | 'lastWeek'): Span {
  const ticks = arm === 'pre' ? release.preTicks : release.watchTicks;
  return { arm, fromTick: 0, toTick: ticks - 1, nowTick: ticks - 1 };
}

/** How bad a guardrail's metric was in a span: bad per total, events per exposure, the 95th percentile, or the mean of a gauge. */
export function ask(release: Release, guardrail: ReleaseGuardrail, span: Span): Answer {
  switch (guardrail.kind) {
    case 'proportion':
    case 'count': {
      const counts = countsIn(release, guardrail, span);
      if (counts === null) return { kind: 'empty' };
      return counts.total > 0 ? { kind: 'value', value: counts.bad / counts.total } : { kind: 'nan' };
    }
    case 'histogram': {
      const buckets = bucketsIn(release, guardrail.buckets ?? '', span);
      if (buckets === null) return { kind: 'empty' };
      const value = percentile(release.bucketBounds, buckets, 0.95);
      return value === null ? { kind: 'nan' } : { kind: 'value', value };
    }
    case 'gauge': {
      const values = gaugeIn(release, guardrail.value ?? '', span);
      if (values.length === 0) return { kind: 'empty' };
      return { kind: 'value', value: values.reduce((sum, v) => sum + v, 0) / values.length };
    }
  }
}

/** Bad and total within a span, from counters that may restart; null with fewer than two samples of either. */
export function countsIn(
  release: Release,
  guardrail: ReleaseGuardrail,
  span: Span,
): { readonly bad: number; readonly total: number } | null {
  const bad = increase(release, guardrail.bad ?? guardrail.events ?? '', span);
  const total = increase(release, guardrail.total ?? guardrail.exposure ?? '', span);
  return bad === null || total === null ? null : { bad, total };
}

/** The values of a gauge within a span. */
export function gaugeIn(release: Release, series: string, span: Span): readonly number[] {
  const values: number[] = [];
  for (let tick = span.fromTick; tick <= span.toTick; tick++) {
    const value = sampleAt(release, series, span, tick);
    if (typeof value === 'number' && Number.isFinite(value)) values.push(value);
  }
  return values;
}

/** Requests per bucket within a span, not cumulative; null where nothing was reported. */
export function bucketsIn(release: Release, series: string, span: Span): readonly number[] | null {
  let sum: number[] | null = null;
  for (let tick = span.fromTick; tick <= span.toTick; tick++) {
    const counts = sampleAt(release, series, span, tick);
    if (!Array.isArray(counts)) continue;
    const before: readonly number[] = sum ?? counts.map(() => 0);
    sum = before.map((own, i) => own + (counts[i] as number));
  }
  return sum;
}

/**
 * The quantile as PromQL's `histogram_quantile` interpolates it; null without requests.
 * @param counts per bucket, one more than bounds
 */
export function percentile(bounds: readonly number[], counts: readonly number[], q: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (!(total > 0)) return null;
  const rank = q * total;
  let below = 0;
  for (let i = 0; i < bounds.length; i++) {
    const count = counts[i] as number;
    if (below + count >= rank && count > 0) {
      const lower = i === 0 ? 0 : (bounds[i - 1] as number);
      return lower + ((bounds[i] as number) - lower) * ((rank - below) / count);
    }
    below += count;
  }
  return bounds.at(-1) ?? null;
}

/** Increase of a counter over the span, the sample just before it included, as PromQL's `increase` without its extrapolation. */
function increase(release: Release, series: string, span: Span): number | null {
  let before: number | null = null;
  let sum: number | null = null;
  for (let tick = Math.max(0, span.fromTick - 1); tick <= span.toTick; tick++) {
    const value = sampleAt(release, series, span, tick);
    if (typeof value !== 'number') continue;
    // A counter that fell has restarted, and counted up to its value since.
    if (before !== null) sum = (sum ?? 0) + (value >= before ? value - before : value);
    before = value;
  }
  return sum;
}

function sampleAt(release: Release, series: string, span: Span, tick: number): number | readonly number[] | null {
  const isLate = span.arm === 'watch' && (arrivalsOf(release).get(series)?.get(tick) ?? tick) > span.nowTick;
  return isLate ? null : (release.series[span.arm]?.[series]?.[tick] ?? null);
}

/** By series and tick, when a late sample arrives; worked out once a release. */
const ARRIVALS = new WeakMap<Release, ReadonlyMap<string, ReadonlyMap<number, number>>>();

function arrivalsOf(release: Release): ReadonlyMap<string, ReadonlyMap<number, number>> {
  const known = ARRIVALS.get(release);
  if (known !== undefined) return known;
  const arrivals = new Map<string, Map<number, number>>();
  for (const [series, tick, arrivesAt] of release.late) {
    const own = arrivals.get(series) ?? new Map<number, number>();
    arrivals.set(series, own.set(tick, arrivesAt));
  }
  ARRIVALS.set(release, arrivals);
  return arrivals;
}
