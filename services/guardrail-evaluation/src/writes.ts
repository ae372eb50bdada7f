import { type PublicEvent, toJournal } from '@parapet/contracts';
import type { WatchInput } from '@parapet/guardrails';
import type { InstantMs } from '@parapet/kernel';
import type { Journal, Tx } from '@parapet/postgres';
import { type Observation, rollUpOf, mergeRollUps, type RollUp, seriesName } from '@parapet/signals';
import type { Environment, KnownRelease, OpenWatch } from './environment.js';

/** An event and whose story it belongs to. */
interface Said {
  readonly tenant: string;
  readonly environment: string;
  readonly workload: string;
  readonly stream: string;
  readonly event: PublicEvent;
  readonly atMs: InstantMs;
  readonly trace: string | undefined;
}

interface EvidenceRow {
  readonly tenant: string;
  readonly release: string;
  readonly n: number;
  readonly clockMs: InstantMs;
  readonly json: string;
}

/** A value for a live chart. */
export interface RecentValue {
  readonly tenant: string;
  readonly release: string;
  readonly guardrail: string;
  readonly atMs: InstantMs;
  readonly value: number;
  readonly of?: number;
}

/** What one transaction of a partition has to write: gathered while folding, written together or not at all. */
export class Writes {
  readonly #series = new Map<string, readonly [environment: Environment, series: string]>();
  readonly #alerts = new Set<Environment>();
  readonly #releases = new Map<string, readonly [environment: Environment, release: string]>();
  readonly #watches = new Map<string, readonly [environment: Environment, release: string]>();
  readonly #rollUps = new Map<
    string,
    { readonly tenant: string; readonly environment: string; readonly observation: Observation; rollUp: RollUp }
  >();
  readonly #inputs: EvidenceRow[] = [];
  readonly #verdicts: (EvidenceRow & { readonly ordinal: number })[] = [];
  readonly #said: Said[] = [];
  readonly recent: RecentValue[] = [];

  /** Whether anything is to be written. */
  get isEmpty(): boolean {
    return (
      this.#series.size +
        this.#alerts.size +
        this.#releases.size +
        this.#watches.size +
        this.#rollUps.size +
        this.#said.length ===
      0
    );
  }

  get said(): readonly Said[] {
    return this.#said;
  }

  touchSeries(environment: Environment, series: string): void {
    this.#series.set(`${environment.tenant}/${environment.environment}/${series}`, [environment, series]);
  }

  touchAlerts(environment: Environment): void {
    this.#alerts.add(environment);
  }

  touchRelease(environment: Environment, release: string): void {
    this.#releases.set(`${environment.tenant}/${release}`, [environment, release]);
  }

  touchWatch(environment: Environment, release: string): void {
    this.#watches.set(`${environment.tenant}/${release}`, [environment, release]);
  }

  rollUp(environment: Environment, observation: Observation): void {
    const rollUp = rollUpOf(observation);
    if (rollUp === null) return;
    const { tenant, environment: name } = environment;
    const key = `${tenant}/${name}/${rollUp.minuteMs}/${seriesName(observation.signal, observation.dimensions)}`;
    const known = this.#rollUps.get(key);
    if (known === undefined) this.#rollUps.set(key, { tenant, environment: name, observation, rollUp });
    else known.rollUp = mergeRollUps(known.rollUp, rollUp);
  }

  input(tenant: string, release: string, n: number, input: WatchInput): void {
    this.#inputs.push({ tenant, release, n, clockMs: input.clockMs, json: JSON.stringify(input) });
  }

  verdict(tenant: string, release: string, n: number, ordinal: number, clockMs: InstantMs, verdict: unknown): void {
    this.#verdicts.push({ tenant, release, n, ordinal, clockMs, json: JSON.stringify(verdict) });
  }

  say(said: Said): void {
    this.#said.push(said);
  }

