import { describe, expect, test } from '@jest/globals';
import { EVENT_TYPES, type CloudEvent } from '@parapet/contracts';
import { addToStory, nounAndVerb, storyEntry } from './story.js';

function event(sequence: number, type: string, data: Record<string, unknown> = {}): CloudEvent {
  return {
    id: `evt_${sequence}`,
    type: `dev.parapet.${type}.v1`,
    sequence: String(sequence).padStart(12, '0'),
    time: '2026-11-23T09:00:00.000Z',
    data,
  } as unknown as CloudEvent;
}

describe('events in words', () => {
  test.each([
    ['release.phase-changed', { to: 'live', by: 'ci' }, 'plain', 'Live: the watch begins', ['Told by ci.']],
    [
      'release.phase-changed',
      { to: 'failed', reason: 'the pod did not start' },
      'bad',
      'The deployment itself failed',
      ['the pod did not start'],
    ],
    [
      'verdict.changed',
      {
        to: 'fail',
        final: false,
        guardrails: [
          { verdict: 'breach', words: 'errors 9 %' },
          { verdict: 'pass', words: 'well' },
        ],
      },
      'bad',
      'Verdict: fail',
      ['errors 9\u00a0%'],
    ],
    [
      'verdict.changed',
      { to: 'pass', final: true, guardrails: [{}, {}] },
      'good',
      'Verdict: pass, for good',
      ['2 guardrails held.'],
    ],
    [
      'verdict.changed',
      { to: 'inconclusive', final: false, reason: 'stale', guardrails: [{ verdict: 'inconclusive', name: 'a' }] },
      'doubt',
      'Verdict: inconclusive',
      ['Not judged: nothing has been measured lately.', 'a'],
    ],
    [
      'verdict.changed',
      {
        to: 'inconclusive',
        reason: 'not-attributed',
        advice: 'Look at the causes.',
        attribution: { words: 'it may be this release or odoo-pos-7' },
        guardrails: [],
      },
      'doubt',
      'Verdict: inconclusive',
      [
        'Not judged: something got worse, but it cannot be told whose doing it is.',
        'It may be this release or odoo-pos-7.',
        'Look at the causes.',
      ],
    ],
    [
      'verdict.changed',
      {
        to: 'fail',
        attribution: { words: 'orders got worse' },
        guardrails: [{ verdict: 'breach', words: 'orders fell' }],
      },
      'bad',
      'Verdict: fail',
      ['orders fell', 'Orders got worse.'],
    ],
    [
      'decision.made',
      { outcome: 'auto', rule: 'high criticality', criticality: 'high', reversibility: 'yes' },
      'act',
      'Decision: roll back without asking',
      ['Rule: high criticality.', 'Criticality high, can be undone: yes.'],
    ],
    [
      'proposal.acknowledged',
      { by: 'on-call', until: '2026-11-23T09:05:00Z' },
      'plain',
      'on-call is looking at it',
      [],
    ],
    ['proposal.acknowledged', { by: 'on-call' }, 'plain', 'on-call is no longer looking at it', []],
    [
      'proposal.ended',
      { end: 'approved', by: ['on-call', 'shops-lead'], reason: 'tills', override: false },
      'act',
      'Approved by on-call and shops-lead',
      ['“tills”'],
    ],
    [
      'proposal.ended',
      { end: 'rejected', by: ['on-call'], reason: 'a promotion' },
      'plain',
      'Rejected by on-call: the release stays',
      ['“a promotion”'],
    ],
    ['proposal.ended', { end: 'expired', by: [] }, 'doubt', 'Nobody decided in time', []],
    [
      'proposal.ended',
      { end: 'cancelled', by: [], reason: 'recovered' },
      'plain',
      'The proposal was cancelled',
      ['recovered'],
    ],
    [
      'rollback.ordered',
      {
        policy: 'by-criticality',
        steps: [{ target: 'shop', to: { components: [{ component: 'odoo-web', version: '1' }] } }],
      },
      'act',
      'Rollback ordered',
      ['Decided by the policy, without asking.', 'shop: back to odoo-web 1'],
    ],
    [
      'actuation.step-changed',
      { step: '1', state: 'unknown', detail: 'timeout' },
      'doubt',
      'Step 1: outcome unknown',
      ['timeout'],
    ],
    ['actuation.step-changed', { step: '1', state: 'something-new' }, 'doubt', 'Step 1: outcome unknown', []],
    [
      'actuation.finished',
      { outcome: 'unknown' },
      'bad',
      'Rollback: outcome unknown',
      ['A person must look at the target.'],
    ],
    [
      'rollback.verified',
      { outcome: 'not-verified', reason: 'errors stay' },
      'bad',
      'Rollback could not be verified',
      ['errors stay', 'A person must look at it.'],
    ],
  ])('%s %j', (type, data, tone, title, details) => {
    expect(storyEntry(event(1, type, data))).toMatchObject({ tone, title, details });
  });

  test('every type of event has words of its own, also with nothing in it', () => {
    for (const type of Object.values(EVENT_TYPES).filter((name) => !name.startsWith('source.'))) {
      const { title } = storyEntry(event(1, type));
      expect([type, title]).not.toEqual([type, type.replace('.', ': ').replaceAll('-', ' ')]);
      expect(title).not.toMatch(/undefined|null|\[object/);
    }
  });

  test('a type that is not known yet is shown by its name', () => {
    expect(storyEntry(event(1, 'release.un-frozen')).title).toBe('release: un frozen');
    expect(nounAndVerb('dev.parapet.verdict.changed.v1')).toBe('verdict.changed');
  });

  test('texts that are none are left out', () => {
    expect(storyEntry(event(1, 'proposal.commented', { by: 'on-call', text: { html: '<b>' } })).details).toEqual([
      '“”',
    ]);
  });
});

describe('the story', () => {
  test('is in order and holds each event once, however they came', () => {
    const first = addToStory([], [event(3, 'rollback.ordered'), event(1, 'release.registered')]);
    const story = addToStory(first, [event(2, 'release.phase-changed', { to: 'live' }), event(3, 'rollback.ordered')]);
    expect(story.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  });
});
