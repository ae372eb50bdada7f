import { type ActuationEvent, type ActuationInput, actuationDecider } from '@parapet/actuation';
import { toJournal } from '@parapet/contracts';
import { type InstantMs, invariant } from '@parapet/kernel';
import type { Journal, Tx } from '@parapet/postgres';
import { type JournalRow, VersionConflict } from '@parapet/runtime';
import type { Hold } from './hold.js';
import { type Phase, type QueuedActuation, reschedule } from './queue.js';
import { type Story, tellStory } from './story.js';

const ACTOR = { kind: 'service', id: 'rollback-actuation' } as const;
const CONFLICTS_MAX = 8;

/** What was read and written in one transaction; `story` is as it was before. */
export interface Turn {
  readonly story: Story;
  /** The database's clock: deadlines count from what it stamped. */
  readonly nowMs: InstantMs;
  readonly events: readonly ActuationEvent[];
  readonly rows: readonly JournalRow[];
}

/** Says what happened, knowing the story and the time of the transaction that writes it. */
export type Heard = (nowMs: InstantMs, story: Story) => ActuationInput;

/** Where an actuation is written down: the journal and the queue, both through the session that holds its components. */
export class Ledger {
  constructor(
    readonly queued: QueuedActuation,
    private readonly hold: Hold,
    private readonly journal: Journal,
    private readonly onEvents: (tenant: string, events: readonly ActuationEvent[]) => void,
  ) {}

  /** Reads the story and, where something was heard, writes what follows from it. */
  async turn(heard: Heard | null): Promise<Turn> {
    const { tenant } = this.queued;
    for (let conflicts = 0; ; conflicts++) {
      try {
        const turn = await this.hold.transact(tenant, (tx) => this.turnIn(tx, heard));
        if (turn.events.length > 0) this.onEvents(tenant, turn.events);
        return turn;
      } catch (error) {
        // Others write to the release's stream too: read it again and decide again.
        if (!(error instanceof VersionConflict) || conflicts >= CONFLICTS_MAX) throw error;
      }
    }
  }

  /** Says in the queue when to look at the actuation again, and what for. */
  async lookAgain(phase: Phase, inMs: number, tries: number): Promise<void> {
    const { tenant, actuation } = this.queued;
    await this.hold.transact(tenant, (tx) => reschedule(tx, actuation, { phase, inMs, tries }));
  }

  private async turnIn(tx: Tx, heard: Heard | null): Promise<Turn> {
    const { actuation, release } = this.queued;
    const story = tellStory(await this.journal.read(tx, release), actuation);
    invariant(story !== null, `actuation ${actuation} is queued and the journal of ${release} holds no such order`);
    const [clock] = await tx.query<{ ms: number }>('SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS ms');
    const nowMs = (clock as { ms: number }).ms;
    if (heard === null) return { story, nowMs, events: [], rows: [] };
    const events = actuationDecider(actuation).decide(story.state, heard(nowMs, story));
    const trace = story.trace === null ? {} : { trace: story.trace };
    const rows = await this.journal.append(tx, story.ref, story.version, events.map(toJournal), {
      actor: ACTOR,
      ...trace,
    });
    return { story, nowMs, events, rows };
  }
}
