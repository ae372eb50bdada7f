import { describe, expect, test } from '@jest/globals';
import { restsOnWatch, type Standing, staleSince, staleVerdict } from './staleness.js';
import { unknownRelease } from './verdict.js';

const NOW = Date.UTC(2026, 10, 23, 9, 30);
const BOUND = 30_000;
const watched: Standing = { id: 'rel_1', phase: 'live', verdict: 'pending', final: false };

describe('a verdict rests on somebody who watches', () => {
  type Row = readonly [sentence: string, over: Partial<Standing>, rests: boolean];
  const rows: readonly Row[] = [
    ['while it deploys', { phase: 'deploying' }, true],
    ['while it is live and pending', {}, true],
    ['while it passes so far', { verdict: 'pass' }, true],
    ['while it cannot be judged', { verdict: 'inconclusive' }, true],
    ['not before it deploys', { phase: 'registered' }, false],
    ['not once it failed: evidence stays', { verdict: 'fail' }, false],
    ['not once it is final', { verdict: 'pass', final: true }, false],
    ['not once it is rolled back', { phase: 'rolled-back' }, false],
    ['not once it is superseded', { phase: 'superseded' }, false],
    ['not once it is finished', { phase: 'finished' }, false],
  ];
  test.each(rows)('%s', (_sentence, over, rests) => {
    expect(restsOnWatch({ ...watched, ...over })).toBe(rests);
  });
});

describe('it is stale', () => {
  type Row = readonly [sentence: string, clockMs: number | null, deployingMs: number, since: number | null];
  const rows: readonly Row[] = [
    ['not while the evaluator is at it', NOW - 1_000, NOW - 600_000, null],
    ['not at the bound itself', NOW - BOUND, NOW - 600_000, null],
    ['beyond the bound, since the evaluator was last at it', NOW - BOUND - 1, NOW - 600_000, NOW - BOUND - 1],
    ['not in the first moments without a watch', null, NOW - BOUND, null],
    ['where no watch came, since it deploys', null, NOW - BOUND - 1, NOW - BOUND - 1],
    ['not where the evaluator is ahead of us', NOW + 5_000, NOW - 600_000, null],
  ];
  test.each(rows)('%s', (_sentence, clockMs, deployingMs, since) => {
    expect(staleSince({ clockMs, deployingMs }, NOW, BOUND)).toBe(since);
  });
});

test.each([
  ['pending', 'continue', 'hold'],
  ['pass', 'continue', 'hold'],
  ['inconclusive', 'hold', 'hold'],
  ['inconclusive', 'roll-back', 'roll-back'],
] as const)('a stale %s that said %s says inconclusive and %s, with its age', (verdict, action, then) => {
  const view = { ...unknownRelease('rel_1', NOW), verdict, action, sequence: 7 };
  expect(staleVerdict(view, NOW - 60_000)).toEqual({
    ...view,
    verdict: 'inconclusive',
    reason: 'stale',
    words: 'Not judged lately: our own evaluation has fallen silent.',
    advice: 'Look at the health of guardrail-evaluation and of its stream; the verdict goes on when it does.',
    since: '2026-11-23T09:29:00.000Z',
    asOf: '2026-11-23T09:29:00.000Z',
    action: then,
  });
});
