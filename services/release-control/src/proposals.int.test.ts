import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TENANT } from '../test/shop.js';
import { releaseBody, World } from '../test/world.js';

let world: World;
beforeAll(async () => {
  world = await World.start({ instances: 2 });
  await world.passed('good');
}, 60_000);
afterAll(() => world?.stop());

describe('a proposal', () => {
  test('tells a reader everything, and whether they may approve', async () => {
    const { id, proposal } = await world.proposed('show-1');
    const { headers, body } = await world.get(`/v1/proposals/${proposal}`, 'lead');
    expect(headers.get('etag')).toBe('"1"');
    expect(body).toMatchObject({
      id: proposal,
      revision: 1,
      state: 'open',
      onExpiry: 'hold',
      release: { id, name: 'show-1', startedBy: 'starter' },
      previous: {
        name: 'good',
        components: [
          { component: 'odoo-web', version: 'good' },
          { component: 'odoo-pos', version: 'good' },
        ],
      },
      evidence: [{ name: 'order-success', verdict: 'breach', observed: 0.8, limit: 0.95 }],
      plan: {
        steps: [
          { target: 'shop-web', reversible: 'yes' },
          { target: 'shop-pos', reversible: 'yes' },
        ],
      },
      approvalsNeeded: 1,
      approvals: [],
      eligible: { may: true },
      links: { page: `http://console.example/proposals/${proposal}` },
    });
    expect(body.headline).toMatch(/^Order success 80 % \(limit 95 %\); \d+ s after show-1 went live$/);
    expect((await world.get(`/v1/proposals/${proposal}`, 'responder')).body.eligible).toEqual({
      may: false,
      why: 'wrong-role',
    });
    expect(
      (await world.get('/v1/proposals?state=open', 'onlooker')).body.items.map((p: { id: string }) => p.id),
    ).toContain(proposal);
    expect((await world.get('/v1/proposals/prp_nothing', 'onlooker')).status).toBe(404);
  });

  test('is approved once, and one order follows that names it', async () => {
    const { id, proposal } = await world.proposed('approve-1');
    const { status, body } = await world.approve(proposal, 'lead');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      state: 'approved',
      ended: { end: 'approved', by: ['lead'] },
      approvals: [{ by: 'lead', reason: 'orders fail' }],
    });
    const events = (await world.get(`/v1/releases/${id}/events`)).body.items;
    const orders = events.filter((e: { type: string }) => e.type === 'dev.parapet.rollback.ordered.v1');
    expect(orders).toHaveLength(1);
    expect(orders[0].data).toMatchObject({
      proposal,
      planDigest: body.planDigest,
      environment: 'production',
      workload: 'odoo-retail',
    });
    expect((await world.get(`/v1/releases/${id}/verdict`)).body).toMatchObject({
      verdict: 'fail',
      action: 'roll-back',
    });
    await world.carriedOut(id);
  });

  test('acknowledged, commented and rejected through the API', async () => {
    const { proposal } = await world.proposed('reject-1');
    const answer = (as: 'responder' | 'lead', body: unknown, ifMatch?: string) =>
      world.call('POST', `/v1/proposals/${proposal}/answers`, {
        as,
        body,
        ...(ifMatch === undefined ? {} : { ifMatch }),
      });
    expect((await answer('responder', { answer: 'acknowledge' })).body.acknowledgement).toMatchObject({
      by: 'responder',
    });
    expect(
      (await answer('responder', { answer: 'comment', text: 'looking at the tills' })).body.comments,
    ).toMatchObject([{ by: 'responder', text: 'looking at the tills' }]);
    const { body } = await answer('lead', { answer: 'reject', reason: 'a promotion' }, '"1"');
    expect(body).toMatchObject({
      state: 'rejected',
      acknowledgement: null,
      ended: { by: ['lead'], reason: 'a promotion' },
    });
  });
});

