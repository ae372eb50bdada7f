import { expect, test } from '@jest/globals';
import { isOtherVerdict, unknownRelease } from './verdict.js';

const known = { ...unknownRelease('rel_1', 0), verdict: 'pass' as const, action: 'continue' as const };

test.each([
  [{ verdict: 'fail' as const }, true],
  [{ final: true }, true],
  [{ action: 'hold' as const }, true],
  [{ asOf: 'later', sequence: 9 }, false],
])('a waiting asker hears of %j: %s', (change, isTold) => {
  expect(isOtherVerdict(known, { ...known, ...change })).toBe(isTold);
});
