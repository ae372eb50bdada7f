import type { InstantMs } from '@parapet/kernel';
import { seriesName } from '@parapet/signals';
import type { GuardrailTest } from '../guardrail.js';
import { observeValue, THRESHOLD_OK, type ThresholdState } from '../threshold.js';
import type { WatchedGuardrail, WatchSpec } from '../watch-spec.js';
import { thresholdWords } from '../words.js';
import type { RuleTest } from './guardrail-test.js';

type Threshold = Extract<GuardrailTest, { kind: 'threshold' }>;

/** Where one series stands: as of the values that nothing can come before any more, those still open to late ones, and now. */
interface ThresholdSeries {
  readonly settled: ThresholdState;
  /** Instant and value, one after the other, in the order of time. */
  readonly open: readonly number[];
  readonly now: ThresholdState;
}

/** Where every series of the signal stands, by its name. */
export interface ThresholdRun {
  readonly series: Readonly<Record<string, ThresholdSeries>>;
  readonly firing: number;
  readonly pending: number;
}

/** Series of one threshold that are remembered; beyond it the quietest that is in order is forgotten. */
const SERIES_MAX = 1000;
const UNSEEN: ThresholdSeries = { settled: THRESHOLD_OK, open: [], now: THRESHOLD_OK };

/**
 * A sustained threshold (statistics 10.1), for each series of the signal by itself: one till of many is enough. Values within the
 * lateness are put in their order, so that a late one is where it belongs.
 */
export function thresholdTest(
  _spec: WatchSpec,
  watched: WatchedGuardrail & { readonly guardrail: { readonly test: Threshold } },
): RuleTest<ThresholdRun> {
  const rule = watched.guardrail.test;
  const latenessMs = watched.signal?.latenessMs ?? 0;
  return {
    kind: 'rule',
    start: () => ({ series: {}, firing: 0, pending: 0 }),
    observe: (run, { observation }) => {
      const { value } = observation;
      if (value.kind !== 'gauge' && value.kind !== 'count') return null;
      const number = value.kind === 'gauge' ? value.value : value.of > 0 ? value.count / value.of : null;
      if (number === null) return run;
      const name = seriesName(observation.signal, observation.dimensions);
      const before = Object.hasOwn(run.series, name) ? (run.series[name] as ThresholdSeries) : UNSEEN;
      const after = withValue(rule, latenessMs, before, observation.atMs, number);
      if (after === before) return run;
      const counted = (kind: ThresholdState['kind']) =>
        Number(after.now.kind === kind) - Number(before.now.kind === kind);
      const series = { ...run.series, [name]: after };
      const next = { series, firing: run.firing + counted('firing'), pending: run.pending + counted('pending') };
      return bounded(run, next);
    },
    isFiring: (run) => run.firing > 0,
    beyondSinceMs: (run) =>
      Object.values(run.series).reduce<InstantMs | null>(
        (since, { now }) => (now.kind === 'firing' ? Math.min(since ?? now.sinceMs, now.sinceMs) : since),
        null,
      ),
    isPending: (run) => run.pending > 0,
    lacks: (run) => (isEmpty(run) ? 'no-telemetry' : null),
    samples: (run) => Object.keys(run.series).length,
    describe: (run) => {
      const all = Object.values(run.series).map(({ now }) => now);
      const firing = all.flatMap((s) => (s.kind === 'firing' ? [s] : []));
      const values = (firing.length > 0 ? firing : all).flatMap((s) => (s.value === null ? [] : [s.value]));
      const worst = values.length === 0 ? null : worstOf(rule.direction, values);
      const words = thresholdWords({
        name: watched.guardrail.name,
        unit: watched.signal?.unit ?? '',
        value: worst,
        enter: rule.enter,
        direction: rule.direction,
        sinceMs: firing.length > 0 ? Math.min(...firing.map((s) => s.sinceMs)) : null,
        forMs: rule.forMs,
        isPending: run.pending > 0,
      });
      return { numbers: { ...(worst === null ? {} : { observed: worst }), limit: rule.enter }, words };
    },
  };
}

function withValue(
  rule: Threshold,
  latenessMs: number,
  series: ThresholdSeries,
  atMs: InstantMs,
  value: number,
): ThresholdSeries {
  if (series.settled.atMs !== null && atMs <= series.settled.atMs) return series;
  const open = insert(rule.direction, series.open, atMs, value);
  const settlesBeforeMs = (open[open.length - 2] as number) - latenessMs;
  let { settled } = series;
  let from = 0;
  for (; from < open.length && (open[from] as number) < settlesBeforeMs; from += 2) {
    settled = observeValue(rule, settled, open[from] as number, open[from + 1] as number);
  }
  let now = settled;
  for (let i = from; i < open.length; i += 2) now = observeValue(rule, now, open[i] as number, open[i + 1] as number);
  return { settled, open: open.slice(from), now };
}

/** Two values of one instant are one: the worse. */
function insert(direction: Threshold['direction'], open: readonly number[], atMs: InstantMs, value: number): number[] {
  let at = open.length;
  while (at > 0 && (open[at - 2] as number) > atMs) at -= 2;
  const next = [...open];
  if (at > 0 && next[at - 2] === atMs) next[at - 1] = worstOf(direction, [next[at - 1] as number, value]);
  else next.splice(at, 0, atMs, value);
  return next;
}

function worstOf(direction: Threshold['direction'], values: readonly number[]): number {
  return values.reduce((worst, value) => (direction === 'above' ? Math.max(worst, value) : Math.min(worst, value)));
}

function isEmpty({ series }: ThresholdRun): boolean {
  for (const _ in series) return false;
  return true;
}

function bounded(before: ThresholdRun, after: ThresholdRun): ThresholdRun {
  const names = Object.keys(after.series);
  if (names.length <= SERIES_MAX) return after;
  const quietest = names
    .filter((name) => after.series[name]?.now.kind === 'ok')
    .sort((a, b) => (after.series[a]?.now.atMs ?? 0) - (after.series[b]?.now.atMs ?? 0))[0];
  // Where none is in order, there is nothing that one more could add.
  if (quietest === undefined) return before;
  return { ...after, series: Object.fromEntries(Object.entries(after.series).filter(([name]) => name !== quietest)) };
}
