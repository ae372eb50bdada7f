import type { Guardrail, GuardrailPolicy, WatchedGuardrail, WatchSpec } from '@parapet/guardrails';
import type { InstantMs } from '@parapet/kernel';
import type { Configuration } from '@parapet/policy';
import type { Tx } from '@parapet/postgres';
import { type Baseline, baselineOf, baselinePeriods, type Period, type RollUp } from '@parapet/signals';
import { declarationOf } from './declarations.js';
import type { Environment, KnownRelease } from './environment.js';

/** Everything the watch of a release needs, fixed now: its policy, how its signals are declared, and what it is compared with. */
export async function specOf(
  configuration: Configuration,
  environment: Environment,
  release: KnownRelease,
  policy: GuardrailPolicy,
  startMs: InstantMs | null,
  tx: Tx,
): Promise<WatchSpec> {
  if (startMs === null) throw new Error(`release ${release.release} has not begun`);
  const { guardrails, ...rest } = policy;
  const periods = baselinePeriods(
    startMs,
    policy.baselineMs,
    badTimes(environment.releases.values(), release.release, startMs),
  );
  const watched: WatchedGuardrail[] = [];
  for (const guardrail of guardrails) {
    const declared =
      guardrail.signal === null ? null : declarationOf(configuration, environment.environment, guardrail.signal, null);
    const signal =
      declared === null
        ? null
        : {
            unit: declared.unit,
            badDirection: declared.badDirection,
            intervalMs: declared.intervalMs,
            latenessMs: declared.latenessMs,
          };
    const baseline =
      signal === null ? null : await baselineFor(tx, environment, guardrail, signal.badDirection, periods);
    watched.push({ guardrail, signal, baselines: baseline === null ? [] : [{ window: 'before', baseline }] });
  }
  return {
    tenant: environment.tenant,
    environment: environment.environment,
    workload: release.workload,
    release: release.release,
    name: release.name,
    startMs,
    scope: null,
    policy: rest,
    guardrails: watched,
    volumes: [],
  };
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

async function baselineFor(
  tx: Tx,
  environment: Environment,
  guardrail: Guardrail,
  badDirection: 'high' | 'low',
  periods: readonly Period[],
): Promise<Baseline | null> {
  const { test, signal } = guardrail;
  if (signal === null || (test.kind !== 'proportion' && test.kind !== 'rate')) return null;
  return baselineOf(
    test.kind,
    badDirection,
    await rollUpsOf(tx, environment, signal, guardrail.where, periods),
    periods,
  );
}

async function rollUpsOf(
  tx: Tx,
  environment: Environment,
  signal: string,
  where: Readonly<Record<string, string>>,
  periods: readonly Period[],
): Promise<readonly RollUp[]> {
  if (periods.length === 0) return [];
  const rows = await tx.query<{ minute_ms: number; n: number; count: number; of: number }>(
    `SELECT (extract(epoch FROM minute) * 1000)::bigint AS minute_ms, sum(n)::bigint AS n, sum(count) AS count, sum(of) AS of FROM evaluation_rollup
      WHERE tenant = $1 AND environment = $2 AND signal = $3 AND dimensions @> $4::jsonb
        AND minute >= to_timestamp($5 / 1000.0) AND minute < to_timestamp($6 / 1000.0)
      GROUP BY minute`,
    [
      environment.tenant,
      environment.environment,
      signal,
      JSON.stringify(where),
      Math.min(...periods.map((p) => p.fromMs)),
      Math.max(...periods.map((p) => p.toMs)),
    ],
  );
  return rows.map((r) => ({
    minuteMs: r.minute_ms,
    n: r.n,
    count: r.count,
    of: r.of,
    sum: 0,
    min: null,
    max: null,
    histogram: null,
  }));
}
