import { describe, expect, test } from '@jest/globals';
import { breach, liveScene, POLICY, type Scene, words } from '../test/scene.js';
import type { Outcome } from './inputs.js';

const orders = breach('order-success', 'propose');

function asked(over: Partial<(typeof POLICY)['proposal']> = {}, release: Parameters<typeof liveScene>[0] = {}): Scene {
  const decisionPolicy = { ...POLICY, proposal: { ...POLICY.proposal, ...over } };
  const scene = liveScene({ decisionPolicy, ...release }).verdict('fail', 'propose', [orders]);
  scene.follow();
  return scene;
}

describe('an answer counts for what was shown, or not at all', () => {
  type Row = readonly [sentence: string, answer: (scene: Scene) => Outcome, then: readonly string[]];
  const rows: readonly Row[] = [
    [
      'one approval is enough where one is needed',
      (s) => s.answer('approve'),
      ['ProposalAnswered approve', 'ProposalEnded approved', 'RollbackOrdered'],
    ],
    ['one rejection ends it', (s) => s.answer('reject'), ['ProposalAnswered reject', 'ProposalEnded rejected']],
    ['acknowledging ends nothing', (s) => s.answer('acknowledge'), ['ProposalAcknowledged']],
    ['a comment ends nothing', (s) => s.answer('comment'), ['ProposalCommented']],
    ['a comment needs a text', (s) => s.answer('comment', { text: '  ' }), ['refused 422 reason-required']],
    ['approving needs a reason', (s) => s.answer('approve', { reason: ' ' }), ['refused 422 reason-required']],
    ['rejecting needs a reason', (s) => s.answer('reject', { reason: '' }), ['refused 422 reason-required']],
    [
      'who started the release does not approve',
      (s) => s.answer('approve', { who: 'release-lead' }),
      ['refused 403 not-eligible self-approval'],
    ],
    [
      'who started the release may reject going back',
      (s) => s.answer('reject', { who: 'release-lead' }),
      ['ProposalAnswered reject', 'ProposalEnded rejected'],
    ],
    ['an older revision is not what stands', (s) => s.answer('approve', { revision: 0 }), ['refused 412 changed']],
    ['another plan is not what stands', (s) => s.answer('approve', { planDigest: 'other' }), ['refused 412 changed']],
    ['another plan id is not what stands', (s) => s.answer('approve', { planId: 'pln_9' }), ['refused 412 changed']],
    [
      'a rejection of an older revision is not counted',
      (s) => s.answer('reject', { revision: 9 }),
      ['refused 412 changed'],
    ],
    [
      'a responder may not approve',
      (s) => s.answer('approve', { by: { subject: 'responder', mayRespond: true, mayApprove: false } }),
      ['refused 403 not-eligible wrong-role'],
    ],
    [
      'a responder may not reject',
      (s) => s.answer('reject', { by: { subject: 'responder', mayRespond: true, mayApprove: false } }),
      ['refused 403 not-eligible wrong-role'],
    ],
    [
      'a viewer may not acknowledge',
      (s) => s.answer('acknowledge', { by: { subject: 'onlooker', mayRespond: false, mayApprove: false } }),
      ['refused 403 not-eligible wrong-role'],
    ],
    [
      'nobody gives back what another acknowledged',
      (s) => s.answer('unacknowledge'),
      ['refused 403 not-eligible not-the-holder'],
    ],
    [
      'nobody withdraws what they did not approve',
      (s) => s.answer('withdraw'),
      ['refused 403 not-eligible not-approved'],
    ],
    [
      'an unknown proposal is not found',
      (s) => s.answer('approve', { proposal: 'prp_9' }),
      ['refused 404 unknown-proposal'],
    ],
    ['at its end the time is over', (s) => s.to(720).answer('approve'), ['refused 409 already-ended']],
    [
      'just before its end there is time',
      (s) => s.to(719.999).answer('approve'),
      ['ProposalAnswered approve', 'ProposalEnded approved', 'RollbackOrdered'],
    ],
  ];
  test.each(rows)('%s', (_sentence, answer, then) => {
    expect(words(answer(asked()))).toEqual(then);
  });

  test('an ended proposal says how it ended', () => {
    const scene = asked();
    scene.answer('reject', { reason: 'a promotion' });
    expect(scene.answer('approve')).toMatchObject({
      code: 'already-ended',
      current: { state: 'rejected', by: ['on-call'], reason: 'a promotion' },
    });
  });

  test('where the policy allows it the starter may approve', () => {
    const outcome = asked({ starterMayApprove: true }).answer('approve', { who: 'release-lead' });
    expect(words(outcome)).toEqual(['ProposalAnswered approve', 'ProposalEnded approved', 'RollbackOrdered']);
  });

  test('the order names the proposal and not the policy', () => {
    const scene = asked();
    scene.answer('approve');
    expect(scene.log.at(-1)).toMatchObject({ type: 'RollbackOrdered', proposal: 'prp_1', plan: 'pln_1', to: 'rel_1' });
    expect(scene.log.at(-1)).not.toHaveProperty('policy');
  });
});

