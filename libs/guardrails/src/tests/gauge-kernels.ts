import { type Baseline, transformed, type ValueTransform } from '@parapet/signals';
import type { GuardrailTest } from '../guardrail.js';
import { type MeanKernel, meanKernel } from '../mean-kernel.js';
import type { WatchedGuardrail, WatchSpec } from '../watch-spec.js';

/** A value each interval, compared with a limit, with history or with what did not get the release. */
export type GaugeTest = Extract<GuardrailTest, { kind: 'gauge' }>;
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
      const scale = Math.max(Math.abs(test.limit), test.limit === 0 ? deviation : 0);
      const { unacceptable } = test;
      return [
        meanKernel({ ...common, mean, m: null, longRunVariance, deviation, scale, worseBy: 0, drift: 0, unacceptable }),
      ];
    }
    case 'control': {
      const times = armsVariance(spec);
      return [
        meanKernel({
          ...common,
          mean: 0,
          m: null,
          longRunVariance: longRunVariance * times,
          deviation: deviation * Math.sqrt(times),
          scale: scaleOf(newest),
          worseBy: test.worseBy,
          drift: 0,
          unacceptable: test.unacceptable,
        }),
      ];
    }
    case 'baseline':
      return history.map((b) => meanKernel({ ...common, ...b, scale: scaleOf(b), ...tolerances(test) }));
    case 'auto':
      return [];
  }
}

function tolerances({ worseBy, unacceptable }: { readonly worseBy: number; readonly unacceptable: number }) {
  return { worseBy, unacceptable };
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