  /** The days for which roll-ups are written, as `YYYY-MM-DD`. */
  days(): readonly string[] {
    return [
      ...new Set([...this.#rollUps.values()].map(({ rollUp }) => new Date(rollUp.minuteMs).toISOString().slice(0, 10))),
    ];
  }

  /** Writes everything; the journal last, whose chain stays locked until the transaction ends. */
  async write(tx: Tx, partition: number, journal: Journal): Promise<void> {
    await this.#writeStates(tx, partition);
    await this.#writeRollUps(tx);
    await this.#writeEvidence(tx);
    // Tenants in one order everywhere, so that two transactions never wait for each other.
    for (const said of byStream(this.#said)) {
      const [first] = said;
      const ref = {
        tenant: first.tenant,
        stream: first.stream,
        environment: first.environment,
        workload: first.workload,
      };
      await journal.append(
        tx,
        ref,
        'any',
        said.map((s) => toJournal(s.event)),
        {
          actor: { kind: 'service', id: 'guardrail-evaluation' },
          occurredAtMs: first.atMs,
          ...(first.trace === undefined ? {} : { trace: first.trace }),
        },
      );
    }
  }

  async #writeStates(tx: Tx, partition: number): Promise<void> {
    const series = [...this.#series.values()];
    if (series.length > 0) {
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
    for (const environment of this.#alerts) {
      await tx.query(
        `INSERT INTO evaluation_alerts (tenant, environment, partition, state, unattached) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant, environment) DO UPDATE SET state = excluded.state, unattached = excluded.unattached`,
        [
          environment.tenant,
          environment.environment,
          partition,
          JSON.stringify(environment.alerts),
          JSON.stringify(environment.unattached),
        ],
      );
    }
    for (const [environment, id] of this.#releases.values())
      await writeRelease(tx, partition, environment, environment.releases.get(id) as KnownRelease);
    for (const [environment, id] of this.#watches.values())
      await writeWatch(tx, partition, environment, environment.watches.get(id) as OpenWatch);
  }

  async #writeRollUps(tx: Tx): Promise<void> {
    const rows = [...this.#rollUps.values()];
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

  async #writeEvidence(tx: Tx): Promise<void> {
    if (this.#inputs.length > 0) {
      await tx.query(
        `INSERT INTO evaluation_input (tenant, release, n, clock_ms, input)
         SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::bigint[], $5::jsonb[])`,
        columns(this.#inputs),
      );
    }
    if (this.#verdicts.length > 0) {
      await tx.query(
        `INSERT INTO evaluation_verdict (tenant, release, n, clock_ms, verdict, ordinal)
         SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::bigint[], $5::jsonb[], $6::int[])`,
        [...columns(this.#verdicts), this.#verdicts.map((v) => v.ordinal)],
      );
    }
  }
}

/** What was said, together per stream and in the order of the streams' names. */
function byStream(all: readonly Said[]): readonly (readonly [Said, ...Said[]])[] {
  const streams = new Map<string, [Said, ...Said[]]>();
  for (const said of all) {
    const key = `${said.tenant}/${said.stream}`;
    const known = streams.get(key);
    if (known === undefined) streams.set(key, [said]);
    else known.push(said);
  }
  return [...streams.keys()].sort().map((key) => streams.get(key) as [Said, ...Said[]]);
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

async function writeRelease(tx: Tx, partition: number, environment: Environment, r: KnownRelease): Promise<void> {
  await tx.query(
    `INSERT INTO evaluation_release (tenant, release, environment, workload, partition, name, registered, phase, version,
                                     started_at_ms, live_at_ms, ended_at_ms, is_history)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
     ON CONFLICT (tenant, release) DO UPDATE SET phase = excluded.phase, version = excluded.version, started_at_ms = excluded.started_at_ms,
       live_at_ms = excluded.live_at_ms, ended_at_ms = excluded.ended_at_ms, is_history = excluded.is_history`,
    [
      environment.tenant,
      r.release,
      environment.environment,
      r.workload,
      partition,
      r.name,
      JSON.stringify(r.registered),
      r.phase,
      r.version,
      r.startedAtMs,
      r.liveAtMs,
      r.endedAtMs,
      r.isHistory,
    ],
  );
}

async function writeWatch(tx: Tx, partition: number, environment: Environment, w: OpenWatch): Promise<void> {
  await tx.query(
    `INSERT INTO evaluation_watch (tenant, release, partition, environment, spec, state, inputs, digest, is_open, guardrails, clock_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     ON CONFLICT (tenant, release) DO UPDATE SET state = excluded.state, inputs = excluded.inputs, digest = excluded.digest,
       is_open = excluded.is_open, guardrails = excluded.guardrails, clock_ms = excluded.clock_ms`,
    [
      environment.tenant,
      w.spec.release,
      partition,
      environment.environment,
      JSON.stringify(w.spec),
      JSON.stringify(w.state),
      w.inputs,
      w.digest,
      !w.state.isOver,
      JSON.stringify(w.guardrails),
      w.state.clockMs,
    ],
  );
}
