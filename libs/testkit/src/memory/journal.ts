import { fromJournal, type PublicEvent, toJournal } from '@parapet/contracts';
import { canonicalJson, formatInstant, type MakeId } from '@parapet/kernel';
import {
  type Actor,
  type Clock,
  type EventLog,
  GENESIS_HASH,
  hashRow,
  type JournalRow,
  type NewEvent,
  type Sha256,
  type StreamRef,
  VersionConflict,
} from '@parapet/runtime';

/** What may be done inside a transaction of the journal in memory. */
export interface MemoryTx {
  /** The rows of a stream, oldest first. */
  read(stream: string): readonly JournalRow[];
  append(ref: StreamRef, expectedVersion: number | 'any', events: readonly NewEvent[], actor: Actor): JournalRow[];
  /** One stream's public events; what `handle` runs over. */
  log(ref: StreamRef, actor: Actor): EventLog<PublicEvent>;
  /** As the inbox of a consumer: false where the row was applied before. */
  accept(consumer: string, seq: number): boolean;
}

/** One tenant's journal kept in memory: one transaction at a time, and of a failed one nothing stays. */
export class InMemoryJournal {
  readonly rows: JournalRow[] = [];
  private accepted = new Set<string>();
  private turn: Promise<unknown> = Promise.resolve();

  /** @param committed told of the rows of each transaction that committed any */
  constructor(
    private readonly clock: Clock,
    private readonly makeId: MakeId,
    private readonly sha256: Sha256,
    private readonly committed: (rows: readonly JournalRow[]) => void = () => undefined,
  ) {}

  transact<T>(work: (tx: MemoryTx) => Promise<T>): Promise<T> {
    const mine = this.turn.then(async () => {
      const length = this.rows.length;
      const accepted = new Set(this.accepted);
      try {
        const result = await work(this.tx());
        const added = this.rows.slice(length);
        if (added.length > 0) this.committed(added);
        return result;
      } catch (error) {
        this.rows.length = length;
        this.accepted = accepted;
        throw error;
      }
    });
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  /** The rows of a stream, oldest first. */
  stream(stream: string): readonly JournalRow[] {
    return this.rows.filter((row) => row.stream === stream);
  }

  private tx(): MemoryTx {
    return {
      read: (stream) => this.stream(stream),
      append: (ref, expectedVersion, events, actor) => this.append(ref, expectedVersion, events, actor),
      log: (ref, actor) => ({
        read: async () => {
          const rows = this.stream(ref.stream);
          return { events: rows.map(fromJournal).filter((event) => event !== null), version: rows.length };
        },
        append: async (expectedVersion, events) => {
          this.append(ref, expectedVersion, events.map(toJournal), actor);
        },
      }),
      accept: (consumer, seq) => {
        const key = `${consumer} ${seq}`;
        if (this.accepted.has(key)) return false;
        this.accepted.add(key);
        return true;
      },
    };
  }

  private append(
    ref: StreamRef,
    expectedVersion: number | 'any',
    events: readonly NewEvent[],
    actor: Actor,
  ): JournalRow[] {
    if (events.length === 0) return [];
    const { length: version } = this.stream(ref.stream);
    if (expectedVersion !== 'any' && expectedVersion !== version)
      throw new VersionConflict(ref.stream, expectedVersion, version);
    const at = formatInstant(this.clock.nowMs());
    return events.map((event, i) => {
      const unhashed = {
        ...ref,
        seq: this.rows.length + 1,
        id: this.makeId('evt'),
        version: version + i + 1,
        type: event.type,
        // What is read back is what JSON keeps, as from a database.
        data: JSON.parse(canonicalJson(event.data)) as Readonly<Record<string, unknown>>,
        actor,
        occurredAt: at,
        recordedAt: at,
        trace: null,
        prevHash: this.rows.at(-1)?.hash ?? GENESIS_HASH,
      };
      const row = { ...unhashed, hash: hashRow(unhashed, this.sha256) };
      this.rows.push(row);
      return row;
    });
  }
}
