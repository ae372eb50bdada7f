import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { notAfterMs } from './deadline.js';
import { actuationDecider } from './decide.js';
import type { RollbackOrdered } from './events.js';
import type { ActuationInput, KeyAnswer, SendAnswer } from './inputs.js';
import { nextStep } from './next-step.js';
import type { RunningAnswer } from './running.js';
import type { ActuationState, ActuationStory } from './state.js';

const START = Date.parse('2026-11-23T09:00:00Z');

/** What goes wrong at one turn: each is drawn, so that a short run meets most of them. */
interface Turn {
  readonly trouble:
    | 'none'
    | 'silent'
    | 'refuse-before'
    | 'do-and-drop'
    | 'lose'
    | 'refuse'
    | 'crash-before-send'
    | 'crash-after-send'
    | 'slow'
    | 'interfere';
  readonly passMs: number;
}

const turn: fc.Arbitrary<Turn> = fc.record({
  trouble: fc.oneof(
    { weight: 6, arbitrary: fc.constant<Turn['trouble']>('none') },
    {
      weight: 1,
      arbitrary: fc.constantFrom<Turn['trouble']>(
        'silent',
        'refuse-before',
        'do-and-drop',
        'lose',
        'refuse',
        'crash-before-send',
        'crash-after-send',
        'slow',
        'interfere',
      ),
    },
  ),
  passMs: fc.constantFrom(100, 1_000, 10_000, 120_000),
});

const scenario = fc.record({
  turns: fc.array(turn, { minLength: 5, maxLength: 60 }),
  validMs: fc.constantFrom(5_000, 300_000, 3_600_000),
  repeatable: fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }),
});

/** One entry per thing done: what was written, and what left the house. */
interface Trace {
  readonly journal: ActuationStory[];
  readonly log: {
    readonly did: 'sent' | 'asked' | 'wrote';
    readonly step?: string;
    readonly state?: string;
    readonly atMs: number;
  }[];
  readonly executions: Map<string, number>;
  /** What each try was judged on, to be judged again. */
  readonly states: ActuationState[];
}

/** Plays an actuator against a target that knows keys, with crashes of the one and troubles of the other. */
function play({
  turns,
  validMs,
  repeatable,
}: {
  turns: readonly Turn[];
  validMs: number;
  repeatable: readonly boolean[];
}): Trace {
  const order: RollbackOrdered = {
    type: 'RollbackOrdered',
    actuation: 'act_1',
    policy: 'p',
    plan: 'pln_1',
    planDigest: 'd',
    release: 'rel_2',
    environment: 'e',
    workload: 'w',
    to: 'rel_1',
    notAfter: new Date(START + validMs).toISOString(),
    steps: repeatable.map((isRepeatable, i) => ({
      step: String(i + 1),
      target: `t${i + 1}`,
      isRepeatable,
      from: { release: 'rel_2', components: [{ component: 'c', version: '2' }] },
      to: { release: 'rel_1', components: [{ component: 'c', version: '1' }] },
    })),
  };
  const decider = actuationDecider('act_1');
  const trace: Trace = { journal: [order], log: [], executions: new Map(), states: [] };
  const versions = new Map(order.steps.map((step) => [step.target, '2']));
  const keys = new Set<string>();
  let state = decider.evolve(decider.initialState, order);
  let hasFence = false;
  let nowMs = START;

  const write = (input: ActuationInput): readonly string[] => {
    const events = decider.decide(state, input);
    for (const event of events) {
      trace.journal.push(event);
      state = decider.evolve(state, event);
      const written = event.type === 'ActuationStepChanged' ? { step: event.step, state: event.state } : {};
      trace.log.push({ did: 'wrote', atMs: nowMs, ...written });
    }
    return events.map((event) => (event.type === 'ActuationStepChanged' ? event.state : event.type));
  };
  const crash = () => {
    hasFence = false;
    state = trace.journal.reduce((s, event) => decider.evolve(s, event), decider.initialState);
  };
  const runs = (target: string, trouble: Turn['trouble']): RunningAnswer =>
    trouble === 'silent'
      ? { kind: 'no-answer', detail: 'silent' }
      : { kind: 'runs', components: [{ component: 'c', version: versions.get(target) ?? '?' }] };
  const knows = (key: string, trouble: Turn['trouble']): KeyAnswer =>
    trouble === 'silent'
      ? { kind: 'no-answer', detail: 'silent' }
      : keys.has(key)
        ? { kind: 'done' }
        : { kind: 'unknown-key' };
  const execute = (target: string, key: string) => {
    if (keys.has(key)) return;
    keys.add(key);
    versions.set(target, '1');
    trace.executions.set(key, (trace.executions.get(key) ?? 0) + 1);
  };
  const answerTo = (target: string, key: string, trouble: Turn['trouble']): SendAnswer => {
    if (trouble === 'refuse') return { kind: 'refused', detail: '422' };
    if (trouble === 'refuse-before' || trouble === 'lose' || trouble === 'silent')
      return { kind: 'unclear', detail: trouble };
    execute(target, key);
    return trouble === 'do-and-drop' ? { kind: 'unclear', detail: 'dropped' } : { kind: 'taken', detail: '200' };
  };

  for (const { trouble, passMs } of turns) {
    trace.states.push(state);
    nowMs += passMs;
    if (trouble === 'interfere') versions.set('t1', '3');
    const next = nextStep(state, { nowMs, hasFence, isFrozen: false });
    switch (next.kind) {
      case 'take-up':
        write({ type: 'TakenUp' });
        hasFence = true;
        break;
      case 'look':
        write({ type: 'LookedAt', step: next.step.step, answer: runs(next.step.target, trouble), nowMs });
        break;
      case 'send': {
        if (trouble === 'crash-before-send') {
          write({ type: 'SendDue', step: next.step.step, nowMs, isFrozen: false });
          crash();
          break;
        }
        if (!write({ type: 'SendDue', step: next.step.step, nowMs, isFrozen: false }).includes('sent')) break;
        trace.log.push({ did: 'sent', step: next.step.step, atMs: nowMs });
        const answer = answerTo(next.step.target, next.key, trouble);
        if (trouble === 'crash-after-send') crash();
        else write({ type: 'Answered', step: next.step.step, attempt: next.attempt, answer });
        break;
      }
      case 'ask':
        trace.log.push({ did: 'asked', step: next.step.step, atMs: nowMs });
        write({ type: 'Asked', step: next.step.step, answer: knows(next.key, trouble), nowMs });
        break;
      case 'read-back':
        write({
          type: 'ReadBack',
          step: next.step.step,
          key: knows(next.key, trouble),
          answer: runs(next.step.target, trouble),
          nowMs,
        });
        break;
      case 'give-up':
        write({ type: 'TimePassed', nowMs });
        break;
      default:
        break;
    }
    if (trouble === 'slow') crash();
  }
  return trace;
}