describe('an answer that does not count is refused', () => {
  let proposal: string;
  beforeAll(async () => {
    ({ proposal } = await world.proposed('refuse-1'));
  });

  type Row = readonly [
    sentence: string,
    as: 'lead' | 'responder' | 'onlooker' | 'pipeline',
    body: Record<string, unknown>,
    ifMatch: string | undefined,
    status: number,
    code: string,
  ];
  const shown = { planId: 'SHOWN', planDigest: 'SHOWN', reason: 'because' };
  const rows: readonly Row[] = [
    [
      'approving without saying what was shown',
      'lead',
      { answer: 'approve', ...shown },
      undefined,
      428,
      'precondition-required',
    ],
    [
      'rejecting without saying what was shown',
      'lead',
      { answer: 'reject', reason: 'no' },
      undefined,
      428,
      'precondition-required',
    ],
    ['approving another revision', 'lead', { answer: 'approve', ...shown }, '"2"', 412, 'changed'],
    ['approving with a tag that is none of ours', 'lead', { answer: 'approve', ...shown }, '*', 412, 'changed'],
    ['approving another plan', 'lead', { answer: 'approve', ...shown, planDigest: 'other' }, '"1"', 412, 'changed'],
    ['approving without a reason', 'lead', { answer: 'approve', ...shown, reason: '' }, '"1"', 422, 'reason-required'],
    ['rejecting without a reason', 'lead', { answer: 'reject' }, '"1"', 422, 'reason-required'],
    ['a responder approving', 'responder', { answer: 'approve', ...shown }, '"1"', 403, 'not-eligible'],
    ['a viewer acknowledging', 'onlooker', { answer: 'acknowledge' }, undefined, 403, 'not-eligible'],
    ['a pipeline rejecting', 'pipeline', { answer: 'reject', reason: 'no' }, '"1"', 403, 'not-eligible'],
    ['withdrawing what was not approved', 'lead', { answer: 'withdraw', reason: 'no' }, undefined, 403, 'not-eligible'],
    ['giving back what another holds', 'responder', { answer: 'unacknowledge' }, undefined, 403, 'not-eligible'],
    ['an empty comment', 'responder', { answer: 'comment', text: ' ' }, undefined, 422, 'reason-required'],
    ['a word that is no answer', 'lead', { answer: 'shrug' }, undefined, 422, 'invalid'],
  ];
  test.each(rows)('%s', async (_sentence, as, body, ifMatch, status, code) => {
    const { plan, planDigest } = (await world.get(`/v1/proposals/${proposal}`)).body;
    const filled = {
      ...body,
      ...(body['planId'] === 'SHOWN' ? { planId: plan.planId } : {}),
      ...(body['planDigest'] === 'SHOWN' ? { planDigest } : {}),
    };
    const answer = await world.call('POST', `/v1/proposals/${proposal}/answers`, {
      as,
      body: filled,
      ...(ifMatch === undefined ? {} : { ifMatch }),
    });
    expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
    expect((await world.get(`/v1/proposals/${proposal}`)).body.state).toBe('open');
  });

  test('who started the release does not approve it', async () => {
    const own = await world.proposed('refuse-2', { startedBy: 'lead' });
    expect((await world.approve(own.proposal, 'lead')).body).toMatchObject({
      status: 403,
      code: 'not-eligible',
      current: { why: 'self-approval' },
    });
    expect((await world.approve(own.proposal, 'deputy')).status).toBe(200);
    await world.carriedOut(own.id);
  });

  test('an ended one says how it ended, and when it changed under the reader', async () => {
    const ended = await world.proposed('refuse-3');
    await world.approve(ended.proposal, 'lead');
    const again = await world.approve(ended.proposal, 'deputy');
    expect(again.body).toMatchObject({
      status: 409,
      code: 'already-ended',
      current: { state: 'approved', by: ['lead'] },
    });
    await world.carriedOut(ended.id);
  });

  test('a right that is not held goes on record', async () => {
    const rows = (await world.get('/v1/journal?limit=200', 'auditor')).body.items;
    const refused = rows.filter((row: { type: string }) => row.type === 'right.refused');
    expect(refused.map((row: { stream: string; data: { right: string } }) => [row.stream, row.data.right])).toEqual(
      expect.arrayContaining([
        ['access:responder', 'approve'],
        ['access:onlooker', 'acknowledge'],
        ['access:pipeline', 'reject'],
      ]),
    );
  });
});

describe('two things at once', () => {
  test('two approvers on two instances: one end, one order', async () => {
    for (let round = 0; round < 5; round++) {
      const { id, proposal } = await world.proposed(`race-${round}`);
      const answers = await Promise.all([
        world.approve(proposal, 'lead', {}, 0),
        world.approve(proposal, 'deputy', {}, 1),
      ]);
      expect(answers.map((a) => a.status).sort()).toEqual([200, 409]);
      const types = await world.types(id);
      expect(types.filter((type) => type === 'proposal.ended')).toHaveLength(1);
      expect(types.filter((type) => type === 'rollback.ordered')).toHaveLength(1);
      await world.carriedOut(id);
    }
  });

  test('an approval and a rejection: one end', async () => {
    const { id, proposal } = await world.proposed('race-9');
    const reject = { answer: 'reject', reason: 'a promotion' };
    const answers = await Promise.all([
      world.approve(proposal, 'lead', {}, 0),
      world.call('POST', `/v1/proposals/${proposal}/answers`, { as: 'deputy', ifMatch: '"1"', body: reject }, 1),
    ]);
    expect(answers.map((a) => a.status).sort()).toEqual([200, 409]);
    expect((await world.types(id)).filter((type) => type === 'proposal.ended')).toHaveLength(1);
    if ((await world.types(id)).includes('rollback.ordered')) await world.carriedOut(id);
  });

  test('two releases of one component: the second order waits for people, then for the first', async () => {
    const first = await world.live('hold-1', { criticality: 'high' });
    await world.verdict(first, 'fail');
    await world.ordered(first);
    const second = (await world.post('/v1/releases', releaseBody('hold-2', { criticality: 'high' }))).body.id;
    await world.post(`/v1/releases/${second}/phases`, { phase: 'deploying' });
    await world.verdict(second, 'fail');
    await world.until(
      'people are asked',
      async () => (await world.get(`/v1/releases/${second}`)).body.proposal !== null,
    );
    const { body } = await world.approve((await world.get(`/v1/releases/${second}`)).body.proposal, 'lead');
    expect(body).toMatchObject({ state: 'cancelled', ended: { reason: expect.stringContaining('holds a component') } });
    expect(await world.types(second)).not.toContain('rollback.ordered');
    await world.carriedOut(first);
  });
});

