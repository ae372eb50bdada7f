/**
 * Failed polls of a fixed limit, as Argo Rollouts counts them.
 *
 * Source of the rule: the documentation of its analysis (docs/features/analysis.md) and the assessment of one metric in its
 * controller (analysis/analysis.go). A metric is measured every `interval`. A measurement that meets `successCondition` is
 * successful, one that meets `failureCondition` failed, one that meets neither inconclusive; one that could not be taken is an
 * error. In this order: more failures than `failureLimit` fail it; more inconclusive ones than `inconclusiveLimit` make it
 * inconclusive; more errors in a row than `consecutiveErrorLimit` (4 unless set) are an error; `count` measurements make it
 * successful. Errors do not count towards `count`. The first metric that fails or errs aborts the rollout, an inconclusive one
 * pauses it until a person decides.
 */
import { limitOf } from './fixed-limit.ts';
import { ask, type Release, type Verdict } from './release.ts';

/** Settings of a metric, named as in an AnalysisTemplate; -1 in none of them. */
export interface ArgoMetric {
  readonly count: number | null;
  readonly failureLimit: number;
  readonly inconclusiveLimit: number;
  readonly consecutiveErrorLimit: number;
}

export const ARGO_DEFAULTS: ArgoMetric = {
  count: null,
  failureLimit: 0,
  inconclusiveLimit: 0,
  consecutiveErrorLimit: 4,
};

/** What has been measured so far. */
export interface ArgoResult {
  readonly failed: number;
  readonly inconclusive: number;
  readonly successful: number;
  readonly consecutiveErrors: number;
}

export type ArgoPhase = 'Running' | 'Successful' | 'Failed' | 'Error' | 'Inconclusive';
export type ArgoMeasurement = 'Successful' | 'Failed' | 'Inconclusive' | 'Error';

/** Counts one more measurement. */
export function measured(result: ArgoResult, measurement: ArgoMeasurement): ArgoResult {
  switch (measurement) {
    case 'Successful':
      return { ...result, successful: result.successful + 1, consecutiveErrors: 0 };
    case 'Failed':
      return { ...result, failed: result.failed + 1, consecutiveErrors: 0 };
    case 'Inconclusive':
      return { ...result, inconclusive: result.inconclusive + 1, consecutiveErrors: 0 };
    case 'Error':
      return { ...result, consecutiveErrors: result.consecutiveErrors + 1 };
  }
}

/**
 * The phase of a metric after its newest measurement.
 * @param isTerminating the run is being ended, by a person or by another metric
 */
export function assessMetric(metric: ArgoMetric, result: ArgoResult, isTerminating: boolean): ArgoPhase {
  if (result.failed > metric.failureLimit) return 'Failed';
  if (result.inconclusive > metric.inconclusiveLimit) return 'Inconclusive';
  if (result.consecutiveErrors > metric.consecutiveErrorLimit) return 'Error';
  const taken = result.failed + result.inconclusive + result.successful;
  if (metric.count !== null && taken >= metric.count) return 'Successful';
  return isTerminating ? 'Successful' : 'Running';
}

const NOTHING: ArgoResult = { failed: 0, inconclusive: 0, successful: 0, consecutiveErrors: 0 };

/**
 * Judges a release with one metric a guardrail, each polled every `pollTicks` over the time since the poll before.
 *
 * Where there is no value the conditions are written, as the documentation advises, so that neither holds: the measurement is
 * inconclusive. A quarter of the measurements may be; Argo's own default is none. `initialDelay` is the guardrail's settling time.
 */
export function judgeArgo(release: Release, pollTicks: number, failureLimit: number): Verdict {
  const metrics = release.guardrails.map((guardrail) => ({
    guardrail,
    limit: limitOf(release, guardrail),
    result: NOTHING,
    isDone: false,
  }));
  for (let tick = pollTicks - 1; tick < release.watchTicks; tick += pollTicks) {
    const phases = metrics.map((metric): ArgoPhase => {
      const fromTick = tick - pollTicks + 1;
      const isDelayed = fromTick < (metric.guardrail.settleTicks ?? 0);
      if (metric.isDone || isDelayed) return metric.isDone ? 'Successful' : 'Running';
      const answer = ask(release, metric.guardrail, { arm: 'watch', fromTick, toTick: tick, nowTick: tick });
      const measurement =
        answer.kind !== 'value' || metric.limit === null
          ? 'Inconclusive'
          : answer.value > metric.limit
            ? 'Failed'
            : 'Successful';
      metric.result = measured(metric.result, measurement);
      const polls = Math.floor((release.watchTicks - (metric.guardrail.settleTicks ?? 0)) / pollTicks);
      const settings = { ...ARGO_DEFAULTS, count: polls, failureLimit, inconclusiveLimit: Math.floor(polls / 4) };
      const phase = assessMetric(settings, metric.result, false);
      metric.isDone = phase === 'Successful';
      return phase;
    });
    const aborting = metrics.filter((_, i) => phases[i] === 'Failed' || phases[i] === 'Error');
    if (aborting.length > 0) {
      return { degradedTick: tick, verdict: 'degraded', attributed: aborting.map((m) => m.guardrail.id) };
    }
    // The rollout is paused and the run is over: nothing is measured any more until a person decides.
    if (phases.includes('Inconclusive')) return { degradedTick: null, verdict: 'inconclusive', attributed: [] };
  }
  const isSuccessful = metrics.every((m) => m.isDone);
  return { degradedTick: null, verdict: isSuccessful ? 'pass' : 'inconclusive', attributed: [] };
}