describe('a quorum counts distinct people', () => {
  test('the same person counts once', () => {
    const scene = asked({ approvalsNeeded: 2 });
    expect(words(scene.answer('approve'))).toEqual(['ProposalAnswered approve']);
    expect(words(scene.answer('approve'))).toEqual(['refused 403 not-eligible second-approval-same-person']);
    expect(words(scene.answer('approve', { who: 'second-on-call' }))).toEqual([
      'ProposalAnswered approve',
      'ProposalEnded approved',
      'RollbackOrdered',
    ]);
    expect(scene.log.at(-2)).toMatchObject({ by: ['on-call', 'second-on-call'] });
  });

  test('a withdrawn approval does not count', () => {
    const scene = asked({ approvalsNeeded: 2 });
    scene.answer('approve');
    expect(words(scene.answer('withdraw'))).toEqual(['ProposalAnswered withdraw']);
    expect(words(scene.answer('approve', { who: 'second-on-call' }))).toEqual(['ProposalAnswered approve']);
  });

  test('an approval of an earlier revision has lapsed', () => {
    const scene = asked({ approvalsNeeded: 2 });
    scene.answer('approve');
    scene.verdict('fail', 'propose', [orders, breach('lock-waits', 'propose')]).follow();
    expect(words(scene.answer('approve', { who: 'second-on-call' }))).toEqual(['ProposalAnswered approve']);
    expect(words(scene.answer('approve', { who: 'on-call' }))).toEqual([
      'ProposalAnswered approve',
      'ProposalEnded approved',
      'RollbackOrdered',
    ]);
  });
});

describe('everything is looked at once more before the order', () => {
  test('another actuation holds the component: cancelled', () => {
    const scene = asked();
    scene.heldBy = 'act_other';
    expect(words(scene.answer('approve'))).toEqual(['ProposalAnswered approve', 'ProposalEnded cancelled']);
    expect(scene.log.at(-1)).toMatchObject({ reason: 'another actuation (act_other) holds a component' });
  });

  test('the targets were declared anew: cancelled', () => {
    const scene = asked();
    scene.targets = { web: 'elsewhere', pos: 'shop-pos' };
    expect(words(scene.answer('approve'))).toEqual(['ProposalAnswered approve', 'ProposalEnded cancelled']);
    expect(scene.log.at(-1)).toMatchObject({ reason: 'the steps of the plan no longer apply' });
  });

  test('nothing to go back to cannot be approved, only rejected', () => {
    const scene = asked({}, { previous: null });
    expect(words(scene.answer('approve'))).toEqual(['refused 409 no-way-back']);
    expect(words(scene.answer('reject'))).toEqual(['ProposalAnswered reject', 'ProposalEnded rejected']);
  });
});

describe('acknowledging', () => {
  test('holds for as long as the policy says, and no longer than the proposal', () => {
    const scene = asked();
    scene.answer('acknowledge');
    expect(scene.log.at(-1)).toMatchObject({ by: 'on-call', until: '2026-11-23T09:07:00.000Z' });
    scene.to(600).answer('acknowledge');
    expect(scene.log.at(-1)).toMatchObject({ until: '2026-11-23T09:12:00.000Z' });
  });

  test('is given back by its holder', () => {
    const scene = asked();
    scene.answer('acknowledge');
    expect(words(scene.answer('unacknowledge'))).toEqual(['ProposalAcknowledged']);
    expect(scene.state).toMatchObject({ proposals: [{ acknowledgement: null }] });
  });
});

describe('expiry does what was declared from the start', () => {
  test('before its time nothing happens', () => {
    expect(words(asked().to(719).expire())).toEqual([]);
  });
  test('hold: the proposal expires and nothing else', () => {
    const scene = asked().to(720);
    expect(words(scene.expire())).toEqual(['ProposalEnded expired']);
    expect(words(scene.expire())).toEqual([]);
  });
  test('roll-back: an order by the policy', () => {
    const scene = asked({ onExpiry: 'roll-back' }).to(720);
    expect(words(scene.expire())).toEqual(['ProposalEnded expired', 'RollbackOrdered']);
    expect(scene.log.at(-1)).toMatchObject({ proposal: 'prp_1', policy: 'shop' });
  });
  test('roll-back with a component held elsewhere: cancelled', () => {
    const scene = asked({ onExpiry: 'roll-back' }).to(720);
    scene.heldBy = 'act_other';
    expect(words(scene.expire())).toEqual(['ProposalEnded cancelled']);
  });
  test('accept: the release is kept and its watch ends', () => {
    const scene = asked({ onExpiry: 'accept' }).to(720);
    expect(words(scene.expire())).toEqual(['ProposalEnded expired', 'ReleasePhaseChanged finished']);
  });
  test('the expiry of another proposal ends nothing', () => {
    expect(words(asked().to(720).expire('prp_9'))).toEqual([]);
  });
});