describe('what others say of a release', () => {
  test('a verdict delivered again decides nothing twice, on either instance', async () => {
    const id = await world.live('redeliver-1', { criticality: 'high' });
    await world.verdict(id, 'fail');
    await world.ordered(id);
    const before = await world.types(id);
    // The same message under another id, as after a broker was restored: no broker recognises it, the inbox does.
    await world.redeliver(id, 'verdict.changed');
    await world.redeliver(id, 'verdict.changed');
    const probe = (await world.post('/v1/releases', releaseBody('redeliver-2'))).body.id;
    await world.verdict(probe, 'inconclusive');
    await world.until('what came after was handled', async () =>
      (await world.get('/v1/releases?limit=200')).body.items.some(
        (r: { id: string; verdict: string }) => r.id === probe && r.verdict === 'inconclusive',
      ),
    );
    expect(await world.types(id)).toEqual(before);
    expect(before.filter((type) => type === 'decision.made')).toHaveLength(1);
    await world.carriedOut(id);
  });

  test('an actuation that is done makes the release rolled back, and its verification is shown', async () => {
    const id = await world.live('done-1', { criticality: 'high' });
    await world.verdict(id, 'fail');
    const actuation = await world.ordered(id);
    await world.say('rollback-actuation', id, { type: 'ActuationStarted', actuation, plan: 'pln_x', attempt: 1 });
    await world.say('rollback-actuation', id, {
      type: 'ActuationFinished',
      actuation,
      outcome: 'done',
      steps: [],
      attempt: 1,
    });
    await world.say('rollback-actuation', id, {
      type: 'RollbackVerified',
      actuation,
      outcome: 'verified',
      running: [],
      guardrails: [],
    });
    await world.until('the list shows it verified', async () => {
      const { items } = (await world.get('/v1/releases?limit=200')).body;
      return items.some(
        (r: { id: string; phase: string; rollback: string }) =>
          r.id === id && r.phase === 'rolled-back' && r.rollback === 'verified',
      );
    });
  });

  test('recovery cancels an open proposal', async () => {
    const { id, proposal } = await world.proposed('recover-1');
    await world.say('guardrail-evaluation', id, { type: 'RecoveryJudged', outcome: 'recovering', guardrails: [] });
    await world.until(
      'it is marked',
      async () => (await world.get(`/v1/proposals/${proposal}`)).body.recovering === true,
    );
    await world.say('guardrail-evaluation', id, { type: 'RecoveryJudged', outcome: 'recovered', guardrails: [] });
    await world.until(
      'it is cancelled',
      async () => (await world.get(`/v1/proposals/${proposal}`)).body.state === 'cancelled',
    );
  });

  test('an irreversible release of high criticality is only proposed', async () => {
    const { id, proposal } = await world.proposed('irreversible-1', {
      criticality: 'high',
      steps: [{ kind: 'database-migration', what: 'adds a column', reversible: 'no' }],
    });
    const { body } = await world.get(`/v1/proposals/${proposal}`);
    expect(body.alternatives).toHaveLength(4);
    expect(body.plan.notUndone).toEqual(['database-migration: adds a column (stays)']);
    expect(await world.types(id)).not.toContain('rollback.ordered');
  });
});

describe('an event that cannot be followed', () => {
  test('is tried again, and set aside in the end instead of being lost', async () => {
    await world.hearOfStranger('rel_01JD8Z5WQ0000000000000000X');
    const letters = async (): Promise<readonly { consumer: string; reason: string }[]> =>
      (await world.get('/v1/dead-letters', 'admin')).body.items;
    await world.until('it is a dead letter', async () => (await letters()).length > 0, 30_000);
    expect(await letters()).toMatchObject([
      { consumer: 'release-control', reason: expect.stringContaining('is heard of and not registered') },
    ]);
  }, 40_000);
});

describe('time', () => {
  test('a proposal whose time is over ends by itself, once, with two instances looking', async () => {
    await world.configure(TENANT, (await import('../test/shop.js')).TOKENS, { expiresAfter: '1s' });
    await world.until('the short time is in use', async () => {
      const { body } = await world.post('/v1/releases', releaseBody(`time-probe-${Date.now()}`));
      const events = (await world.get(`/v1/releases/${body.id}/events`)).body.items;
      return events[0].data.decisionPolicy.proposal.expiresAfterMs === 1000;
    });
    const { id, proposal } = await world.proposed('time-1');
    await world.until(
      'it expired',
      async () => (await world.get(`/v1/proposals/${proposal}`)).body.state === 'expired',
    );
    expect((await world.types(id)).filter((type) => type === 'proposal.ended')).toHaveLength(1);
    const { status, body } = await world.approve(proposal, 'lead');
    expect({ status, code: body.code, state: body.current.state }).toEqual({
      status: 409,
      code: 'already-ended',
      state: 'expired',
    });
  });
});