const check = (holds: (trace: Trace, given: { validMs: number; repeatable: readonly boolean[] }) => boolean) =>
  fc.assert(
    fc.property(scenario, (given) => holds(play(given), given)),
    { numRuns: 600 },
  );

describe('whatever an actuator and its target go through', () => {
  it('there are never two sends of a step without a question in between', () => {
    check(({ log }) => {
      const mayNotSend = new Set<string>();
      for (const { did, step } of log) {
        if (step === undefined) continue;
        if (did === 'sent' && mayNotSend.has(step)) return false;
        if (did === 'sent') mayNotSend.add(step);
        if (did === 'asked') mayNotSend.delete(step);
      }
      return true;
    });
  });

  it('the target does each step at most once', () => {
    check(({ executions }) => [...executions.values()].every((times) => times === 1));
  });

  it('a step that must not be repeated is sent at most once', () => {
    check(({ log }, { repeatable }) =>
      repeatable.every(
        (isRepeatable, i) =>
          isRepeatable || log.filter((entry) => entry.did === 'sent' && entry.step === String(i + 1)).length <= 1,
      ),
    );
  });

  it('what leaves was written down right before', () => {
    check(({ log }) =>
      log.every(
        (entry, i) =>
          entry.did !== 'sent' ||
          (log[i - 1]?.did === 'wrote' && log[i - 1]?.state === 'sent' && log[i - 1]?.step === entry.step),
      ),
    );
  });

  it('nothing is sent after notAfter', () => {
    check(({ log, journal }) =>
      log.every((entry) => entry.did !== 'sent' || entry.atMs < notAfterMs(journal[0] as RollbackOrdered)),
    );
  });

  it('an end comes after a start, and once', () => {
    check(({ journal }) => {
      const ends = journal.filter((event) => event.type === 'ActuationFinished').length;
      const start = journal.findIndex((event) => event.type === 'ActuationStarted');
      const end = journal.findIndex((event) => event.type === 'ActuationFinished');
      return ends <= 1 && (end === -1 || (start !== -1 && start < end));
    });
  });

  it('done means that every step was applied', () => {
    check(({ journal }) =>
      journal.every(
        (event) =>
          event.type !== 'ActuationFinished' ||
          event.outcome !== 'done' ||
          event.steps.every((step) => step.state === 'applied'),
      ),
    );
  });

  it('replaying the journal gives the live state', () => {
    check(({ journal, states }) => {
      const decider = actuationDecider('act_1');
      const prefixes = journal.map((_, i) =>
        JSON.stringify(journal.slice(0, i + 1).reduce((s, event) => decider.evolve(s, event), decider.initialState)),
      );
      return states.every((state) => prefixes.includes(JSON.stringify(state)));
    });
  });

  it('short runs reach every kind of end', () => {
    const ends = new Set<string>();
    fc.assert(
      fc.property(scenario, (given) => {
        for (const event of play(given).journal) if (event.type === 'ActuationFinished') ends.add(event.outcome);
      }),
      { numRuns: 600, seed: 7 },
    );
    expect([...ends].sort()).toEqual(['done', 'failed', 'unknown']);
  });
});
