import type { PublicEvent } from '@parapet/contracts';
import {
  type DecisionInput,
  decisions,
  isRefusal,
  openProposal,
  type Outcome,
  type Refusal,
  type ReleaseEvent,
  type ReleaseState,
  type Surroundings,
} from '@parapet/decisions';
import { sha256 } from '@parapet/postgres';
import { type Actor, type EventLog, handleCommand, type JournalRow } from '@parapet/runtime';
import { ENVIRONMENT, TENANT } from './configuration.js';
import { type Plot, SECOND_MS } from './plot.js';
import { Process } from './process.js';
import type { World } from './world.js';

const CONSUMER = 'release-control';
const POLICY: Actor = { kind: 'service', id: CONSUMER };

/** release-control: requests of pipelines and people, what others say, and the time of proposals. */
export class Control {
  readonly process: Process;

  constructor(private readonly world: World) {
    this.process = new Process(world, CONSUMER);
    world.events.follow(CONSUMER, (row) => this.hear(row));
    this.expire();
  }

  /** One request; null where no answer came back, whether or not it was carried out. */
  async request(
    release: string,
    actor: Actor,
    inputAt: (nowMs: number, around: Surroundings) => DecisionInput,
  ): Promise<Outcome | null> {
    let answer: Outcome | null = null;
    const isAnswered = await this.process.survives(async () => {
      answer = await this.decide(release, actor, inputAt, null);
      this.process.step('after a commit');
    });
    return isAnswered ? answer : null;
  }

  private async hear(row: JournalRow): Promise<boolean> {
    if (!FOLLOWED.includes(row.type)) return true;
    return this.process.survives(async () => {
      await this.decide(row.stream, POLICY, (nowMs, around) => ({ type: 'Follow', nowMs, around }), row.seq);
      // Committed, and killed before it was acknowledged: the inbox knows the row when it comes again.
      this.process.step('after a commit');
    });
  }

  private expire(): void {
    this.world.clock.after(2 * SECOND_MS, async () => {
      for (const [release, state] of this.world.states()) {
        const open = state.phase === 'unregistered' ? null : openProposal(state);
        if (open === null || Date.parse(open.opened.expiresAt) > this.world.clock.nowMs()) continue;
        const { proposal } = open.opened;
        const by: Actor = { kind: 'policy', id: 'expiry' };
        await this.request(release, by, (nowMs, around) => ({ type: 'ExpireProposal', nowMs, proposal, around }));
      }
      this.expire();
    });
  }

  private decide(
    release: string,
    actor: Actor,
    inputAt: (nowMs: number, around: Surroundings) => DecisionInput,
    seq: number | null,
  ): Promise<Outcome> {
    const plot = this.world.plotOf(release);
    return this.world.journal.transact(async (tx) => {
      if (seq !== null && !tx.accept(CONSUMER, seq)) return [];
      const ref = { tenant: TENANT, stream: release, environment: ENVIRONMENT, workload: plot.workload };
      const input = inputAt(this.world.clock.nowMs(), this.surroundings(release, plot));
      const done = await handleCommand<ReleaseState, DecisionInput, ReleaseEvent, ReleaseEvent, Refusal>(
        decider,
        releaseLog(tx.log(ref, actor), plot),
        input,
      );
      if (done.refusal !== null) this.world.seen.add(`refused: ${done.refusal.code}`);
      this.process.step('before a commit');
      return done.refusal ?? (done.events as Outcome);
    });
  }

  private surroundings(release: string, plot: Plot): Surroundings {
    const { makeId } = this.world;
    return {
      release,
      targets: { [plot.component]: plot.target },
      heldBy: null,
      consoleUrl: 'https://parapet.example',
      ids: { proposal: makeId('prp'), plan: makeId('pln'), actuation: makeId('act') },
      digest: sha256,
    };
  }
}

const decider = {
  ...decisions,
  decide: (state: ReleaseState, input: DecisionInput): readonly ReleaseEvent[] | Refusal => {
    const outcome = decisions.decide(state, input);
    return isRefusal(outcome) ? outcome : outcome;
  },
};

/** What others say of a release, as the service follows it. */
const FOLLOWED: readonly string[] = [
  'verdict.changed',
  'recovery.judged',
  'actuation.started',
  'actuation.step-changed',
  'actuation.finished',
  'rollback.verified',
];

/** A release's stream. A target that does not remember keys has its steps ordered as not repeatable. */
function releaseLog(log: EventLog<PublicEvent>, plot: Plot): EventLog<ReleaseEvent> {
  return {
    read: async () => {
      const { events, version } = await log.read();
      return { events: events.filter(isOfRelease), version };
    },
    append: (expected, events) =>
      log.append(
        expected,
        events.map((event) =>
          event.type === 'RollbackOrdered'
            ? { ...event, steps: event.steps.map((step) => ({ ...step, isRepeatable: plot.targetRemembers })) }
            : event,
        ),
      ),
  };
}

export function isOfRelease(event: PublicEvent): event is ReleaseEvent {
  switch (event.type) {
    case 'VerdictMarked':
    case 'GuardrailModeChanged':
    case 'SourceSilent':
    case 'SourceHeard':
    case 'SourceRefused':
    case 'ReadinessAssessed':
      return false;
    default:
      return true;
  }
}
