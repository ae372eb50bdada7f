import type { InstantMs } from '@parapet/kernel';
import type { Tx } from '@parapet/postgres';
import type { Observation, RollUp } from '@parapet/signals';
import type { Environment, KnownRelease, OpenWatch } from './environment.js';

/** One minute of one series, as far as this transaction adds to it. */
export interface RollUpRow {
  readonly tenant: string;
  readonly environment: string;
  readonly observation: Observation;
  readonly rollUp: RollUp;
}

/** Something kept as evidence of a release, as JSON text. */
export interface EvidenceRow {
  readonly tenant: string;
  readonly release: string;
  readonly n: number;
  readonly clockMs: InstantMs;
  readonly json: string;
}

/** A series of an environment, by name. */
export type SeriesOf = readonly [environment: Environment, series: string];

/** Writes where series stand, and takes out those that were forgotten. */
export async function writeSeries(tx: Tx, partition: number, touched: readonly SeriesOf[]): Promise<void> {
  const isKnown = ([environment, name]: SeriesOf) => environment.series.has(name);
  await removeSeries(
    tx,
    touched.filter((one) => !isKnown(one)),
  );
  const series = touched.filter(isKnown);
  if (series.length === 0) return;
  await tx.query(
    `INSERT INTO evaluation_series (tenant, environment, partition, series, state)
     SELECT t, e, $5, s, j FROM unnest($1::text[], $2::text[], $3::text[], $4::jsonb[]) AS row (t, e, s, j)
     ON CONFLICT (tenant, environment, series) DO UPDATE SET state = excluded.state`,
    [
      series.map(([e]) => e.tenant),
      series.map(([e]) => e.environment),
      series.map(([, name]) => name),
      series.map(([e, name]) => JSON.stringify(e.series.get(name))),
      partition,
    ],
  );
}

async function removeSeries(tx: Tx, series: readonly SeriesOf[]): Promise<void> {
  if (series.length === 0) return;
  await tx.query(
    `DELETE FROM evaluation_series s USING unnest($1::text[], $2::text[], $3::text[]) AS row (t, e, n)
     WHERE s.tenant = t AND s.environment = e AND s.series = n`,
    [series.map(([e]) => e.tenant), series.map(([e]) => e.environment), series.map(([, name]) => name)],
  );
}

/** Writes the alerts of environments, and those that nobody is blamed for. */
export async function writeAlerts(tx: Tx, partition: number, environments: readonly Environment[]): Promise<void> {
  if (environments.length === 0) return;
  await tx.query(
    `INSERT INTO evaluation_alerts (partition, tenant, environment, state, unattached)
     SELECT $1, * FROM unnest($2::text[], $3::text[], $4::jsonb[], $5::jsonb[])
     ON CONFLICT (tenant, environment) DO UPDATE SET state = excluded.state, unattached = excluded.unattached`,
    [
      partition,
      environments.map((e) => e.tenant),
      environments.map((e) => e.environment),
      environments.map((e) => JSON.stringify(e.alerts)),
      environments.map((e) => JSON.stringify(e.unattached)),
    ],
  );
}

/** Adds to the minutes of history. */
export async function writeRollUps(tx: Tx, rows: readonly RollUpRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(
    `INSERT INTO evaluation_rollup AS old (tenant, environment, signal, dimensions, minute, n, count, of, sum, min, max, histogram)
     SELECT t, e, s, d, to_timestamp(m / 1000.0), n, c, o, u, lo, hi, h
       FROM unnest($1::text[], $2::text[], $3::text[], $4::jsonb[], $5::float8[], $6::bigint[], $7::float8[], $8::float8[], $9::float8[],
                   $10::float8[], $11::float8[], $12::jsonb[]) AS row (t, e, s, d, m, n, c, o, u, lo, hi, h)
     ON CONFLICT (tenant, environment, signal, minute, dimensions) DO UPDATE SET
       n = old.n + excluded.n, count = old.count + excluded.count, of = old.of + excluded.of, sum = old.sum + excluded.sum,
       min = least(old.min, excluded.min), max = greatest(old.max, excluded.max),
       histogram = evaluation_merge_histograms(old.histogram, excluded.histogram)`,
    [
      rows.map((r) => r.tenant),
      rows.map((r) => r.environment),
      rows.map((r) => r.observation.signal),
      rows.map((r) => JSON.stringify(r.observation.dimensions)),
      rows.map((r) => r.rollUp.minuteMs),
      rows.map((r) => r.rollUp.n),
      rows.map((r) => r.rollUp.count),
      rows.map((r) => r.rollUp.of),
      rows.map((r) => r.rollUp.sum),
      rows.map((r) => r.rollUp.min),
      rows.map((r) => r.rollUp.max),
      rows.map((r) => (r.rollUp.histogram === null ? null : JSON.stringify(r.rollUp.histogram))),
    ],
  );
}

