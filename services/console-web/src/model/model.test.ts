import { describe, expect, test } from '@jest/globals';
import type { ReleaseView } from '@parapet/contracts';
import { filterOf, matches, searchOf } from './filter.js';
import { safeHref } from './links.js';
import { axisLabel, plain, withUnit } from './numbers.js';
import { ago, clockTime, countdown, span } from './time.js';
import {
  boundsWords,
  outcomeWords,
  unbroken,
  withoutIds,
  verdictSentence,
  wordsAfterName,
  wordsUnderName,
  worstFirst,
} from './words.js';

const NOW = Date.parse('2026-11-23T09:30:00Z');
const at = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();

describe('the countdown', () => {
  test.each([
    ['counts whole seconds', 899.2, { text: '15:00', isOver: false, isUrgent: false }],
    ['shows hours only where there are any', 3_750, { text: '1:02:30', isOver: false, isUrgent: false }],
    ['hurries in the last two minutes', 120, { text: '2:00', isOver: false, isUrgent: true }],
    ['shows the last second to its end', 0.2, { text: '0:01', isOver: false, isUrgent: true }],
    ['is over at the very instant', 0, { text: 'over', isOver: true, isUrgent: false }],
    ['stays over', -50, { text: 'over', isOver: true, isUrgent: false }],
  ])('%s', (_, seconds, expected) => {
    expect(countdown(at(seconds), NOW)).toEqual(expected);
  });

  test('is over where the end cannot be read: nobody acts on a deadline that is not known', () => {
    expect(countdown('soon', NOW).isOver).toBe(true);
  });
});

describe('times', () => {
  test.each([
    [-2, 'just now'],
    [-40, '40 s ago'],
    [-190, '3 min ago'],
    [-3_700, '1 h ago'],
    [-200_000, '2 d ago'],
  ])('%d s from now is %s', (seconds, words) => {
    expect(ago(at(seconds), NOW)).toBe(words);
  });

  test('an absent time says nothing', () => {
    expect(ago(null, NOW)).toBe('');
  });

  test.each([
    [61_000, '1 min 1 s'],
    [120_000, '2 min'],
    [660_000, '11 min'],
    [-5, '0 s'],
  ])('%d ms are %s', (ms, words) => {
    expect(span(ms)).toBe(words);
  });
});

describe('numbers', () => {
  test.each([
    [0, '0'],
    [1_234_567.8, '1,234,568'],
    [12.345, '12.3'],
    [0.1234, '0.12'],
    [0.00412, '0.004'],
    [-0.0001, '0'],
    [Number.NaN, '–'],
    [Number.POSITIVE_INFINITY, '–'],
  ])('%d reads %s', (value, words) => {
    expect(plain(value)).toBe(words);
  });

  test.each([
    ['a share is per cent whatever its unit', 0.094, 'orders', 'share', '9.4 %', '9.4 %'],
    ['a rate is by the minute', 0.5, 'orders', 'rate', '30 orders/min', '30'],
    ['short times are milliseconds', 0.41, 'seconds', 'value', '410 ms', '410 ms'],
    ['long times are minutes', 3000, 'seconds', 'value', '50 min', '50 min'],
    ['milliseconds are times too', 1500, 'ms', 'value', '1.5 s', '1.5 s'],
    ['anything else keeps its unit', 41, 'carts', 'value', '41 carts', '41'],
  ] as const)('%s', (_, value, unit, form, words, axis) => {
    expect([withUnit(value, unit, form), axisLabel(value, unit, form)]).toEqual([words, axis]);
  });
});

describe('links from outside', () => {
  test.each([
    ['https://change.acme.example/1', 'https://change.acme.example/1'],
    ['http://change.acme.example', 'http://change.acme.example/'],
    ['javascript:alert(1)', null],
    [' javascript:alert(1)', null],
    ['data:text/html,<script>', null],
    ['//evil.example', null],
    ['/releases', null],
    ['', null],
  ])('%s is followed as %s', (href, expected) => {
    expect(safeHref(href)).toBe(expected);
  });
});

type Judged = Parameters<typeof verdictSentence>[0];
const report = (name: string, verdict: 'breach' | 'pass' | 'inconclusive' | 'pending', more: object = {}) => ({
  name,
  verdict,
  mode: 'act' as const,
  words: `${name} is ${verdict}`,
  ...more,
});
const judged = (more: Partial<Judged>): Judged => ({
  verdict: 'pending',
  final: false,
  guardrails: [],
  phase: 'live',
  startedAt: at(-60),
  ...more,
});

