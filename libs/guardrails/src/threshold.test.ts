import { describe, expect, test } from '@jest/globals';
import { observeValue, THRESHOLD_OK, type ThresholdRule, type ThresholdState } from './threshold.js';

const RULE: ThresholdRule = {
  direction: 'above',
  enter: 10,
  leave: 5,
  forMs: 60_000,
  keepMs: 30_000,
  maxGapMs: 60_000,
};
const QUICK: ThresholdRule = { ...RULE, forMs: 0, keepMs: 0, leave: 10 };
const BELOW: ThresholdRule = { ...QUICK, direction: 'below', enter: 3, leave: 4 };

function after(rule: ThresholdRule, values: readonly (readonly [second: number, value: number])[]): string[] {
  let state: ThresholdState = THRESHOLD_OK;
  return values.map(([second, value]) => {
    state = JSON.parse(JSON.stringify(observeValue(rule, state, second * 1000, value))) as ThresholdState;
    return state.kind;
  });
}

describe('a sustained threshold', () => {
  test.each([
    ['a value at the limit is not beyond it', RULE, [[0, 10]], ['ok']],
    [
      'beyond for long enough fires',
      RULE,
      [
        [0, 11],
        [30, 11],
        [60, 11],
      ],
      ['pending', 'pending', 'firing'],
    ],
    [
      'one value that is not beyond starts it again',
      RULE,
      [
        [0, 11],
        [30, 9],
        [60, 11],
        [90, 11],
      ],
      ['pending', 'ok', 'pending', 'pending'],
    ],
    [
      'a gap longer than allowed starts it again',
      RULE,
      [
        [0, 11],
        [61, 11],
        [100, 11],
        [121, 11],
      ],
      ['pending', 'pending', 'pending', 'firing'],
    ],
    [
      'a gap as long as allowed does not',
      RULE,
      [
        [0, 11],
        [60, 11],
      ],
      ['pending', 'firing'],
    ],
    [
      'between leave and enter it goes on firing',
      RULE,
      [
        [0, 11],
        [60, 11],
        [90, 7],
        [120, 7],
      ],
      ['pending', 'firing', 'firing', 'firing'],
    ],
    [
      'it ends when it was back for long enough',
      RULE,
      [
        [0, 11],
        [60, 11],
        [90, 5],
        [120, 5],
      ],
      ['pending', 'firing', 'firing', 'ok'],
    ],
    [
      'a relapse starts the recovery again',
      RULE,
      [
        [0, 11],
        [60, 11],
        [90, 5],
        [100, 6],
        [120, 5],
        [149, 5],
        [150, 5],
      ],
      ['pending', 'firing', 'firing', 'firing', 'firing', 'firing', 'ok'],
    ],
    [
      'a gap leaves it firing and starts the recovery again',
      RULE,
      [
        [0, 11],
        [60, 11],
        [90, 5],
        [200, 5],
        [230, 5],
      ],
      ['pending', 'firing', 'firing', 'firing', 'ok'],
    ],
    [
      'with no patience it fires at once',
      QUICK,
      [
        [0, 11],
        [1, 10],
      ],
      ['firing', 'ok'],
    ],
    [
      'below works the other way round',
      BELOW,
      [
        [0, 3],
        [1, 2.9],
        [2, 3.5],
        [3, 4],
      ],
      ['ok', 'firing', 'firing', 'ok'],
    ],
    [
      'an older value than the newest changes nothing',
      QUICK,
      [
        [10, 9],
        [5, 11],
      ],
      ['ok', 'ok'],
    ],
  ] as [string, ThresholdRule, [number, number][], string[]][])('%s', (_, rule, values, expected) => {
    expect(after(rule, values)).toEqual(expected);
  });
});
