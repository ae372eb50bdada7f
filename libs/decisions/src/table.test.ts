import { describe, expect, test } from '@jest/globals';
import type { Mode } from '@parapet/guardrails';
import { POLICY } from '../test/scene.js';
import type { Criticality, DecisionMade, Reversibility } from './events.js';
import { choose, effectiveCriticality, reversibilityOf } from './table.js';

describe('the first rule that matches decides, capped by evidence and reversibility', () => {
  const auto = { ...POLICY, name: 'always', rules: [{ name: 'go', when: {}, then: 'auto' as const }] };
  const none = { ...POLICY, name: 'empty', rules: [] };
  type Row = readonly [
    string,
    typeof POLICY,
    Criticality,
    Reversibility,
    Mode,
    string | null,
    DecisionMade['outcome'],
    RegExp,
  ];
  const rows: readonly Row[] = [
    [
      'high, proven and reversible goes back by itself',
      POLICY,
      'high',
      'yes',
      'act',
      null,
      'auto',
      /^shop: high and proven/,
    ],
    [
      'partly reversible may go back by itself where the table says so',
      POLICY,
      'high',
      'partly',
      'act',
      null,
      'auto',
      /high and proven/,
    ],
    ['medium is asked', POLICY, 'medium', 'yes', 'act', null, 'propose', /everything else is asked$/],
    ['low is only watched', POLICY, 'low', 'yes', 'act', null, 'observe', /low is watched$/],
    [
      'an irreversible release is never automatic, whatever the table says',
      auto,
      'high',
      'no',
      'act',
      null,
      'propose',
      /irreversible/,
    ],
    [
      'unknown reversibility is never automatic, whatever the table says',
      auto,
      'high',
      'unknown',
      'act',
      null,
      'propose',
      /never said/,
    ],
    [
      'a guardrail that may only propose is never automatic',
      auto,
      'high',
      'yes',
      'propose',
      null,
      'propose',
      /at most propose/,
    ],
    ['a shadow guardrail only observes', auto, 'high', 'yes', 'observe', null, 'observe', /only observe/],
    [
      'nothing to go back to: people are asked, with the reason',
      auto,
      'high',
      'yes',
      'act',
      'no previous',
      'propose',
      /no previous/,
    ],
    ['no rule matches: people are asked', none, 'high', 'yes', 'act', null, 'propose', /no rule of empty/],
  ];
  test.each(rows)('%s', (_sentence, policy, criticality, reversibility, mode, obstacle, outcome, rule) => {
    const decision = choose(policy, { criticality, reversibility, mode, obstacle });
    expect(decision.outcome).toBe(outcome);
    expect(decision.rule).toMatch(rule);
  });
});

test.each([
  ['low', 'high', 'high'],
  ['high', 'low', 'high'],
  ['medium', undefined, 'medium'],
  ['medium', 'medium', 'medium'],
] as const)('a workload of %s criticality with a release that asks for %s is %s', (ofWorkload, asked, effective) => {
  expect(effectiveCriticality(ofWorkload, asked)).toBe(effective);
});

test.each([
  [[], 'unknown'],
  [['yes'], 'yes'],
  [['yes', 'partly'], 'partly'],
  [['partly', 'no', 'yes'], 'no'],
] as const)('steps that are %j make a release %s reversible', (steps, worst) => {
  const declared = steps.map((reversible) => ({ kind: 'change', what: 'a thing', reversible }));
  expect(reversibilityOf(declared)).toBe(worst);
});
