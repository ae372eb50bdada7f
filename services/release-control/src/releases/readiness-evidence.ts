import type { ReleaseRegistered } from '@parapet/decisions';
import type { InstantMs } from '@parapet/kernel';
import { sendsAlerts, type SignalSource } from '@parapet/policy';
import type { Tx } from '@parapet/postgres';
import type { ReadinessEvidence } from '@parapet/readiness';

const MINUTE_MS = 60_000;

/** Gathers what can be known today of a planned release; what the evaluator has no rows of stays unknown. */
export async function readinessEvidence(
  tx: Tx,
  release: Omit<ReleaseRegistered, 'type'>,
  targets: Readonly<Record<string, string>>,
  alertSources: readonly SignalSource[],
  nowMs: InstantMs,
): Promise<ReadinessEvidence> {
  const { guardrailPolicy, environment, previous } = release;
  const signals = guardrailPolicy.guardrails.flatMap((guardrail) => guardrail.signal ?? []);
  const heard = await tx.query<{ signal: string; first: number; last: number }>(
    `SELECT signal, floor(extract(epoch FROM min(minute)) * 1000)::bigint AS first, floor(extract(epoch FROM max(minute)) * 1000)::bigint AS last
       FROM evaluation_rollup
      WHERE tenant = $1 AND environment = $2 AND signal = ANY($3) AND minute > now() - interval '36 days'
      GROUP BY signal`,
    [tx.tenant, environment, signals],
  );
  const back = new Set(previous?.components.map((c) => c.component) ?? []);
  return {
    nowMs,
    guardrailPolicy,
    criticality: release.criticality,
    steps: release.steps,
    previous: previous === null ? null : { release: previous.release, name: await nameOf(tx, previous.release) },
    componentsWithoutWayBack:
      previous === null
        ? []
        : release.components.map((c) => c.component).filter((name) => !back.has(name) || targets[name] === undefined),
    // A roll-up names the minute it began; its samples may be as young as its end.
    signalsHeardAtMs: new Map(heard.map((row) => [row.signal, Math.min(nowMs, row.last + MINUTE_MS)])),
    alertSourcesHeardAtMs: await sourcesHeard(tx, environment, alertSources),
    historySinceMs: new Map(heard.map((row) => [row.signal, row.first])),
  };
}

async function nameOf(tx: Tx, id: string): Promise<string | null> {
  const [row] = await tx.query<{ name: string }>('SELECT name FROM releases WHERE tenant = $1 AND id = $2', [
    tx.tenant,
    id,
  ]);
  return row?.name ?? null;
}

async function sourcesHeard(
  tx: Tx,
  environment: string,
  sources: readonly SignalSource[],
): Promise<ReadonlyMap<string, InstantMs | null>> {
  const here = sources.filter((source) => sendsAlerts(source) && source.environments.includes(environment));
  const [row] = await tx.query<{ sources: Readonly<Record<string, { readonly heardAtMs: InstantMs | null }>> | null }>(
    `SELECT state->'sources' AS sources FROM evaluation_alerts WHERE tenant = $1 AND environment = $2`,
    [tx.tenant, environment],
  );
  return new Map(here.map((source) => [source.name, row?.sources?.[source.name]?.heardAtMs ?? null]));
}
