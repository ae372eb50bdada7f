import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { GuardrailView } from '@parapet/contracts';
import { releaseBody, RIVAL, RIVAL_TOKENS, World } from '../test/world.js';
import { TENANT } from '../test/shop.js';

let world: World;
beforeAll(async () => {
  world = await World.start({ instances: 2 });
}, 120_000);
afterAll(() => world.stop());

/** The sequence of a release's newest verdict. */
async function verdictOf(release: string): Promise<number> {
  return (await world.get(`/v1/releases/${release}`)).body.verdictSequence;
}

/** A release that failed for order-success and was kept, so that the next may follow. */
async function failed(name: string): Promise<string> {
  const id = await world.live(name);
  await world.verdict(id, 'fail', { final: true });
  await world.until(
    `${name} has failed, and what follows is decided`,
    async () => (await world.get(`/v1/releases/${id}`)).body.proposal !== null,
  );
  return id;
}

async function mark(release: string, right: boolean, over: Record<string, unknown> = {}, as = 'responder') {
  const body = { verdict: await verdictOf(release), right, reason: 'looked at the tills', ...over };
  return world.post(`/v1/releases/${release}/marks`, body, { as });
}

async function orderSuccess(environment = 'production'): Promise<GuardrailView> {
  const { items } = (await world.get('/v1/guardrails')).body as { items: GuardrailView[] };
  const found = items.find((one) => one.guardrail === 'order-success' && one.environment === environment);
  if (found === undefined) throw new Error(`no order-success in ${environment}: ${JSON.stringify(items)}`);
  return found;
}

async function modeChanges(): Promise<readonly Record<string, unknown>[]> {
  return world.db.transact(TENANT, (tx) =>
    tx.query(
      `SELECT type, data, environment, actor->>'id' AS actor FROM journal WHERE stream = 'guardrail:production/checkout/order-success' ORDER BY seq`,
    ),
  );
}

describe('a guardrail', () => {
  it('that has never returned data only observes; the release says so, and the journal once', async () => {
    expect(await orderSuccess()).toMatchObject({
      declared: 'act',
      mode: 'observe',
      why: 'no-data',
      data: { returns: false, at: null },
      proof: null,
      precision: null,
      breaches: 0,
    });
    const one = await world.live('first-of-all');
    const two = await world.live('second-of-all');
    for (const release of [one, two]) {
      expect((await world.get(`/v1/releases/${release}`)).body.standings).toEqual([
        { guardrail: 'order-success', mode: 'observe', declared: 'act', why: 'no-data' },
      ]);
    }
    expect(await modeChanges()).toMatchObject([
      {
        type: 'guardrail.mode-changed',
        environment: 'production',
        data: { guardrail: 'order-success', from: 'act', to: 'observe', reason: 'no-data', by: 'release-control' },
      },
    ]);
  });

  it('that was seen to breach in a watch has shown that it can, and acts from the next release on', async () => {
    await failed('seen-to-breach');
    await world.until('the breach is known', async () => (await orderSuccess()).proof !== null);
    expect(await orderSuccess()).toMatchObject({
      mode: 'act',
      why: null,
      proof: { by: 'watch' },
      breaches: 1,
      lastBreach: { release: expect.stringMatching(/^rel_/) },
    });
    const release = await world.live('after-the-breach');
    expect((await world.get(`/v1/releases/${release}`)).body.standings).toBeUndefined();
    expect((await modeChanges()).at(-1)).toMatchObject({ data: { from: 'observe', to: 'act', reason: 'proven' } });
  });

  it('tells the world that it moved, under its environment and no release', async () => {
    const heard = await world.heard(/^parapet\.events\.v1\.[^.]+\.production\.none\.none\.guardrail\.mode-changed$/);
    expect(heard.map(({ data }) => data)).toMatchObject([
      { policy: 'checkout', guardrail: 'order-success', from: 'act', to: 'observe', reason: 'no-data', sequence: 1 },
      { policy: 'checkout', guardrail: 'order-success', from: 'observe', to: 'act', reason: 'proven', sequence: 2 },
    ]);
  });
});

