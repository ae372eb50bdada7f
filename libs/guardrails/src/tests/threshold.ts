import type { InstantMs } from '@parapet/kernel';
import { seriesName } from '@parapet/signals';
import type { GuardrailTest } from '../guardrail.js';
import { dropRows } from '../open-rows.js';
import { observeValue, THRESHOLD_OK, type ThresholdState } from '../threshold.js';
import type { WatchedGuardrail, WatchSpec } from '../watch-spec.js';
import { thresholdWords } from '../words.js';
import type { RuleTest } from './guardrail-test.js';

type Threshold = Extract<GuardrailTest, { kind: 'threshold' }>;

/** Where one series stands: as of the values that nothing can come before any more, those still open to late ones, and now. */
interface ThresholdSeries {
  settled: ThresholdState;
  /** Instant and value, one after the other, in the order of time. */
  readonly open: number[];
  now: ThresholdState;
}

/** Where every series of the signal stands, by its name. */
export interface ThresholdRun {
  readonly series: Record<string, ThresholdSeries>;
  firing: number;
  pending: number;
}

/** Series of one threshold that are remembered; beyond it the quietest that is in order is forgotten. */
const SERIES_MAX = 1000;

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
      const known = Object.hasOwn(run.series, name) ? run.series[name] : undefined;
      const own = known ?? { settled: THRESHOLD_OK, open: [], now: THRESHOLD_OK };
      const before = own.now.kind;
      addValue(rule, latenessMs, own, observation.atMs, number);
      if (known === undefined && !addSeries(run.series, name, own)) return run;
      const counted = (kind: ThresholdState['kind']) => Number(own.now.kind === kind) - Number(before === kind);
      run.firing += counted('firing');
      run.pending += counted('pending');
      return run;
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

/** Takes one value into a series, in place. */
function addValue(rule: Threshold, latenessMs: number, series: ThresholdSeries, atMs: InstantMs, value: number): void {
  if (series.settled.atMs !== null && atMs <= series.settled.atMs) return;
  const { open } = series;
  insert(rule.direction, open, atMs, value);
  const settlesBeforeMs = (open[open.length - 2] as number) - latenessMs;
  let end = 0;
  for (; end < open.length && (open[end] as number) < settlesBeforeMs; end += 2) {
    series.settled = observeValue(rule, series.settled, open[end] as number, open[end + 1] as number);
  }
  let now = series.settled;
  for (let i = end; i < open.length; i += 2) now = observeValue(rule, now, open[i] as number, open[i + 1] as number);
  series.now = now;
  dropRows(open, 0, end);
}

/** Two values of one instant are one: the worse. */
function insert(direction: Threshold['direction'], open: number[], atMs: InstantMs, value: number): void {
  let at = open.length;
  while (at > 0 && (open[at - 2] as number) > atMs) at -= 2;
  if (at > 0 && open[at - 2] === atMs) open[at - 1] = worstOf(direction, [open[at - 1] as number, value]);
  else open.splice(at, 0, atMs, value);
}

function worstOf(direction: Threshold['direction'], values: readonly number[]): number {
  return values.reduce((worst, value) => (direction === 'above' ? Math.max(worst, value) : Math.min(worst, value)));
}

function isEmpty({ series }: ThresholdRun): boolean {
  for (const _ in series) return false;
  return true;
}

/** Adds a series that was not known; false where there are too many, none of them in order: one more could add nothing. */
function addSeries(all: Record<string, ThresholdSeries>, name: string, added: ThresholdSeries): boolean {
  all[name] = added;
  const names = Object.keys(all);
  if (names.length <= SERIES_MAX) return true;
  const quietest = names
    .filter((one) => all[one]?.now.kind === 'ok')
    .sort((a, b) => (all[a]?.now.atMs ?? 0) - (all[b]?.now.atMs ?? 0))[0];
  delete all[quietest ?? name];
  return quietest !== undefined;
}
