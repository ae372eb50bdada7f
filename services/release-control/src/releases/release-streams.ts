import { toJournal } from '@parapet/contracts';
import {
  type DecisionInput,
  decisions,
  type KnownRelease,
  type Refusal,
  type ReleaseEvent,
  type Surroundings,
} from '@parapet/decisions';
import type { InstantMs, MakeId } from '@parapet/kernel';
import type { WorkloadConfiguration } from '@parapet/policy';
import { type Journal, sha256, type Tx } from '@parapet/postgres';
import { type Actor, type EventLog, handleCommand, type JournalRow, type NewEvent } from '@parapet/runtime';
import { actuationOfOthers, databaseNow, lockPlace, type ReleasePlace, saveViews } from './release-store.js';
import { foldRows, releaseEventOf } from './views.js';

/** Who does it, and in which trace. */
export interface By {
  readonly actor: Actor;
  readonly trace?: string;
}

/** What became of an input. */
export interface Acted {
  readonly refusal: Refusal | null;
  readonly events: readonly ReleaseEvent[];
  readonly state: KnownRelease;
  readonly rows: readonly JournalRow[];
}

/** What a decision needs to know of the workload as it is declared now. */
export type WorkloadOf = (tenant: string, workload: string) => WorkloadConfiguration | null;

/** What was committed in a release's stream; no events where others' rows changed what is shown. */
export interface Commit {
  readonly tenant: string;
  readonly release: string;
  readonly events: readonly ReleaseEvent[];
  /** The whole stream, oldest first. */
  readonly rows: readonly JournalRow[];
}

/** The streams of releases: folds one, decides, appends, and writes what is shown of it, all in the caller's transaction. */
export class ReleaseStreams {
  constructor(
    private readonly journal: Journal,
    private readonly makeId: MakeId,
    private readonly workloadOf: WorkloadOf,
    private readonly consoleUrl: string,
    private readonly committed: (commit: Commit) => void,
  ) {}

  /** Decides on one input under the lock of the release's place. */
  async decide(
    tx: Tx,
    place: ReleasePlace,
    by: By,
    inputAt: (nowMs: InstantMs, around: Surroundings) => DecisionInput,
    requestDigest?: string,
  ): Promise<Acted> {
    await lockPlace(tx, place);
    const log = new RowsLog(this.journal, tx, place, by);
    await log.load();
    const around = await this.surroundings(tx, place, log.rows);
    const input = inputAt(await databaseNow(tx), around);
    const { events, refusal, state } = await handleCommand(decisions, log, input);
    if (state.phase === 'unregistered')
      throw new Error(`release ${place.id} has no stream: ${refusal?.detail ?? 'nothing was decided'}`);
    if (events.length > 0) await saveViews(tx, log.rows, state, requestDigest);
    if (events.length > 0) this.tellAfter(tx, place, events, log.rows);
    return { refusal, events, state, rows: log.rows };
  }

  /** Appends what is no decision to a release's stream (readiness, marks), after what it holds. */
  async append(tx: Tx, place: ReleasePlace, by: By, events: readonly NewEvent[]): Promise<readonly JournalRow[]> {
    const rows = await this.journal.append(tx, refOf(place), 'any', events, by);
    await this.refresh(tx, place);
    return rows;
  }

  /** Writes anew what is shown, after another process has said something in the stream. */
  async refresh(tx: Tx, place: ReleasePlace): Promise<KnownRelease | null> {
    const rows = await this.journal.read(tx, place.id, 0, place.tenant);
    const state = foldRows(rows);
    if (state !== null) await saveViews(tx, rows, state);
    this.tellAfter(tx, place, [], rows);
    return state;
  }

  /** The rows of a stream, oldest first. */
  read(tx: Tx, place: Pick<ReleasePlace, 'tenant' | 'id'>, afterVersion = 0): Promise<JournalRow[]> {
    return this.journal.read(tx, place.id, afterVersion, place.tenant);
  }

  private tellAfter(
    tx: Tx,
    { tenant, id }: ReleasePlace,
    events: readonly ReleaseEvent[],
    rows: readonly JournalRow[],
  ): void {
    tx.afterCommit(() => this.committed({ tenant, release: id, events, rows }));
  }

  private async surroundings(tx: Tx, place: ReleasePlace, rows: readonly JournalRow[]): Promise<Surroundings> {
    const state = foldRows(rows);
    const components = state?.registered.components.map((c) => c.component) ?? [];
    const heldBy = components.length === 0 ? null : await actuationOfOthers(tx, place, components);
    return {
      release: place.id,
      targets: targetsOf(this.workloadOf(place.tenant, place.workload), place.environment),
      heldBy,
      consoleUrl: this.consoleUrl,
      ids: { proposal: this.makeId('prp'), plan: this.makeId('pln'), actuation: this.makeId('act') },
      digest: sha256,
    };
  }
}

/** The target of each component in an environment, as declared now. */
export function targetsOf(
  workload: WorkloadConfiguration | null,
  environment: string,
): Readonly<Record<string, string>> {
  const here =
    workload?.targets.filter((target) => target.environment === undefined || target.environment === environment) ?? [];
  const names = new Set(here.map((target) => target.name));
  return Object.fromEntries(
    (workload?.components ?? []).filter((c) => names.has(c.target)).map((c) => [c.name, c.target]),
  );
}

function refOf(place: ReleasePlace): { tenant: string; stream: string; environment: string; workload: string } {
  return { tenant: place.tenant, stream: place.id, environment: place.environment, workload: place.workload };
}

/** A stream that keeps the rows it read and appended: the views need their times. */
class RowsLog implements EventLog<ReleaseEvent> {
  rows: JournalRow[] = [];

  constructor(
    private readonly journal: Journal,
    private readonly tx: Tx,
    private readonly place: ReleasePlace,
    private readonly by: By,
  ) {}

  async load(): Promise<void> {
    this.rows = await this.journal.read(this.tx, this.place.id, 0, this.place.tenant);
  }

  async read(): Promise<{ events: readonly ReleaseEvent[]; version: number }> {
    const events = this.rows.map(releaseEventOf).filter((event) => event !== null);
    return { events, version: this.rows.at(-1)?.version ?? 0 };
  }

  async append(expectedVersion: number, events: readonly ReleaseEvent[]): Promise<void> {
    const rows = await this.journal.append(this.tx, refOf(this.place), expectedVersion, events.map(toJournal), this.by);
    this.rows.push(...rows);
  }
}
