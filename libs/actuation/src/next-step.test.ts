import { describe, expect, it } from '@jest/globals';
import { backoffMs, unknownBackoffMs } from './backoff.js';
import type { AttemptState, RollbackOrdered } from './events.js';
import { nextStep } from './next-step.js';
import { difference, isSo, isStill } from './running.js';
import type { ActuationState } from './state.js';

const NOT_AFTER = Date.parse('2026-11-23T10:00:00Z');
const running = { release: null, components: [{ component: 'c', version: '1' }] };
const step = { step: '1', target: 't', from: running, to: running, isRepeatable: true };
const order: RollbackOrdered = {
  type: 'RollbackOrdered',
  actuation: 'act_1',
  plan: 'p',
  planDigest: 'd',
  release: 'r',
  environment: 'e',
  workload: 'w',
  to: 'r0',
  steps: [step],
  notAfter: '2026-11-23T10:00:00Z',
};
const acting = (state: AttemptState | null): ActuationState => ({
  phase: 'acting',
  order,
  attempt: 1,
  steps: [{ order: step, state, attempt: 1 }],
});
const now = { nowMs: NOT_AFTER - 1, hasFence: true, isFrozen: false };

describe('what an actuator does next', () => {
  it.each([
    ['nothing without an order', { phase: 'unordered' } as ActuationState, now, 'nothing'],
    ['takes up an order', { phase: 'ordered', order } as ActuationState, now, 'take-up'],
    ['takes over before anything else', acting('sent'), { ...now, hasFence: false }, 'take-up'],
    ['looks before it writes', acting(null), now, 'look'],
    ['sends what is prepared', acting('prepared'), now, 'send'],
    ['asks about what was sent', acting('sent'), now, 'ask'],
    ['asks about what was sent after the deadline too', acting('sent'), { ...now, nowMs: NOT_AFTER + 1 }, 'ask'],
    ['reads back what was confirmed', acting('confirmed'), now, 'read-back'],
    ['begins nothing at the deadline', acting(null), { ...now, nowMs: NOT_AFTER }, 'give-up'],
    ['sends nothing at the deadline', acting('prepared'), { ...now, nowMs: NOT_AFTER }, 'give-up'],
    ['begins nothing while frozen', acting(null), { ...now, isFrozen: true }, 'wait'],
    ['sends nothing while frozen', acting('prepared'), { ...now, isFrozen: true }, 'wait'],
    ['watches to the end what was sent before a freeze', acting('sent'), { ...now, isFrozen: true }, 'ask'],
    [
      'ends a frozen order at its deadline',
      acting('prepared'),
      { ...now, isFrozen: true, nowMs: NOT_AFTER },
      'give-up',
    ],
    [
      'verifies what is done',
      { phase: 'finished', order, attempt: 1, steps: [], outcome: 'done', recovery: null } as ActuationState,
      now,
      'verify',
    ],
    [
      'leaves alone what failed',
      { phase: 'finished', order, attempt: 1, steps: [], outcome: 'failed', recovery: null } as ActuationState,
      now,
      'nothing',
    ],
    [
      'goes on asking about what nobody knows',
      {
        phase: 'finished',
        order,
        attempt: 1,
        steps: [{ order: step, state: 'unknown', attempt: 1 }],
        outcome: 'unknown',
        recovery: null,
      } as ActuationState,
      now,
      'read-back',
    ],
  ])('%s', (_, state, circumstances, kind) => {
    expect(nextStep(state, circumstances).kind).toBe(kind);
  });
});

describe('waiting', () => {
  it('grows from half a second to half a minute', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 7, 99].map((tries) => backoffMs(tries, 0.5))).toEqual([
      500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 30_000, 30_000,
    ]);
  });
  it('is spread by a fifth', () => {
    expect([backoffMs(2, 0), backoffMs(2, 0.999999)]).toEqual([1600, 2400]);
  });
  it('is never shorter than the target asked for, and at most an hour', () => {
    expect([backoffMs(0, 0.5, 7000), backoffMs(0, 0.5, 1e9)]).toEqual([7000, 3_600_000]);
  });
  it('about what nobody knows grows to ten minutes', () => {
    expect([0, 1, 4, 5, 50].map(unknownBackoffMs)).toEqual([30_000, 60_000, 480_000, 600_000, 600_000]);
  });
});

describe('what runs', () => {
  const wanted = {
    release: 'r',
    components: [
      { component: 'a', version: '1', artifact: 'x' },
      { component: 'b', version: '1' },
    ],
  };
  const b = { component: 'b', version: '1' };
  it.each([
    ['is so when all components do', [{ component: 'a', version: '1', artifact: 'x' }, b], true, true],
    ['is so when the target knows no artifacts', [{ component: 'a', version: '1' }, b], true, true],
    [
      'is not so with another artifact of the same version',
      [{ component: 'a', version: '1', artifact: 'y' }, b],
      false,
      false,
    ],
    ['is not so while a component is missing', [b], false, false],
    [
      'is not so for a part of the traffic, but still runs',
      [{ component: 'a', version: '1', share: 0.5 }, { component: 'a', version: '2', share: 0.5 }, b],
      false,
      true,
    ],
    [
      'is not so with a share that is no number',
      [{ component: 'a', version: '1', share: Number.NaN }, b],
      false,
      false,
    ],
  ])('%s', (_, runs, so, still) => {
    expect([isSo(runs, wanted), isStill(runs, wanted), difference('shop', runs, wanted) === null]).toEqual([
      so,
      still,
      so,
    ]);
  });

  it('is told apart in words', () => {
    const words = (runs: Parameters<typeof difference>[1]) =>
      difference('shop', runs, { release: null, components: [b] });
    expect(words([])).toBe('b does not run on shop');
    expect(words([{ component: 'b', version: '2', by: 'cd' }])).toBe('b 2 runs on shop, not 1, put there by cd');
    expect(
      words([
        { component: 'b', version: '1', share: 0.9 },
        { component: 'b', version: '2', share: 0.1 },
      ]),
    ).toBe('b 2 runs on shop for 10 % of its traffic, not 1');
  });
});
