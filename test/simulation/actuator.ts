import { type ActuationEvent, actuationDecider, type RollbackOrdered } from '@parapet/actuation';
import { fromJournal, toJournal } from '@parapet/contracts';
import { invariant } from '@parapet/kernel';
import type { Actor, JournalRow } from '@parapet/runtime';
import { Actuator as RealActuator } from '../../services/rollback-actuation/src/actuator.js';
import type { Hold } from '../../services/rollback-actuation/src/hold.js';
import type { Heard, Ledger, Turn } from '../../services/rollback-actuation/src/ledger.js';
import type { Phase, QueuedActuation } from '../../services/rollback-actuation/src/queue.js';
import { tellStory } from '../../services/rollback-actuation/src/story.js';
import { ENVIRONMENT, TENANT } from './configuration.js';
import { SECOND_MS } from './plot.js';
import { Killed, Process } from './process.js';
import type { World } from './world.js';

const NAME = 'rollback-actuation';
const ACTOR: Actor = { kind: 'service', id: NAME };

interface Queued extends QueuedActuation {
  readonly dueAtMs: number;
}

/** rollback-actuation: the service's own actuator over a queue, a session and a clock that are ours. */
export class Actuators {
  readonly process: Process;
  private readonly queue = new Map<string, Queued>();
  private running = new Set<string>();
  private readonly chance;

  constructor(private readonly world: World) {
    this.chance = world.chance.apart(NAME);
    // Sessions end with the process, and with them what they held.
    this.process = new Process(world, NAME, () => {
      this.running = new Set();
    });
    world.events.follow(NAME, (row) => this.hear(row));
    this.look();
  }

  private async hear(row: JournalRow): Promise<boolean> {
    const event = fromJournal(row);
    if (event?.type !== 'RollbackOrdered' && event?.type !== 'RecoveryJudged') return true;
    return this.process.survives(async () => {
      await this.world.journal.transact(async (tx) => {
        const isNew = tx.accept(NAME, row.seq);
        this.process.step('before a commit');
        if (!isNew) return;
        if (event.type === 'RollbackOrdered') this.enqueue(row.stream, event);
        else if (event.actuation !== undefined) this.hurry(event.actuation);
      });
      this.process.step('after a commit');
    });
  }

  private enqueue(release: string, order: RollbackOrdered): void {
    const { actuation } = order;
    const dueAtMs = this.world.clock.nowMs();
    const at = { tenant: TENANT, actuation, release, environment: ENVIRONMENT, components: [] };
    this.queue.set(actuation, { ...at, phase: 'acting', tries: 0, dueAtMs });
  }

  private hurry(actuation: string): void {
    const queued = this.queue.get(actuation);
    if (queued?.phase === 'verifying') this.queue.set(actuation, { ...queued, dueAtMs: this.world.clock.nowMs() });
  }

  private look(): void {
    this.world.clock.after(SECOND_MS, () => {
      const due = [...this.queue.values()].filter((q) => q.phase !== 'closed' && q.dueAtMs <= this.world.clock.nowMs());
      for (const queued of due)
        if (this.process.isUp && !this.running.has(queued.actuation)) this.world.clock.follow(this.carry(queued));
      this.look();
    });
  }

  private async carry(queued: Queued): Promise<void> {
    const { life } = this.process;
    const { running } = this;
    running.add(queued.actuation);
    const stop = new AbortController().signal;
    const ledger = this.ledger(queued, life) as unknown as Ledger;
    const hold = this.hold(life) as unknown as Hold;
    const targets = { find: () => this.world.targetOf(queued.release) };
    try {
      await new RealActuator(ledger, hold, targets, () => this.chance.next(), stop).run();
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    } finally {
      running.delete(queued.actuation);
    }
  }

  /** What the service keeps in its database: every turn is a transaction, and a place to be killed before and after it. */
  private ledger(queued: Queued, life: number): Pick<Ledger, 'queued' | 'turn' | 'lookAgain'> {
    const { world, process } = this;
    return {
      queued,
      turn: async (heard: Heard | null): Promise<Turn> => {
        process.step('at work', life);
        const turn = await world.journal.transact(async (tx): Promise<Turn> => {
          const story = tellStory(tx.read(queued.release), queued.actuation);
          invariant(story !== null, `${queued.actuation} is queued and was never ordered`);
          const nowMs = world.clock.nowMs();
          const events: readonly ActuationEvent[] =
            heard === null ? [] : actuationDecider(queued.actuation).decide(story.state, heard(nowMs, story));
          const rows = tx.append(story.ref, story.version, events.map(toJournal), ACTOR);
          process.step('before a commit', life);
          return { story, nowMs, events, rows };
        });
        process.step('after a commit', life);
        return turn;
      },
      lookAgain: async (phase: Phase, inMs: number, tries: number) => {
        process.step('at work', life);
        this.queue.set(queued.actuation, { ...queued, phase, tries, dueAtMs: world.clock.nowMs() + inMs });
      },
    };
  }

  private hold(life: number): Pick<Hold, 'during' | 'wait' | 'signal'> {
    return {
      signal: new AbortController().signal,
      during: async <T>(work: Promise<T>): Promise<T> => {
        const answer = await work;
        this.process.step('at work', life);
        return answer;
      },
      wait: async (ms: number) => {
        await this.world.clock.pause(ms);
        this.process.step('at work', life);
      },
    };
  }
}
