import { type ChartValue, type PublicEvent, toJournal } from '@parapet/contracts';
import type { WatchInput } from '@parapet/guardrails';
import type { InstantMs } from '@parapet/kernel';
import type { Journal, Tx } from '@parapet/postgres';
import { type Observation, rollUpOf, mergeRollUps, seriesName } from '@parapet/signals';
import type { Environment } from './environment.js';
import {
  type EvidenceRow,
  type ReleaseOf,
  type RollUpRow,
  type SeriesOf,
  type WatchClock,
  writeAlerts,
  writeEvidence,
  writeReleases,
  writeRollUps,
  writeSeries,
  writeWatchClocks,
  writeWatches,
} from './rows.js';

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

/** A value for a live chart. */
export interface RecentValue {
  readonly tenant: string;
  readonly release: string;
  readonly guardrail: string;
  /** The number of the input in the evidence. */
  readonly n: number;
  readonly shown: ChartValue;
}

/** What one transaction of a partition has to write: gathered while folding, written together or not at all. */
export class Writes {
  readonly #series = new Map<string, SeriesOf>();
  readonly #alerts = new Set<Environment>();
  readonly #releases = new Map<string, ReleaseOf>();
  readonly #watches = new Map<string, ReleaseOf>();
  readonly #rollUps = new Map<string, RollUpRow>();
  readonly #inputs: EvidenceRow[] = [];
  readonly #verdicts: (EvidenceRow & { readonly ordinal: number })[] = [];
  readonly #said: Said[] = [];
  #judged: { readonly clockMs: InstantMs; readonly watches: readonly WatchClock[] } | null = null;
  readonly recent: RecentValue[] = [];

  /** Whether anything is to be written. */
  get isEmpty(): boolean {
    const touched =
      this.#series.size + this.#alerts.size + this.#releases.size + this.#watches.size + this.#rollUps.size;
    return touched + this.#said.length === 0 && this.#judged === null;
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

  /** @param series the name of its series, which whoever took the sample knows already */
  rollUp(
    environment: Environment,
    observation: Observation,
    series = seriesName(observation.signal, observation.dimensions),
  ): void {
    const rollUp = rollUpOf(observation);
    if (rollUp === null) return;
    const { tenant, environment: name } = environment;
    const key = `${tenant}/${name}/${rollUp.minuteMs}/${series}`;
    const known = this.#rollUps.get(key);
    if (known === undefined) this.#rollUps.set(key, { tenant, environment: name, observation, rollUp });
    else this.#rollUps.set(key, { ...known, rollUp: mergeRollUps(known.rollUp, rollUp) });
  }

  input(tenant: string, release: string, n: number, input: WatchInput): void {
    this.#inputs.push({ tenant, release, n, clockMs: input.clockMs, json: JSON.stringify(input) });
  }

  verdict(tenant: string, release: string, n: number, ordinal: number, clockMs: InstantMs, verdict: unknown): void {
    this.#verdicts.push({ tenant, release, n, ordinal, clockMs, json: JSON.stringify(verdict) });
  }

  /** That these watches are judged up to now, whether or not anything was said of them. */
  judgedUpTo(clockMs: InstantMs, watches: readonly WatchClock[]): void {
    if (watches.length > 0) this.#judged = { clockMs, watches };
  }

  say(said: Said): void {
    this.#said.push(said);
  }

  /** The minutes of history that are added to. */
  rollUps(): readonly RollUpRow[] {
    return [...this.#rollUps.values()];
  }

  /** The days for which roll-ups are written, as `YYYY-MM-DD`. */
  days(): readonly string[] {
    return [
      ...new Set([...this.#rollUps.values()].map(({ rollUp }) => new Date(rollUp.minuteMs).toISOString().slice(0, 10))),
    ];
  }

  /** Writes everything, one statement a table; the journal last, whose chain stays locked until the transaction ends. */
  async write(tx: Tx, partition: number, journal: Journal): Promise<void> {
    await writeSeries(tx, partition, [...this.#series.values()]);
    await writeAlerts(tx, partition, [...this.#alerts]);
    await writeReleases(tx, partition, [...this.#releases.values()]);
    await writeWatches(tx, partition, [...this.#watches.values()]);
    if (this.#judged !== null) await writeWatchClocks(tx, this.#judged.clockMs, this.#judged.watches);
    await writeRollUps(tx, this.rollUps());
    await writeEvidence(tx, this.#inputs, this.#verdicts);
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
