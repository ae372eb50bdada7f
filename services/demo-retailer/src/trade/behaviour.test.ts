import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { behaviourOf, FAULTS, faultOf, GOOD } from './behaviour.js';
import { drawPosOrder, drawWebOrder } from './orders.js';
import { poisson, seededRandom } from './random.js';

const CATALOGUE = { '2.5.0': 'bad-pos' } as const;

describe('what is wrong with a version', () => {
  it.each([
    ['nothing with one that nobody listed', '2.4.1', null],
    ['what the catalogue says', '2.5.0', 'bad-pos'],
    ['what its suffix says', '3.0.0-slow-stock', 'slow-stock'],
    ['nothing with one that only holds such a word', '3.0.0-bad-pos-fixed', null],
    ['nothing with the name of an inherited member', 'constructor', null],
  ])('%s', (_, version, fault) => {
    expect(faultOf(version, CATALOGUE)).toBe(fault);
  });
});

describe('how the shop behaves', () => {
  it.each([
    ['well while nothing runs', [], null, GOOD],
    ['well with good versions', [{ version: '2.4.1', share: 1 }], null, GOOD],
    ['badly with a bad one', [{ version: '2.5.0', share: 1 }], null, FAULTS['bad-pos']],
    [
      'badly once, with two components of one bad version',
      [
        { version: '2.5.0', share: 1 },
        { version: '2.5.0', share: 1 },
      ],
      null,
      FAULTS['bad-pos'],
    ],
    [
      'badly when told to, whatever runs',
      [{ version: '2.4.1', share: 1 }],
      'bad-checkout' as const,
      FAULTS['bad-checkout'],
    ],
  ])('%s', (_, served, injected, expected) => {
    expect(behaviourOf(served, CATALOGUE, injected)).toEqual(expected);
  });

  it('a tenth as badly with a tenth of the traffic', () => {
    const { posLate } = behaviourOf(
      [
        { version: '2.4.1', share: 0.9 },
        { version: '2.5.0', share: 0.1 },
      ],
      CATALOGUE,
      null,
    );
    expect(posLate).toBeCloseTo(GOOD.posLate + 0.1 * (FAULTS['bad-pos'].posLate - GOOD.posLate), 9);
  });

  it('a bad version is eight times as bad at the tills, and its checkout falls to 85 %', () => {
    const errors = (b: typeof GOOD) => b.posLate + b.posMismatch + b.posRefused;
    expect(errors(FAULTS['bad-pos']) / errors(GOOD)).toBeCloseTo(8, 9);
    expect(1 - FAULTS['bad-pos'].webFailed - FAULTS['bad-pos'].webStuck).toBeCloseTo(0.85, 9);
  });
});

describe('orders', () => {
  it('are the same again with the same seed', () => {
    const draw = () => {
      const random = seededRandom(42);
      return Array.from({ length: 50 }, () => [drawWebOrder(GOOD, random), drawPosOrder(GOOD, random)]);
    };
    expect(draw()).toEqual(draw());
  });

  it('always have a positive amount, and are late only when they are called late', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const order = drawPosOrder(FAULTS['bad-pos'], seededRandom(seed));
        return order.amount > 0 && order.quantity > 0 && (order.outcome === 'late') === order.syncDelayMs >= 35_000;
      }),
    );
  });

  it('come in the expected number on average', () => {
    const random = seededRandom(5);
    const total = Array.from({ length: 4000 }, () => poisson(2.5, random)).reduce((sum, n) => sum + n, 0);
    expect(total / 4000).toBeCloseTo(2.5, 1);
  });
});
