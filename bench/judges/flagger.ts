/**
 * Failed checks of fixed ranges, as Flagger counts them.
 *
 * Source of the rule: its documentation (how-it-works, metrics) and controller (pkg/controller/scheduler.go, scheduler_metrics.go).
 * Every `interval` all metrics are checked against their `thresholdRange`; the first outside of it fails the whole check. A query
 * without a value, NaN included (since pull request 1095), fails it too. Failed checks are added up and never forgotten by
 * success; at the beginning of the next interval, once there are `threshold` of them, the release is rolled back. What a check
 * compares is strict: a value on the bound is in range.
 */
import { limitOf } from './fixed-limit.ts';
import { ask, type Release, type Verdict } from './release.ts';

/** Whether a value is in range, as `thresholdRange` means it; null is no value. */
export function inRange(value: number | null, range: { readonly min?: number; readonly max?: number }): boolean {
  if (value === null || Number.isNaN(value)) return false;
  return !(range.min !== undefined && value < range.min) && !(range.max !== undefined && value > range.max);
}

/** Judges a release; there is no inconclusive end in Flagger, a release is promoted or rolled back. */
export function judgeFlagger(release: Release, intervalTicks: number, threshold: number): Verdict {
  const metrics = release.guardrails.map((guardrail) => ({ guardrail, limit: limitOf(release, guardrail) }));
  let failedChecks = 0;
  const blamed = new Map<string, number>();
  for (let tick = intervalTicks - 1; tick < release.watchTicks; tick += intervalTicks) {
    if (failedChecks >= threshold) {
      const most = Math.max(...blamed.values());
      const attributed = [...blamed].filter(([, times]) => times === most).map(([id]) => id);
      return { degradedTick: tick, verdict: 'degraded', attributed };
    }
    const span = { arm: 'watch', fromTick: tick - intervalTicks + 1, toTick: tick, nowTick: tick } as const;
    const failing = metrics.find(({ guardrail, limit }) => {
      const answer = ask(release, guardrail, span);
      const value = answer.kind === 'value' ? answer.value : null;
      // Without a time before the release nobody could have written a limit: then only the absence of a value fails.
      return !inRange(value, limit === null ? {} : { max: limit });
    });
    if (failing === undefined) continue;
    failedChecks += 1;
    blamed.set(failing.guardrail.id, (blamed.get(failing.guardrail.id) ?? 0) + 1);
  }
  return { degradedTick: null, verdict: 'pass', attributed: [] };
}
