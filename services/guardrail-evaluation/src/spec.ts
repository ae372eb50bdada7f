import {
  type GuardrailPolicy,
  resolveGuardrail,
  type WatchedGuardrail,
  type WatchedSignal,
  type WatchedVolume,
  type WatchSpec,
} from '@parapet/guardrails';
import type { InstantMs } from '@parapet/kernel';
import type { Configuration } from '@parapet/policy';
import type { Period } from '@parapet/signals';
import { declarationOf } from './declarations.js';
import type { Environment, KnownRelease } from './environment.js';
import { armsOfThePast, withArms } from './history/arms-history.js';
import { heldAskedBy, withHeldWindows } from './history/held-windows.js';
import { measuredArmsOfThePast, withMeasuredArms } from './history/measured-arms.js';
import { type HistoryPlan, historyPlan } from './history/history-plan.js';
import type { HistoryReader } from './history/read-history.js';
import { usualTraffic } from './history/usual-traffic.js';
import { historyAskedBy, withHistory } from './history/watched-history.js';

/** More series than this of one signal are read together: what one of them does by itself is then not told apart. */
const SERIES_MAX = 20;

/**
 * Everything the watch of a release needs, fixed now: its policy, how its signals are declared, and what it is compared with. Of
 * history one question is asked for each guardrail and for each volume, and one more where stores are compared with stores.
 */
export async function specOf(
  configuration: Configuration,
  environment: Environment,
  release: KnownRelease,
  policy: GuardrailPolicy,
  startMs: InstantMs | null,
  reader: HistoryReader,
): Promise<WatchSpec> {
  if (startMs === null) throw new Error(`release ${release.release} has not begun`);
  const { guardrails, ...rest } = policy;
  const plan = historyPlan({
    startMs,
    durationMs: policy.durationMs,
    baselineMs: policy.baselineMs,
    environment: environment.environment,
    calendars: configuration.calendars,
    badTimes: badTimes(environment.releases.values(), release.release, startMs),
  });
  const about = { startMs, policy: rest, scope: release.scope };
  const watched: WatchedGuardrail[] = [];
  for (const declared of guardrails) {
    const guardrail = resolveGuardrail(declared, release.scope);
    const signal = guardrail.signal === null ? null : watchedSignal(configuration, environment, guardrail.signal);
    watched.push(await withHistoryOf(environment, about, { guardrail, signal, baselines: [] }, plan, reader));
  }
  return {
    tenant: environment.tenant,
    environment: environment.environment,
    workload: release.workload,
    release: release.release,
    name: release.name,
    ...about,
    guardrails: watched,
    volumes: await volumesOf(configuration, environment, watched, plan, reader),
  };
}

function watchedSignal(configuration: Configuration, environment: Environment, signal: string): WatchedSignal | null {
  const declared = declarationOf(configuration, environment.environment, signal, null);
  if (declared === null) return null;
  const { unit, badDirection, intervalMs, latenessMs } = declared;
  return { unit, badDirection, intervalMs, latenessMs };
}

async function withHistoryOf(
  environment: Environment,
  about: Pick<WatchSpec, 'startMs' | 'policy' | 'scope'>,
  watched: WatchedGuardrail,
  plan: HistoryPlan,
  reader: HistoryReader,
): Promise<WatchedGuardrail> {
  const { guardrail, signal } = watched;
  const ask = signal === null ? null : historyAskedBy(guardrail, plan);
  if (ask === null || guardrail.signal === null) return watched;
  const of = {
    tenant: environment.tenant,
    environment: environment.environment,
    signal: guardrail.signal,
    where: ask.where,
  };
  const perSeries = guardrail.test.kind === 'gauge' && countSeries(environment, guardrail.signal) <= SERIES_MAX;
  const sums = [...ask.sums, ...heldAskedBy(watched, about.startMs)];
  const history = await reader.history(of, { ...ask, sums, perSeries });
  const known = withHeldWindows(withHistory(about, watched, plan, history), about.startMs, history);
  if (signal === null) return known;
  const measured = measuredArmsOfThePast(guardrail);
  if (measured !== null) {
    const asked = { form: ask.form, perSeries };
    return withMeasuredArms(known, signal, plan.spread, await reader.measuredArms(of, measured, plan.spread, asked));
  }
  const arms = armsOfThePast(guardrail);
  if (arms === null) return known;
  return withArms(known, signal, plan.spread, await reader.arms(of, arms, plan.spread));
}

function countSeries(environment: Environment, signal: string): number {
  return [...environment.series.keys()].filter((name) => name.startsWith(`${signal}{`)).length;
}

/** The signals that measure the traffic of guardrails, once each; the requests of a latency are its own, where none is named. */
async function volumesOf(
  configuration: Configuration,
  environment: Environment,
  watched: readonly WatchedGuardrail[],
  plan: HistoryPlan,
  reader: HistoryReader,
): Promise<readonly WatchedVolume[]> {
  const named = watched.flatMap(({ guardrail }) => {
    const name = guardrail.volume ?? (guardrail.test.kind === 'histogram' ? guardrail.signal : null);
    return name === null ? [] : [name];
  });
  const volumes: WatchedVolume[] = [];
  for (const signal of new Set(named)) {
    const declared = watchedSignal(configuration, environment, signal);
    // Nobody declares it: then nobody sends it either, and nothing can be said of the traffic.
    if (declared === null) continue;
    const of = { tenant: environment.tenant, environment: environment.environment, signal };
    volumes.push({ signal, intervalMs: declared.intervalMs, usual: await usualTraffic(reader, of, declared, plan) });
  }
  return volumes;
}

/**
 * When other releases of this environment were known to be bad: no example of health. One that was kept although it failed is what
 * people decided to live with: after its watch, its time is history like any other, or there would never be a baseline again.
 */
export function badTimes(releases: Iterable<KnownRelease>, release: string, untilMs: InstantMs): readonly Period[] {
  const times: Period[] = [];
  for (const other of releases) {
    const { startedAtMs } = other;
    if (other.release === release || other.isHistory || startedAtMs === null) continue;
    const watchedToMs = (other.liveAtMs ?? startedAtMs) + watchMs(other);
    times.push({ fromMs: startedAtMs, toMs: Math.min(other.endedAtMs ?? untilMs, watchedToMs, untilMs) });
  }
  return times;
}

function watchMs({ registered }: KnownRelease): number {
  const { durationMs } = registered['guardrailPolicy'] as GuardrailPolicy;
  return durationMs;
}
