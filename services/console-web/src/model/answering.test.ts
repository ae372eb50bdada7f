import { describe, expect, test } from '@jest/globals';
import type { Problem, ProposalView } from '@parapet/contracts';
import { exampleState, PROPOSAL_ID } from '../../test/example.js';
import { problemWords, RequestFailed } from '../api/problem.js';
import { SseParser } from '../api/sse.js';
import { placeOf } from '../hooks/use-place.js';
import { answerOf, endWords, ineligibleWords, notUndone, refusalOf, rightsOf } from './answering.js';
import { differences } from './difference.js';

const shown = exampleState(Date.parse('2026-11-23T09:45:00Z')).proposals.get(PROPOSAL_ID) as ProposalView;
const failed = (status: number, code: string) => {
  const problem = { code, detail: '', status } as Problem;
  return new RequestFailed(status, problem, problemWords(status, problem));
};

describe('answers', () => {
  test('an approval names the plan that was shown, and nothing else', () => {
    expect(answerOf('approve', shown, ' tills ')).toEqual({
      answer: 'approve',
      planId: 'pln_1',
      planDigest: 'd1',
      reason: 'tills',
    });
    expect(answerOf('reject', shown, 'promotion')).toEqual({ answer: 'reject', reason: 'promotion' });
  });

  test('what cannot be undone is what stays changed and what the steps lose', () => {
    expect(notUndone(shown)).toEqual([
      'The column pos_order.loyalty_id stays in the database.',
      'Lost: loyalty points collected since 09:31',
    ]);
  });

  test.each([
    [['viewer'], { respond: false, decide: false }],
    [['responder'], { respond: true, decide: false }],
    [['approver'], { respond: true, decide: true }],
    [['admin'], { respond: false, decide: false }],
    [['commander'], { respond: true, decide: true }],
  ])('%j may %j', (roles, rights) => {
    expect(rightsOf({ roles })).toEqual(rights);
  });

  test('who may not approve is told why', () => {
    expect(ineligibleWords('self-approval')).toBe('You started this release, so somebody else has to approve.');
    expect(ineligibleWords(undefined)).toBe('You cannot approve this one.');
  });
});

describe('a refused answer', () => {
  const changed = { ...shown, revision: 4, evidence: shown.evidence.slice(0, 1) };
  const ended = {
    ...shown,
    state: 'rejected',
    ended: { end: 'rejected', by: ['shops-lead'], at: '2026-11-23T09:44:00Z', reason: 'a promotion' },
  } as ProposalView;

  test('412 shows what is different and asks again', () => {
    expect(refusalOf(failed(412, 'changed'), shown, changed)).toMatchObject({
      kind: 'changed',
      differences: ['order-success is no longer in breach.'],
    });
  });
  test('409 says how it ended, when and by whom', () => {
    const refusal = refusalOf(failed(409, 'already-ended'), shown, ended);
    expect(refusal.kind).toBe('ended');
    expect(refusal.words).toMatch(/^Rejected by shops-lead at \d\d:44; the release stays\. “a promotion”$/);
  });
  test('412 on a proposal that has ended meanwhile is an end', () => {
    expect(refusalOf(failed(412, 'changed'), shown, ended).kind).toBe('ended');
  });
  test('409 whose outcome cannot be fetched is still an end', () => {
    expect(refusalOf(failed(409, 'already-ended'), shown, null)).toMatchObject({
      kind: 'ended',
      words: 'Somebody was faster: this proposal has ended.',
    });
  });
  test('412 whose present state cannot be fetched is only refused: nothing is confirmed blindly', () => {
    expect(refusalOf(failed(412, 'changed'), shown, null).kind).toBe('refused');
  });
  test('another failure is said', () => {
    expect(refusalOf(failed(422, 'reason-required'), shown, shown)).toEqual({
      kind: 'refused',
      words: 'Please give a reason: it is kept with the decision.',
    });
  });
  test('every end has words', () => {
    for (const end of ['approved', 'rejected', 'expired', 'cancelled'] as const) {
      expect(endWords({ state: end, ended: { end, by: [], at: '2026-11-23T09:44:00Z', reason: '' } })).toMatch(/\.$/);
    }
  });
});

describe('differences', () => {
  test.each([
    ['nothing', {}, []],
    [
      'a guardrail more',
      { evidence: [...shown.evidence, { name: 'stock', verdict: 'breach', mode: 'act', words: 'stock is late' }] },
      ['stock is now in breach too.'],
    ],
    [
      'numbers that moved',
      { evidence: shown.evidence.map((e, i) => (i === 0 ? { ...e, words: 'now 12 %' } : e)) },
      ['pos-sync-errors: now 12 %'],
    ],
    [
      'another plan',
      { plan: { ...shown.plan, steps: [{ what: 'Shift traffic', target: 'shop', reversible: 'yes' }] } },
      ['New in the plan: Shift traffic', 'No longer in the plan: Put odoo-web and odoo-pos back to 17.0-2026.11.1'],
    ],
    ['a recovery', { recovering: true }, ['The guardrails have begun to recover.']],
    ['only the headline', { headline: 'It is worse' }, ['It is worse']],
  ])('%s', (_, change, expected) => {
    expect(differences(shown, { ...shown, ...(change as Partial<ProposalView>) })).toEqual(expected);
  });
});

describe('problems in plain words', () => {
  test.each([
    [0, null, /cannot be reached/],
    [401, { code: 'unauthenticated', detail: '' }, /sign-in is over/],
    [401, { code: 'sign-in-too-old', detail: 'to approve, sign in again' }, /older than 15 minutes/],
    [
      403,
      { code: 'not-eligible', detail: 'self-approval: …', current: { why: 'self-approval' } },
      /^You started this release, so somebody else has to approve\.$/,
    ],
    [422, { code: 'invalid', detail: 'text must not be empty' }, /^Parapet refused this\. Text must not be empty\.$/],
    [500, { code: 'internal', detail: '', requestId: 'req_7' }, /Try again in a moment\. Reference: req_7\.$/],
    [502, null, /could not do that just now/],
  ])('%d %j', (status, problem, words) => {
    expect(problemWords(status, problem as Problem | null)).toMatch(words);
  });
});

describe('server-sent events', () => {
  const whole = 'retry: 2000\n\n: alive\n\nid: 7\ndata: {"a":1}\n\nid: 8\r\ndata: x\r\ndata: y\r\n\r\ndata: unended\n';
  const expected = [
    { id: '7', data: '{"a":1}' },
    { id: '8', data: 'x\ny' },
  ];

  test('are the same however the stream is cut', () => {
    for (let size = 1; size <= whole.length; size++) {
      const parser = new SseParser();
      const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, i) =>
        whole.slice(i * size, (i + 1) * size),
      );
      expect(pieces.flatMap((piece) => parser.push(piece))).toEqual(expected);
    }
  });
});

test.each([
  ['/', { page: 'releases' }],
  ['/releases', { page: 'releases' }],
  ['/releases/rel_1', { page: 'release', id: 'rel_1' }],
  ['/proposals/prp_1', { page: 'proposal', id: 'prp_1' }],
  ['/proposals', { page: 'nowhere' }],
  ['/releases/rel_1/more', { page: 'nowhere' }],
  ['/elsewhere', { page: 'nowhere' }],
])('%s is %j', (path, place) => {
  expect(placeOf(path)).toEqual(place);
});