describe('a guardrail with history', () => {
  it('is tried on it when a release is registered, and acts because it saw an injected fault and nothing without', async () => {
    await world.history(TENANT, 'staging', 26 * 60, (minute) => ({ of: 100, good: 99 - (minute % 3 === 0 ? 1 : 0) }));
    expect(await orderSuccess('staging')).toMatchObject({
      mode: 'propose',
      why: 'no-breach-shown',
      data: { returns: true },
    });
    const { body } = await world.post('/v1/releases', releaseBody('tried', { environment: 'staging' }));
    expect(body.standings).toBeUndefined();
    expect(await orderSuccess('staging')).toMatchObject({
      mode: 'act',
      why: null,
      proof: { by: 'self-test' },
      test: { words: expect.stringMatching(/^saw failures times 3 after \d+ (s|min), and nothing without a fault$/) },
      breaches: 0,
    });
  });

  it('that is in breach as things are has shown nothing: it may propose, and says why', async () => {
    await world.history(RIVAL, 'staging', 26 * 60, () => ({ of: 100, good: 80 }));
    const { body } = await world.post('/v1/releases', releaseBody('tried', { environment: 'staging' }), {
      as: RIVAL_TOKENS.pipeline,
    });
    expect(body.standings).toEqual([
      { guardrail: 'order-success', mode: 'propose', declared: 'act', why: 'no-breach-shown' },
    ]);
    const { items } = (await world.get('/v1/guardrails', RIVAL_TOKENS.onlooker)).body as { items: GuardrailView[] };
    expect(items.find(({ environment }) => environment === 'staging')).toMatchObject({
      proof: null,
      test: { words: expect.stringContaining('in breach without any fault') },
    });
  });
});

describe('a person who looks at a verdict afterwards', () => {
  it("marks it right or wrong, in the release's own story", async () => {
    const release = await failed('marked');
    const { status, body } = await mark(release, true);
    expect(status).toBe(200);
    expect(body.items).toEqual([
      {
        verdict: await verdictOf(release),
        right: true,
        reason: 'looked at the tills',
        by: 'responder',
        at: expect.any(String),
      },
    ]);
    expect((await world.types(release)).at(-1)).toBe('verdict.marked');
    expect((await world.get(`/v1/releases/${release}/marks`)).body).toEqual(body);
  });

  it('may change their mind: the later word replaces the earlier, and both are in the journal', async () => {
    const release = await failed('mind-changed');
    await mark(release, true);
    const { body } = await mark(release, false, { reason: 'it was the till after all' });
    expect(body.items).toMatchObject([{ right: false, reason: 'it was the till after all' }]);
    expect((await world.types(release)).filter((type) => type === 'verdict.marked')).toHaveLength(2);
  });

  it("may mark one guardrail's part apart from the whole", async () => {
    const release = await failed('by-guardrail');
    await mark(release, true);
    const { body } = await mark(release, false, { guardrail: 'order-success' }, 'lead');
    expect(body.items).toMatchObject([
      { guardrail: 'order-success', right: false, by: 'lead' },
      { right: true, by: 'responder' },
    ]);
  });

  it('says it once, however often the request comes', async () => {
    const release = await failed('said-once');
    const body = { verdict: await verdictOf(release), right: true, reason: 'yes' };
    const first = await world.post(`/v1/releases/${release}/marks`, body, { as: 'responder', key: 'mark-once' });
    const again = await world.call(
      'POST',
      `/v1/releases/${release}/marks`,
      { as: 'responder', key: 'mark-once', body },
      1,
    );
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect((await world.types(release)).filter((type) => type === 'verdict.marked')).toHaveLength(1);
  });

  it.each([
    ['a sequence that is no verdict', { verdict: 1 }, 'unknown-verdict', '/verdict'],
    ['a guardrail without a part in it', { guardrail: 'nobody' }, 'unknown-guardrail', '/guardrail'],
    ['no reason', { reason: '  ' }, 'invalid', '/reason'],
    ['neither right nor wrong', { right: 'perhaps' }, 'invalid', '/right'],
  ])('is told about %s', async (what, over, code, field) => {
    const release = await failed(`refused-${what.replaceAll(' ', '-')}`);
    const before = await world.types(release);
    expect(await mark(release, true, over)).toMatchObject({ status: 422, body: { code, field } });
    expect(await world.types(release)).toEqual(before);
  });

  it("needs the right for it, and marks nobody else's release", async () => {
    const release = await failed('not-yours');
    expect((await mark(release, true, {}, 'onlooker')).status).toBe(403);
    expect((await mark(release, true, {}, RIVAL_TOKENS.responder)).status).toBe(404);
    expect((await world.get(`/v1/releases/${release}/marks`, RIVAL_TOKENS.onlooker)).status).toBe(404);
  });
});

