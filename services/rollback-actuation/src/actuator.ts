import {
  type ActuationState,
  backoffMs,
  type KeyAnswer,
  type NextStep,
  nextStep,
  type OrderStep,
  type RollbackOrdered,
  type RunningAnswer,
  type SendAnswer,
  unknownBackoffMs,
} from '@parapet/actuation';
import { invariant, unreachable } from '@parapet/kernel';
import type { Hold } from './hold.js';
import type { Heard, Ledger } from './ledger.js';
import type { Story } from './story.js';
import type { DeploymentTarget, Targets, Waiting } from './target.js';

/** How often what runs is read while recovery is awaited: somebody may change it back. */
const VERIFY_EVERY_MS = 5_000;

/**
 * Carries one actuation as far as it goes now, while it holds the components. It does what the pure core says next, and writes
 * what the core makes of the answers before it does anything else; so it can be killed at any line and resumed by another.
 */
export class Actuator {
  private fence: number | null = null;
  private tries = 0;
  private retryAfterMs = 0;

  constructor(
    private readonly ledger: Ledger,
    private readonly hold: Hold,
    private readonly targets: Targets,
    private readonly chance: () => number,
    private readonly stop: AbortSignal,
  ) {}

  /** Goes on until nothing more can be done now; says in the queue when to look again. */
  async run(): Promise<void> {
    while (!this.stop.aborted) {
      const { story, nowMs } = await this.ledger.turn(null);
      const next = nextStep(story.state, { nowMs, hasFence: this.fence !== null, isFrozen: false });
      switch (next.kind) {
        case 'nothing':
          return this.ledger.lookAgain('closed', 0, 0);
        case 'verify':
          return this.verify(story, next.order);
        default:
          if (story.state.phase === 'finished') return this.askLate(story, next);
          await this.act(story, next);
      }
    }
  }

  private async act(story: Story, next: Exclude<NextStep, { kind: 'nothing' | 'verify' }>): Promise<void> {
    switch (next.kind) {
      case 'take-up': {
        const { rows } = await this.ledger.turn(() => ({ type: 'TakenUp' }));
        // Its place in the journal only grows: the fence that makes a predecessor's late request stale.
        this.fence = rows[0]?.seq ?? null;
        invariant(this.fence !== null, `${this.ledger.queued.actuation} was taken up and nothing was written`);
        return;
      }
      case 'look': {
        const answer = await this.running(story, next.step);
        await this.hear((nowMs) => ({ type: 'LookedAt', step: next.step.step, answer, nowMs }), 0);
        return;
      }
      case 'send':
        return this.send(story, next);
      case 'ask': {
        const { retryAfterMs = 0, ...answer } = await this.ask(story, next.step, next.key);
        await this.hear((nowMs) => ({ type: 'Asked', step: next.step.step, answer, nowMs }), retryAfterMs);
        return;
      }
      case 'read-back': {
        const input = await this.readBack(story, next.step, next.key);
        await this.hear(input, 0);
        return;
      }
      case 'give-up':
        await this.hear((nowMs) => ({ type: 'TimePassed', nowMs }), 0);
        return;
      case 'wait':
        return this.pause();
      default:
        return unreachable(next);
    }
  }

  /** Writes `sent`, then sends, and nothing else in between. */
  private async send(story: Story, next: Extract<NextStep, { kind: 'send' }>): Promise<void> {
    const { events } = await this.ledger.turn((nowMs) => ({
      type: 'SendDue',
      step: next.step.step,
      nowMs,
      isFrozen: false,
    }));
    const isWritten = events.some((event) => event.type === 'ActuationStepChanged' && event.state === 'sent');
    if (!isWritten) return;
    const { fence } = this;
    invariant(fence !== null, 'nothing is sent without a fence');
    const { environment, planDigest } = orderOf(story.state);
    const request = { key: next.key, fence, step: next.step, environment, planDigest };
    const { retryAfterMs = 0, ...answer } = await this.calling<Waiting<SendAnswer>>(
      story,
      next.step,
      (target, signal) => target.send(request, signal),
      (detail) => ({ kind: 'unclear', detail }),
    );
    await this.hear(() => ({ type: 'Answered', step: next.step.step, attempt: next.attempt, answer }), retryAfterMs);
  }