/** Adds to the evidence of releases: what was judged, and what was said after it. */
export async function writeEvidence(
  tx: Tx,
  inputs: readonly EvidenceRow[],
  verdicts: readonly (EvidenceRow & { readonly ordinal: number })[],
): Promise<void> {
  if (inputs.length > 0) {
    await tx.query(
      `INSERT INTO evaluation_input (tenant, release, n, clock_ms, input)
       SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::bigint[], $5::jsonb[])`,
      columns(inputs),
    );
  }
  if (verdicts.length > 0) {
    await tx.query(
      `INSERT INTO evaluation_verdict (tenant, release, n, clock_ms, verdict, ordinal)
       SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::bigint[], $5::jsonb[], $6::int[])`,
      [...columns(verdicts), verdicts.map((v) => v.ordinal)],
    );
  }
}

function columns(rows: readonly EvidenceRow[]): readonly unknown[] {
  return [
    rows.map((r) => r.tenant),
    rows.map((r) => r.release),
    rows.map((r) => r.n),
    rows.map((r) => r.clockMs),
    rows.map((r) => r.json),
  ];
}

/** A release of an environment, by its id. */
export type ReleaseOf = readonly [environment: Environment, release: string];

/** Writes what is known of releases. */
export async function writeReleases(tx: Tx, partition: number, releases: readonly ReleaseOf[]): Promise<void> {
  if (releases.length === 0) return;
  const all = releases.map(([environment, id]) => environment.releases.get(id) as KnownRelease);
  await tx.query(
    `INSERT INTO evaluation_release (partition, tenant, environment, release, workload, name, registered, phase, version,
                                     started_at_ms, live_at_ms, ended_at_ms, settled_at_ms, scope, is_history)
     SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[], $8::text[], $9::bigint[],
                              $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::jsonb[], $15::boolean[])
     ON CONFLICT (tenant, release) DO UPDATE SET phase = excluded.phase, version = excluded.version, started_at_ms = excluded.started_at_ms,
       live_at_ms = excluded.live_at_ms, ended_at_ms = excluded.ended_at_ms, settled_at_ms = excluded.settled_at_ms,
       scope = excluded.scope, is_history = excluded.is_history`,
    [
      partition,
      releases.map(([e]) => e.tenant),
      releases.map(([e]) => e.environment),
      all.map((r) => r.release),
      all.map((r) => r.workload),
      all.map((r) => r.name),
      all.map((r) => JSON.stringify(r.registered)),
      all.map((r) => r.phase),
      all.map((r) => r.version),
      all.map((r) => r.startedAtMs),
      all.map((r) => r.liveAtMs),
      all.map((r) => r.endedAtMs),
      all.map((r) => r.settledAtMs),
      all.map((r) => (r.scope === null ? null : JSON.stringify(r.scope))),
      all.map((r) => r.isHistory),
    ],
  );
}

/** An open watch of a release, to which nothing happened but time. */
export interface WatchClock {
  readonly tenant: string;
  readonly release: string;
}

/** Writes up to when watches are judged, where nothing else of them changed; a clock never goes back. */
export async function writeWatchClocks(tx: Tx, clockMs: InstantMs, watches: readonly WatchClock[]): Promise<void> {
  if (watches.length === 0) return;
  await tx.query(
    `UPDATE evaluation_watch w SET clock_ms = $1 FROM unnest($2::text[], $3::text[]) AS passed (tenant, release)
      WHERE w.tenant = passed.tenant AND w.release = passed.release AND w.clock_ms < $1`,
    [clockMs, watches.map((w) => w.tenant), watches.map((w) => w.release)],
  );
}

/** Writes where watches stand. */
export async function writeWatches(tx: Tx, partition: number, watches: readonly ReleaseOf[]): Promise<void> {
  if (watches.length === 0) return;
  const all = watches.map(([environment, release]) => environment.watches.get(release) as OpenWatch);
  await tx.query(
    `INSERT INTO evaluation_watch (partition, tenant, environment, release, spec, state, inputs, digest, is_open, guardrails, clock_ms,
                                   nearby)
     SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::jsonb[], $6::jsonb[], $7::int[], $8::text[], $9::boolean[],
                              $10::jsonb[], $11::bigint[], $12::jsonb[])
     ON CONFLICT (tenant, release) DO UPDATE SET state = excluded.state, inputs = excluded.inputs, digest = excluded.digest,
       is_open = excluded.is_open, guardrails = excluded.guardrails, clock_ms = excluded.clock_ms, nearby = excluded.nearby`,
    [
      partition,
      watches.map(([e]) => e.tenant),
      watches.map(([e]) => e.environment),
      all.map((w) => w.spec.release),
      all.map((w) => JSON.stringify(w.spec)),
      all.map((w) => JSON.stringify(w.running.state)),
      all.map((w) => w.inputs),
      all.map((w) => w.digest),
      all.map((w) => !w.running.state.isOver),
      all.map((w) => JSON.stringify(w.guardrails)),
      all.map((w) => w.running.state.clockMs),
      all.map((w) => (w.nearby === null ? null : JSON.stringify(w.nearby))),
    ],
  );
}
