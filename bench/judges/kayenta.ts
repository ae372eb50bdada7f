/**
 * A canary analysis with Kayenta: its classification and its score, once at the end or at every interval.
 *
 * Source of the rule: `kayenta-metric.ts` and `kayenta-score.ts`; thresholds pass 90 and marginal 75 and one value a minute
 * (`step: 60`) as in the example of Argo Rollouts' documentation; intervals with a growing window (`lookback`). A fail at any
 * interval ends the canary; a marginal one lets it go on; at the end only a pass is one. The analysis begins after the settling
 * time of the guardrails (`beginCanaryAnalysisAfterMins`). Directions are `increase`, since every metric here is bad when it rises;
 * a canary is compared with its control, anything else with the two hours before.
 */
import { judgeMetric, KAYENTA_DEFAULTS } from './kayenta-metric.ts';
import { classifyScore, type Scored, scoreOf } from './kayenta-score.ts';
import { ask, type Release, type ReleaseGuardrail, type Verdict } from './release.ts';

export interface KayentaSettings {
  /** Ticks between two judgements; the length of the watch for one at the end. */
  readonly everyTicks: number;
  /** Marks every metric critical: any that is High fails the canary. Otherwise groups and score decide. */
  readonly isEachCritical: boolean;
}

const THRESHOLDS = { pass: 90, marginal: 75 } as const;
/** One value a minute. */
const STEP_SEC = 60;
const GROUPS: Readonly<Record<ReleaseGuardrail['kind'], string>> = {
  proportion: 'Errors',
  count: 'Errors',
  histogram: 'Latency',
  gauge: 'Saturation',
};

/** Judges a release. */
export function judgeKayenta(release: Release, settings: KayentaSettings): Verdict {
  const step = Math.max(1, Math.round(STEP_SEC / release.intervalSec));
  const before = release.guardrails.map((guardrail) => valuesOf(release, guardrail, 'pre', 0, release.preTicks, step));
  const from = Math.max(...release.guardrails.map((guardrail) => guardrail.settleTicks ?? 0));
  let last: 'pass' | 'marginal' | 'fail' = 'fail';
  for (const end of endsOf(release, settings, from)) {
    const metrics = release.guardrails.map((guardrail, i): Scored & { readonly id: string } => {
      const experiment = valuesOf(release, guardrail, 'watch', from, end, step);
      const control =
        release.mode === 'concurrent' ? valuesOf(release, guardrail, 'control', from, end, step) : (before[i] ?? []);
      const metric = judgeMetric(experiment, control, {
        ...KAYENTA_DEFAULTS,
        direction: 'increase',
        critical: settings.isEachCritical,
      });
      return { id: guardrail.id, groups: [GROUPS[guardrail.kind]], metric };
    });
    last = classifyScore(scoreOf(metrics, {}), THRESHOLDS);
    if (last !== 'fail') continue;
    const high = metrics.filter(({ metric }) => metric.label === 'High').map(({ id }) => id);
    return { degradedTick: end - 1, verdict: 'degraded', attributed: high };
  }
  return { degradedTick: null, verdict: last === 'pass' ? 'pass' : 'inconclusive', attributed: [] };
}

/** Ticks at which a judgement is made of all before: every interval, and the end of the watch. */
function endsOf(release: Release, settings: KayentaSettings, from: number): readonly number[] {
  const ends: number[] = [];
  for (let end = from + settings.everyTicks; end < release.watchTicks; end += settings.everyTicks) ends.push(end);
  return [...ends, release.watchTicks];
}

/** A metric step by step, NaN where it is no number; steps without a sample are not there. */
function valuesOf(
  release: Release,
  guardrail: ReleaseGuardrail,
  arm: 'pre' | 'watch' | 'control',
  from: number,
  end: number,
  step: number,
): readonly number[] {
  const values: number[] = [];
  for (let tick = Math.ceil(from / step) * step; tick + step <= end; tick += step) {
    const answer = ask(release, guardrail, { arm, fromTick: tick, toTick: tick + step - 1, nowTick: end - 1 });
    if (answer.kind !== 'empty') values.push(answer.kind === 'value' ? answer.value : Number.NaN);
  }
  return values;
}
