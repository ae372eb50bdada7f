/**
 * A fixed one-sided z test at 1 %, looked at after every sample: the textbook test, used as nobody who wrote the textbook meant.
 *
 * Counts: pooled two-proportion z of everything since the release against the control arm so far, or everything before. Gauges and
 * the 95th percentile of every interval: z of the mean logarithms with the variance of either side (Welch's, without degrees of
 * freedom). No correction for looking again, for six guardrails, or for noise that is not independent.
 */
import { ask, countsIn, type Release, type ReleaseGuardrail, type Span, type Verdict, wholeOf } from './release.ts';

/** Upper 1 % point of the standard normal distribution. */
export const Z_ONE_PERCENT = 2.3263478740408408;

/** Two-proportion z, pooled; positive where the first share is larger. Null where it is not defined. */
export function zOfShares(bad: number, total: number, badThen: number, totalThen: number): number | null {
  if (!(total > 0 && totalThen > 0)) return null;
  const pooled = (bad + badThen) / (total + totalThen);
  const variance = pooled * (1 - pooled) * (1 / total + 1 / totalThen);
  return variance > 0 ? (bad / total - badThen / totalThen) / Math.sqrt(variance) : null;
}

/** z of two means; positive where the first is larger. Null with fewer than two values on a side, or without variance. */
export function zOfMeans(now: readonly number[], then: readonly number[]): number | null {
  if (now.length < 2 || then.length < 2) return null;
  const variance = varianceOf(now) / now.length + varianceOf(then) / then.length;
  return variance > 0 ? (meanOf(now) - meanOf(then)) / Math.sqrt(variance) : null;
}

/** Judges a release: degraded at the first sample at which any guardrail's z reaches the 1 % point. */
export function judgeZ(release: Release): Verdict {
  const before = release.guardrails.map((guardrail) => logsOf(release, guardrail, wholeOf(release, 'pre')));
  const now = release.guardrails.map((): number[] => []);
  const control = release.guardrails.map((): number[] => []);
  let isDefined = release.guardrails.map(() => false);
  for (let tick = 0; tick < release.watchTicks; tick++) {
    const zs = release.guardrails.map((guardrail, i) => {
      if (tick < (guardrail.settleTicks ?? 0)) return null;
      if (guardrail.kind === 'proportion' || guardrail.kind === 'count') return zOfCounts(release, guardrail, tick);
      const span = { fromTick: tick, toTick: tick, nowTick: tick };
      now[i]?.push(...logsOf(release, guardrail, { arm: 'watch', ...span }));
      if (release.mode === 'concurrent') control[i]?.push(...logsOf(release, guardrail, { arm: 'control', ...span }));
      return zOfMeans(now[i] ?? [], (release.mode === 'concurrent' ? control[i] : before[i]) ?? []);
    });
    isDefined = isDefined.map((was, i) => was || (zs[i] ?? null) !== null);
    const beyond = release.guardrails.filter((_, i) => (zs[i] ?? -Infinity) >= Z_ONE_PERCENT);
    if (beyond.length > 0) return { degradedTick: tick, verdict: 'degraded', attributed: beyond.map((g) => g.id) };
  }
  const isJudged = release.guardrails.every((guardrail, i) => !guardrail.required || isDefined[i] === true);
  return { degradedTick: null, verdict: isJudged ? 'pass' : 'inconclusive', attributed: [] };
}

function zOfCounts(release: Release, guardrail: ReleaseGuardrail, tick: number): number | null {
  const sofar = { fromTick: 0, toTick: tick, nowTick: tick };
  const now = countsIn(release, guardrail, { arm: 'watch', ...sofar });
  const then = countsIn(
    release,
    guardrail,
    release.mode === 'concurrent' ? { arm: 'control', ...sofar } : wholeOf(release, 'pre'),
  );
  return now === null || then === null ? null : zOfShares(now.bad, now.total, then.bad, then.total);
}

/** Logarithms of a metric, tick by tick. */
function logsOf(release: Release, guardrail: ReleaseGuardrail, span: Span): readonly number[] {
  if (guardrail.kind === 'proportion' || guardrail.kind === 'count') return [];
  const logs: number[] = [];
  for (let tick = span.fromTick; tick <= span.toTick; tick++) {
    const answer = ask(release, guardrail, { ...span, fromTick: tick, toTick: tick });
    if (answer.kind === 'value' && answer.value > 0) logs.push(Math.log(answer.value));
  }
  return logs;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}

function varianceOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1);
}