describe("the verdict's sentence", () => {
  test('our own silence is said to be ours', () => {
    const release = judged({ verdict: 'inconclusive', reason: 'stale', judgedUpTo: at(-60) });
    expect(verdictSentence(release)).toBe(
      `Not judged since ${clockTime(at(-60))}: our own evaluation has fallen silent. This is not a pass.`,
    );
  });

  test.each([
    [
      'a fail names the worst and counts the others',
      judged({
        verdict: 'fail',
        guardrails: [
          report('a', 'breach', { evidence: 1 }),
          report('b', 'breach', { evidence: 9 }),
          report('c', 'pass'),
        ],
      }),
      'b is breach. And 1 more guardrail is in breach.',
    ],
    [
      'a fail whose guardrails are well again stays a fail',
      judged({ verdict: 'fail', guardrails: [report('a', 'pass')] }),
      'A guardrail failed; it has recovered since. A failed verdict stays.',
    ],
    [
      'what is unknown says why, and that it is no pass',
      judged({
        verdict: 'inconclusive',
        reason: 'sender-silent',
        guardrails: [report('a', 'inconclusive'), report('b', 'pass')],
      }),
      'Not judged: the sender of the alerts is silent (a). This is not a pass.',
    ],
    [
      'what is unknown names those whose reason it is',
      judged({
        verdict: 'inconclusive',
        reason: 'stale',
        guardrails: [
          report('a', 'inconclusive', { reason: 'stale' }),
          report('b', 'inconclusive', { reason: 'no-baseline' }),
        ],
      }),
      'Not judged: nothing has been measured lately (a). This is not a pass.',
    ],
    [
      'what is nobody’s doing names what got worse',
      judged({
        verdict: 'inconclusive',
        reason: 'not-attributed',
        guardrails: [report('a', 'breach'), report('b', 'inconclusive', { reason: 'stale' })],
      }),
      'Not judged: something got worse, but it cannot be told whose doing it is (a). This is not a pass.',
    ],
    [
      'a reason of a newer Parapet is shown as it comes',
      judged({ verdict: 'inconclusive', reason: 'moon-phase' as never }),
      'Not judged: moon phase. This is not a pass.',
    ],
    [
      'what is unknown without a reason is unknown',
      judged({ verdict: 'inconclusive' }),
      'Not judged: not enough is known. This is not a pass.',
    ],
    [
      'a pass counts what held',
      judged({ verdict: 'pass', guardrails: [report('a', 'pass'), report('b', 'pass')] }),
      'All 2 guardrails held for the whole watch.',
    ],
    [
      'watching promises nothing',
      judged({ guardrails: [report('a', 'pending')] }),
      'Being watched; nothing is missing and nothing stands out so far.',
    ],
    [
      'watching says what holds so far',
      judged({ guardrails: [report('a', 'pass'), report('b', 'pending')] }),
      'Being watched; 1 of 2 guardrails hold so far.',
    ],
    [
      'before the deployment nothing is judged',
      judged({ startedAt: null, phase: 'registered' }),
      'Registered. Judging begins when its deployment does.',
    ],
  ])('%s', (_, release, expected) => {
    expect(verdictSentence(release)).toBe(expected);
  });
});

describe('words', () => {
  test('breaches come first, then what is unknown, then what is watched, then what is well', () => {
    const order = worstFirst([
      report('d', 'pass'),
      report('b', 'inconclusive'),
      report('c', 'pending'),
      report('a', 'breach'),
    ]);
    expect(order.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('a name is not said twice', () => {
    const one = { name: 'order-success', words: 'order-success fell from 97 % to 86 %' };
    expect(wordsAfterName(one)).toBe('fell from 97\u00a0% to 86\u00a0%');
    expect(wordsUnderName(one)).toBe('Fell from 97\u00a0% to 86\u00a0%.');
    expect(wordsUnderName({ name: 'latency', words: 'latency is 0.4 seconds' })).toBe('0.4 seconds.');
    expect(wordsAfterName({ name: 'alerts', words: 'alert Down fires' })).toBe('alert Down fires');
  });

  test('ids are named by what they are', () => {
    expect(withoutIds('act_01M835DMSYZ429FQQZHK3FX7Q6 is done')).toBe('the actuation is done');
  });

  test.each([
    [
      'a share',
      { observedLow: 0.0712, observedHigh: 0.118 },
      'share',
      'orders',
      'Surely between 7.12\u00a0% and 11.8\u00a0%.',
    ],
    [
      'a time',
      { observedLow: 0.41, observedHigh: 1.62 },
      'value',
      'seconds',
      'Surely between 410\u00a0ms and 1.62\u00a0s.',
    ],
    ['no upper bound', { observedLow: 3 }, 'value', 'locks', 'Surely at least 3 locks.'],
    ['no lower bound', { observedHigh: 3 }, 'value', 'locks', 'Surely at most 3 locks.'],
    ['nothing known', {}, 'share', 'orders', null],
  ] as const)('the bounds of %s', (_, bounds, form, unit, words) => {
    expect(boundsWords(bounds, form, unit)).toBe(words);
  });

  test('numbers are not broken apart', () => {
    expect(unbroken('113 of 1 204 000, 9.4 % in 5 min')).toBe('113 of 1\u00a0204\u00a0000, 9.4\u00a0% in 5\u00a0min');
  });

  test.each([
    [{ rollback: 'verified', decision: 'auto', phase: 'rolled-back' }, 'Rolled back and verified'],
    [{ rollback: 'not-verified', decision: 'auto', phase: 'rolled-back' }, 'Rolled back, not verified'],
    [{ rollback: null, decision: 'propose', phase: 'live' }, 'Rollback proposed'],
    [{ rollback: null, decision: null, phase: 'live' }, null],
  ] as const)('%j reads %s', (release, words) => {
    expect(outcomeWords(release)).toBe(words);
  });
});

describe('the filter of the list', () => {
  const release = {
    name: 'odoo-2026.11.3',
    workload: 'odoo-retail',
    environment: 'production',
    verdict: 'fail',
    components: [{ component: 'odoo-pos', version: '17.0' }],
  } as unknown as ReleaseView;

  test.each([
    ['', true],
    ['?q=odoo+17.0', true],
    ['?q=ODOO-POS', true],
    ['?q=odoo+18', false],
    ['?verdict=fail', true],
    ['?verdict=pass', false],
    ['?verdict=splendid', true],
    ['?environment=staging', false],
  ])('%s wants it: %s', (search, expected) => {
    expect(matches(release, filterOf(search))).toBe(expected);
  });

  test('is kept in the address', () => {
    for (const search of ['', '?q=a+b', '?q=x&verdict=fail&environment=staging'])
      expect(searchOf(filterOf(search))).toBe(search);
  });
});
