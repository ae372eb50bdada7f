import { unreachable } from '@parapet/kernel';
import { type Baseline, transformed, type ValueTransform } from '@parapet/signals';
import type { GuardrailTest } from '../guardrail.js';
import { type MeanKernel, meanKernel } from '../mean-kernel.js';
import type { WatchedGuardrail, WatchSpec } from '../watch-spec.js';

/** A value each interval, compared with a limit, with history or with what did not get the release. */
export type GaugeTest = Exclude<Extract<GuardrailTest, { kind: 'gauge' }>, { against: 'auto' }>;
/** A watched guardrail with such a test. */
export type WatchedGauge = WatchedGuardrail & { readonly guardrail: { readonly test: GaugeTest } };
/** History of a gauge. */
export type ValuesBaseline = Extract<Baseline, { kind: 'values' }>;

/** Without a word on how the traffic is split, and at the most (statistics 6.2). */
const ARMS_VARIANCE_MAX = 6;

/** History whose variance can be used, the newest kind first. */
export function valuesOf(watched: WatchedGuardrail): readonly ValuesBaseline[] {
  return watched.baselines.flatMap(({ baseline }) => (baseline.kind === 'values' ? [baseline] : []));
}

/** One kernel for a limit or a control, or one for each window of history that can be used. */
export function gaugeKernels(spec: WatchSpec, watched: WatchedGauge): readonly MeanKernel[] {
  const { test } = watched.guardrail;
  const history = valuesOf(watched);
  const [newest] = history;
  // How much such values vary is known from nowhere else: not even a limit can do without.
  if (newest === undefined) return [];
  const common = { transform: test.transform, badDirection: watched.signal?.badDirection ?? 'high' } as const;
  const longRunVariance = Math.max(...history.map((b) => b.longRunVariance));
  const deviation = Math.max(...history.map((b) => b.deviation));
  switch (test.against) {
    case 'limit': {
      const mean = transformed(test.limit, test.transform);
      if (mean === null) return [];
      const { limit, unacceptable } = test;
      const known = { mean, m: null, scale: limit === 0 ? deviation : Math.abs(limit), drift: 0 };
      // The limit is the limit: nothing beyond it is tolerated.
      return [meanKernel({ ...common, ...known, longRunVariance, deviation, worseBy: 0, unacceptable })];
    }
    case 'control':
      return [
        meanKernel({
          ...common,
          ...armsReference(spec, watched, { scale: scaleOf(newest), longRunVariance, deviation }),
          ...tolerances(test),
        }),
      ];
    case 'baseline':
      return history.map((b) => meanKernel({ ...common, ...b, scale: scaleOf(b), ...tolerances(test) }));
    default:
      return unreachable(test);
  }
}

function tolerances({ worseBy, unacceptable }: { readonly worseBy: number; readonly unacceptable: number }) {
  return { worseBy, unacceptable };
}

/**
 * What the difference of the arms is compared with: none, and a variance made the best of from history (statistics 6.2), unless the
 * same arms were seen before the release. Shops that always were slower than the others are no degradation.
 */
function armsReference(
  spec: WatchSpec,
  { armsValues }: WatchedGauge,
  history: { readonly scale: number; readonly longRunVariance: number; readonly deviation: number },
) {
  const { scale, longRunVariance, deviation } = history;
  if (armsValues !== undefined) return { ...armsValues, scale };
  const times = armsVariance(spec);
  return {
    mean: 0,
    m: null,
    longRunVariance: longRunVariance * times,
    deviation: deviation * Math.sqrt(times),
    scale,
    drift: 0,
  };
}

/** A mean near zero is no measure of anything: then it is how far values usually lie apart. */
function scaleOf({ mean, deviation }: ValuesBaseline): number {
  return Math.max(Math.abs(mean), deviation);
}

/** How much more the difference of two arms varies than one series of all traffic (statistics 6.2). */
function armsVariance({ scope }: WatchSpec): number {
  if (scope?.kind !== 'percent' || !(scope.percent > 0 && scope.percent < 100)) return ARMS_VARIANCE_MAX;
  const share = scope.percent / 100;
  return Math.min(ARMS_VARIANCE_MAX, (1 / share + 1 / (1 - share)) / 2);
}

/** What a value reads as, from how it is looked at. */
export function readable(y: number, transform: ValueTransform): number {
  return transform === 'log' ? Math.exp(y) : y;
}
