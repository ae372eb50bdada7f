import {
  type GuardrailReport,
  type NearbyRelease,
  type ReleaseScope,
  RunningWatch,
  type WatchSpec,
  type WatchState,
} from '@parapet/guardrails';
import type { InstantMs } from '@parapet/kernel';
import type { Tx } from '@parapet/postgres';
import type { AlertsState, SeriesState } from '@parapet/signals';
import type { UnattachedAlert } from './alert-views.js';
import { environmentIn, type PartitionMemory } from './environment.js';
import type { Fact } from './facts.js';

/** Releases that ended are remembered this long: an alert may still be their doing, and their time may be no history. */
const RELEASES_MS = 7 * 24 * 3_600_000;

/** Reads a partition's memory as it was committed last. */
export async function readMemory(tx: Tx, partition: number): Promise<PartitionMemory> {
  const [row] = await tx.query<{ position: number; clock_ms: number }>(
    'SELECT position, clock_ms FROM evaluation_partition WHERE partition = $1',
    [partition],
  );
  const memory: PartitionMemory = {
    position: row?.position ?? 0,
    clockMs: row?.clock_ms ?? 0,
    environments: new Map(),
  };
  const series = await tx.query<{ tenant: string; environment: string; series: string; state: SeriesState }>(
    'SELECT tenant, environment, series, state FROM evaluation_series WHERE partition = $1',
    [partition],
  );
  for (const s of series) environmentIn(memory, s.tenant, s.environment).series.set(s.series, s.state);
  const alerts = await tx.query<{
    tenant: string;
    environment: string;
    state: AlertsState;
    unattached: UnattachedAlert[];
  }>('SELECT tenant, environment, state, unattached FROM evaluation_alerts WHERE partition = $1', [partition]);
  for (const a of alerts)
    Object.assign(environmentIn(memory, a.tenant, a.environment), { alerts: a.state, unattached: a.unattached });
  await readReleases(tx, partition, memory);
  const watches = await tx.query<{
    tenant: string;
    environment: string;
    spec: WatchSpec;
    state: WatchState;
    inputs: number;
    digest: string;
    guardrails: GuardrailReport[];
    nearby: NearbyRelease[] | null;
  }>(
    'SELECT tenant, environment, spec, state, inputs, digest, guardrails, nearby FROM evaluation_watch WHERE partition = $1 AND is_open',
    [partition],
  );
  for (const { tenant, environment, state, ...watch } of watches) {
    const running = new RunningWatch(watch.spec, state);
    environmentIn(memory, tenant, environment).watches.set(watch.spec.release, { ...watch, running });
  }
  return memory;
}

async function readReleases(tx: Tx, partition: number, memory: PartitionMemory): Promise<void> {
  const rows = await tx.query<{
    tenant: string;
    environment: string;
    release: string;
    workload: string;
    name: string;
    registered: Record<string, unknown>;
    phase: string;
    version: number;
    started_at_ms: number | null;
    live_at_ms: number | null;
    ended_at_ms: number | null;
    settled_at_ms: number | null;
    scope: ReleaseScope | null;
    is_history: boolean;
  }>(
    `SELECT tenant, environment, release, workload, name, registered, phase, version, started_at_ms, live_at_ms, ended_at_ms, settled_at_ms, scope,
            is_history
       FROM evaluation_release WHERE partition = $1 AND (ended_at_ms IS NULL OR ended_at_ms > $2)`,
    [partition, memory.clockMs - RELEASES_MS],
  );
  for (const r of rows) {
    environmentIn(memory, r.tenant, r.environment).releases.set(r.release, {
      release: r.release,
      workload: r.workload,
      name: r.name,
      registered: r.registered,
      phase: r.phase,
      version: r.version,
      startedAtMs: r.started_at_ms,
      liveAtMs: r.live_at_ms,
      endedAtMs: r.ended_at_ms,
      settledAtMs: r.settled_at_ms,
      scope: r.scope,
      isHistory: r.is_history,
    });
  }
}

/** Moves position and clock, in the transaction of what they stand for. */
export async function writePosition(tx: Tx, partition: number, position: number, clockMs: InstantMs): Promise<void> {
  await tx.query(
    `INSERT INTO evaluation_partition (partition, position, clock_ms) VALUES ($1, $2, $3)
     ON CONFLICT (partition) DO UPDATE SET position = excluded.position, clock_ms = excluded.clock_ms`,
    [partition, position, clockMs],
  );
}

/** The partition's facts that wait, in the order of the journal. */
export async function readFacts(tx: Tx, partition: number, limit: number): Promise<readonly Fact[]> {
  const rows = await tx.query<Omit<Fact, 'recordedAtMs' | 'trace'> & { recorded_at_ms: number; trace: string | null }>(
    `SELECT tenant, seq, environment, release, version, type, fact, recorded_at_ms, trace FROM evaluation_fact
      WHERE partition = $1 AND applied_at IS NULL ORDER BY tenant, seq LIMIT $2`,
    [partition, limit],
  );
  return rows.map(({ recorded_at_ms, trace, ...same }) => ({
    ...same,
    recordedAtMs: recorded_at_ms,
    trace: trace ?? undefined,
  }));
}
