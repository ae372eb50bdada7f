import { describe, expect, test } from '@jest/globals';
import type { GuardrailView } from '@parapet/contracts';
import { markSentence, standingSentence, trustOf, trustSentences } from './trust.js';

const GUARDRAIL: GuardrailView = {
  policy: 'checkout',
  environment: 'production',
  guardrail: 'order-success',
  signal: 'odoo.order.success',
  declared: 'act',
  mode: 'act',
  why: null,
  words: 'may act, as declared',
  precision: { value: 0.8, low: 0.2836, high: 0.9949 },
  marks: { right: 4, wrong: 1, disputed: 0 },
  floor: { floor: 0.5, marks: 5 },
  breaches: 6,
  lastBreach: null,
  proof: null,
  test: null,
  data: { returns: true, at: '2026-11-23T09:19:00.000Z' },
};

describe('how far a guardrail is trusted', () => {
  test.each<readonly [string, Partial<GuardrailView>, readonly string[]]>([
    ['how often it was right', {}, ['Precision 80 % (28 % to 99 %): 4 of 5 marked breaches were right.']],
    [
      'that nobody said so',
      { precision: null, marks: { right: 0, wrong: 0, disputed: 2 } },
      ['Precision unknown: nobody has marked a breach of it.'],
    ],
    [
      'what keeps it from acting, first',
      { mode: 'propose', why: 'precision', words: 'declared act, but may only propose' },
      ['Declared act, but may only propose.', 'Precision 80 % (28 % to 99 %): 4 of 5 marked breaches were right.'],
    ],
  ])('says %s', (_what, over, sentences) => {
    expect(trustSentences({ ...GUARDRAIL, ...over })).toEqual(sentences);
  });

  test.each([
    ['no-data', 'observe', 'Declared act, only observed here: it had never returned data.'],
    ['no-breach-shown', 'propose', 'Declared act, could only propose here: it had never been seen to breach.'],
    ['precision', 'propose', 'Declared act, could only propose here: too many of its breaches were marked wrong.'],
    ['forced', 'act', 'It counted without proof: a person had applied it by force.'],
  ] as const)('says what it was for a release: %s', (why, mode, sentence) => {
    expect(standingSentence({ guardrail: 'order-success', declared: 'act', mode, why })).toBe(sentence);
  });

  test('is that of the release’s own policy and environment', () => {
    const all = [{ ...GUARDRAIL, environment: 'staging' }, { ...GUARDRAIL, policy: 'stock' }, GUARDRAIL];
    const release = { policy: 'checkout', environment: 'production' };
    expect(trustOf(all, release, 'order-success')).toBe(GUARDRAIL);
    expect(trustOf(all, release, 'nobody')).toBeUndefined();
    expect(trustOf(null, release, 'order-success')).toBeUndefined();
  });
});

test('a mark says who meant what', () => {
  const mark = { verdict: 5, right: false, reason: 'x', by: 'on-call', at: '2026-11-23T09:19:00.000Z' };
  expect(markSentence(mark)).toBe('on-call: the verdict was wrong');
  expect(markSentence({ ...mark, guardrail: 'order-success', right: true })).toBe('on-call: order-success was right');
});