describe('precision', () => {
  it('below the floor steps a guardrail down to propose, in the transaction of the mark that did it', async () => {
    const before = (await modeChanges()).length;
    const releases: string[] = [];
    for (let n = 0; n < 5; n++) releases.push(await failed(`wrong-${n}`));
    // What was marked above counts too: one right (marked), one wrong (mind-changed), one right (said-once), one disputed.
    expect(await orderSuccess()).toMatchObject({ marks: { right: 2, wrong: 1, disputed: 1 }, mode: 'act' });
    await mark(releases[0] ?? '', false);
    expect(await orderSuccess()).toMatchObject({ marks: { right: 2, wrong: 2, disputed: 1 }, mode: 'act' });
    await mark(releases[1] ?? '', false);

    expect(await orderSuccess()).toMatchObject({
      declared: 'act',
      mode: 'propose',
      why: 'precision',
      precision: { value: 0.4, low: expect.closeTo(0.0527, 4), high: expect.closeTo(0.8534, 4) },
      marks: { right: 2, wrong: 3, disputed: 1 },
    });
    const changes = await modeChanges();
    expect(changes).toHaveLength(before + 1);
    expect(changes.at(-1)).toMatchObject({
      actor: 'responder',
      data: {
        from: 'act',
        to: 'propose',
        reason: 'precision',
        precision: 0.4,
        right: 2,
        wrong: 3,
        by: 'release-control',
      },
    });
    const next = await world.live('after-the-step');
    expect((await world.get(`/v1/releases/${next}`)).body.standings).toEqual([
      { guardrail: 'order-success', mode: 'propose', declared: 'act', why: 'precision' },
    ]);
  });

  it('that recovers does not lift it again: only a person does, with a reason, and counts anew', async () => {
    for (let n = 0; n < 4; n++) await mark(await failed(`right-${n}`), true);
    expect(await orderSuccess()).toMatchObject({ marks: { right: 6, wrong: 3 }, mode: 'propose', why: 'precision' });

    const path = '/v1/guardrails/checkout/order-success/restore';
    expect((await world.post(path, { reason: 'mended' }, { as: 'responder' })).status).toBe(403);
    expect((await world.post(path, { reason: '' }, { as: 'lead' })).body).toMatchObject({ field: '/reason' });
    expect((await world.post(path, { reason: 'x', environment: 'staging' }, { as: 'lead' })).status).toBe(409);
    const restored = await world.post(path, { reason: 'the tills are mended' }, { as: 'lead' });
    expect(restored).toMatchObject({
      status: 200,
      body: {
        items: [{ environment: 'production', mode: 'act', why: null, precision: null, marks: { right: 0, wrong: 0 } }],
      },
    });
    expect((await modeChanges()).at(-1)).toMatchObject({
      actor: 'lead',
      data: { from: 'propose', to: 'act', reason: 'restored', note: 'the tills are mended', by: 'lead' },
    });
    expect(await world.post(path, { reason: 'again' }, { as: 'lead' })).toMatchObject({
      status: 409,
      body: { code: 'not-stepped-down' },
    });
  });

  it("is the tenant's own", async () => {
    const { items } = (await world.get('/v1/guardrails', RIVAL_TOKENS.onlooker)).body as { items: GuardrailView[] };
    expect(items.map(({ breaches, marks }) => ({ breaches, marks }))).toEqual(
      [1, 2].map(() => ({ breaches: 0, marks: { right: 0, wrong: 0, disputed: 0 } })),
    );
  });
});

describe('a crash', () => {
  it('between a mark and its effect leaves neither', async () => {
    const release = await failed('crashed');
    await world.breakWrites('verdict_marks');
    expect((await mark(release, true)).status).toBe(500);
    expect(await world.types(release)).not.toContain('verdict.marked');
    await world.mendWrites('verdict_marks');
    expect((await mark(release, true)).status).toBe(200);
    expect((await world.types(release)).filter((type) => type === 'verdict.marked')).toHaveLength(1);
  });

  it('between a step-down and its mark leaves neither', async () => {
    const releases = [];
    for (let n = 0; n < 4; n++) releases.push(await failed(`crashing-${n}`));
    // With the one right mark since the last restoration the fourth wrong one is the fifth that counts.
    for (const release of releases.slice(0, 3)) await mark(release, false);
    const before = await modeChanges();
    await world.breakWrites('guardrail_standings');
    expect((await mark(releases[3] ?? '', false)).status).toBe(500);
    expect(await modeChanges()).toEqual(before);
    expect((await orderSuccess()).marks.wrong).toBe(3);
    await world.mendWrites('guardrail_standings');
    expect((await mark(releases[3] ?? '', false)).status).toBe(200);
    expect((await orderSuccess()).mode).toBe('propose');
    expect(await modeChanges()).toHaveLength(before.length + 1);
  });
});