  /** Reads what every target runs; recovery is heard from the journal. */
  private async verify(story: Story, order: RollbackOrdered): Promise<void> {
    const targets: { target: string; answer: RunningAnswer }[] = [];
    for (const step of order.steps) {
      const isRead = targets.some(({ target }) => target === step.target);
      if (!isRead) targets.push({ target: step.target, answer: await this.running(story, step) });
    }
    const { events } = await this.ledger.turn((nowMs, { verifyUntilMs }) => {
      invariant(verifyUntilMs !== null, `${order.actuation} is verified before its end`);
      return { type: 'VerificationLooked', targets, nowMs, untilMs: verifyUntilMs };
    });
    return events.length > 0
      ? this.ledger.lookAgain('closed', 0, 0)
      : this.ledger.lookAgain('verifying', VERIFY_EVERY_MS, 0);
  }

  /** Nobody knew what became of a step, and people decide; what the target shows later is still written down. */
  private async askLate(story: Story, next: NextStep): Promise<void> {
    invariant(next.kind === 'read-back', `nothing but a question follows an unknown end, not ${next.kind}`);
    const { events } = await this.ledger.turn(await this.readBack(story, next.step, next.key));
    const tries = this.ledger.queued.phase === 'asking' ? this.ledger.queued.tries : 0;
    return events.length > 0
      ? this.ledger.lookAgain('closed', 0, 0)
      : this.ledger.lookAgain('asking', unknownBackoffMs(tries), tries + 1);
  }

  private async readBack(story: Story, step: OrderStep, key: string): Promise<Heard> {
    const { retryAfterMs: _, ...asked } = await this.ask(story, step, key);
    const answer = await this.running(story, step);
    return (nowMs) => ({ type: 'ReadBack', step: step.step, key: asked, answer, nowMs });
  }

  private running(story: Story, step: OrderStep): Promise<RunningAnswer> {
    return this.calling<RunningAnswer>(story, step, (target, signal) => target.running(signal), noAnswer);
  }

  private ask(story: Story, step: OrderStep, key: string): Promise<Waiting<KeyAnswer>> {
    return this.calling<Waiting<KeyAnswer>>(story, step, (target, signal) => target.ask(key, signal), noAnswer);
  }

  /** Calls a target with the session kept; a target that is not declared (any more) does not answer. */
  private async calling<T>(
    story: Story,
    step: OrderStep,
    call: (target: DeploymentTarget, signal: AbortSignal) => Promise<T>,
    absent: (detail: string) => T,
  ): Promise<T> {
    const { tenant, environment, workload } = story.ref;
    const target = this.targets.find(tenant, environment, workload, step.target);
    if (target === null) return absent(`no target ${step.target} is declared for ${workload} in ${environment}`);
    return this.hold.during(call(target, AbortSignal.any([this.hold.signal, this.stop])));
  }

  /** Tells the core; where it makes nothing of it, the next try waits. */
  private async hear(input: Heard, retryAfterMs: number): Promise<void> {
    const { events } = await this.ledger.turn(input);
    if (events.length > 0) {
      // A step that is prepared anew was waited for already, but is no progress: the next wait goes on growing.
      const isAgain = events.some(
        (event) => event.type === 'ActuationStepChanged' && event.state === 'prepared' && event.attempt > 1,
      );
      if (!isAgain) this.tries = 0;
      return;
    }
    this.retryAfterMs = retryAfterMs;
    await this.pause();
  }

  private async pause(): Promise<void> {
    await this.hold.wait(backoffMs(this.tries, this.chance(), this.retryAfterMs), this.stop);
    this.tries += 1;
    this.retryAfterMs = 0;
  }
}

function noAnswer(detail: string): { readonly kind: 'no-answer'; readonly detail: string } {
  return { kind: 'no-answer', detail };
}

function orderOf(state: ActuationState): RollbackOrdered {
  invariant(state.phase !== 'unordered', 'nothing is done without an order');
  return state.order;
}
