import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeToken } from '@parapet/policy';
import { shopDocuments, TENANT, TOKENS } from '../test/shop.js';
import { RIVAL, RIVAL_TOKENS, releaseBody, World } from '../test/world.js';

let world: World;
beforeAll(async () => {
  world = await World.start({ instances: 2 });
}, 60_000);
afterAll(() => world?.stop());

describe('an idempotency key', () => {
  test('gives the first answer again, byte for byte, and no second effect', async () => {
    const key = randomUUID();
    const first = await world.post('/v1/releases', releaseBody('key-1'), { key });
    const again = await world.post('/v1/releases', releaseBody('key-1'), { key });
    expect(again.status).toBe(201);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect(JSON.stringify(again.body)).toBe(JSON.stringify(first.body));
  });

  test('repeats a refusal as well', async () => {
    const { body } = await world.post('/v1/releases', releaseBody('key-2'));
    const key = randomUUID();
    const first = await world.post(`/v1/releases/${body.id}/phases`, { phase: 'live' }, { key });
    await world.post(`/v1/releases/${body.id}/phases`, { phase: 'deploying' });
    const again = await world.post(`/v1/releases/${body.id}/phases`, { phase: 'live' }, { key });
    expect([first.status, again.status]).toEqual([409, 409]);
    expect(again.body.current).toEqual(first.body.current);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
  });

  test('is refused for another body', async () => {
    const key = randomUUID();
    await world.post('/v1/releases', releaseBody('key-3'), { key });
    expect((await world.post('/v1/releases', releaseBody('key-4'), { key })).body).toMatchObject({
      status: 422,
      code: 'key-reused',
    });
  });

  test("is each caller's own", async () => {
    const key = randomUUID();
    await world.post('/v1/releases', releaseBody('key-5'), { key });
    const rival = await world.post('/v1/releases', releaseBody('key-5'), { key, as: RIVAL_TOKENS.pipeline });
    expect(rival.status).toBe(201);
    expect(rival.headers.get('idempotency-replayed')).toBeNull();
  });

  test.each([null, '', 'with space', 'x'.repeat(129)])('%j is refused', async (key) => {
    const answer = await world.post('/v1/releases', releaseBody('key-6'), { key });
    expect(answer.body).toMatchObject({ status: 422, code: 'idempotency-key' });
  });

  test('used at once on two instances has one effect', async () => {
    const key = randomUUID();
    const answers = await Promise.all(
      [0, 1, 0, 1].map((n) =>
        world.call('POST', '/v1/releases', { as: 'pipeline', key, body: releaseBody('key-7') }, n),
      ),
    );
    for (const answer of answers) expect([201, 409]).toContain(answer.status);
    for (const answer of answers.filter((a) => a.status === 409)) expect(answer.body.code).toBe('in-progress');
    expect(answers.filter((a) => a.status === 201 && a.headers.get('idempotency-replayed') === null)).toHaveLength(1);
  });
});

describe('who may what', () => {
  type Row = readonly [method: string, path: string, body: unknown, allowed: readonly (keyof typeof TOKENS)[]];
  const everybody = Object.keys(TOKENS) as (keyof typeof TOKENS)[];
  const rows: readonly Row[] = [
    ['GET', '/v1/me', undefined, everybody],
    ['GET', '/v1/releases', undefined, everybody],
    ['GET', '/v1/proposals', undefined, everybody],
    ['GET', '/v1/configuration', undefined, everybody],
    ['GET', '/v1/alerts?environment=production', undefined, everybody],
    ['POST', '/v1/alerts/am/f/settle', { episode: 1, as: 'resolved', reason: 'x' }, ['lead', 'deputy', 'responder']],
    ['GET', '/v1/guardrails', undefined, everybody],
    ['GET', '/v1/releases/rel_x/marks', undefined, everybody],
    ['POST', '/v1/releases/rel_x/marks', { verdict: 1, right: true, reason: 'x' }, ['lead', 'deputy', 'responder']],
    ['POST', '/v1/guardrails/p/g/restore', { reason: 'x' }, ['lead', 'deputy', 'admin']],
    ['POST', '/v1/releases', releaseBody('rights'), ['pipeline']],
    ['POST', '/v1/configuration', { documents: [] }, ['admin']],
    ['GET', '/v1/journal', undefined, ['auditor', 'admin']],
    ['POST', '/v1/journal/republish', { from: 1 }, ['admin']],
    ['GET', '/v1/dead-letters', undefined, ['auditor', 'admin']],
    ['POST', '/v1/dead-letters/999/retry', undefined, ['admin']],
    ['POST', '/v1/dead-letters/999/drop', undefined, ['admin']],
  ];
  test.each(rows)('%s %s', async (method, path, body, allowed) => {
    for (const as of everybody) {
      const { status } = await world.call(method, path, { as, ...(body === undefined ? {} : { body }) });
      expect({ as, isAllowed: status !== 403 }).toEqual({ as, isAllowed: allowed.includes(as) });
      expect(status).not.toBe(500);
    }
    for (const as of [undefined, makeToken(), 'nonsense']) {
      const { status, body: problem } = await world.call(method, path, {
        ...(as === undefined ? {} : { as }),
        ...(body === undefined ? {} : { body }),
      });
      expect({ status, code: problem.code }).toEqual({ status: 401, code: 'unauthenticated' });
    }
  });
});

async function signIn(token: string): Promise<{ readonly cookie: string; readonly csrfToken: string }> {
  const { status, headers, body } = await world.call('POST', '/v1/session', { body: { token }, key: null });
  expect(status).toBe(201);
  const cookie = headers.get('set-cookie') ?? '';
  expect(cookie).toMatch(/^parapet_session=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=28800$/);
  return { cookie: cookie.split(';')[0] ?? '', csrfToken: body.csrfToken };
}

describe('a session of the console', () => {
  test('reads with its cookie alone, and changes only with its token against forged requests', async () => {
    const { id, proposal } = await world.proposed('session-1');
    const { cookie, csrfToken } = await signIn(TOKENS.lead);
    const me = await world.call('GET', '/v1/me', { headers: { cookie } });
    expect(me.body).toMatchObject({ tenant: TENANT, subject: 'lead', roles: ['approver'], csrfToken });
    const acknowledge = (headers: Record<string, string>) =>
      world.call('POST', `/v1/proposals/${proposal}/answers`, {
        body: { answer: 'acknowledge' },
        headers: { cookie, ...headers },
      });
    expect((await acknowledge({})).body).toMatchObject({ status: 403, code: 'csrf' });
    expect((await acknowledge({ 'x-csrf-token': 'x'.repeat(csrfToken.length) })).body).toMatchObject({
      status: 403,
      code: 'csrf',
    });
    expect((await acknowledge({ 'x-csrf-token': csrfToken })).status).toBe(200);
    expect(await world.types(id)).toContain('proposal.acknowledged');
  });

  test('is known to every instance, and ends when its reader signs out', async () => {
    const { cookie, csrfToken } = await signIn(TOKENS.onlooker);
    expect((await world.call('GET', '/v1/me', { headers: { cookie } }, 1)).status).toBe(200);
    const out = await world.call('DELETE', '/v1/session', { headers: { cookie, 'x-csrf-token': csrfToken } });
    expect(out.status).toBe(204);
    expect(out.headers.get('set-cookie')).toMatch(/Max-Age=0/);
    expect((await world.call('GET', '/v1/me', { headers: { cookie } }, 1)).status).toBe(401);
  });

  test('is not opened with a wrong token', async () => {
    expect((await world.call('POST', '/v1/session', { body: { token: makeToken() } })).status).toBe(401);
    expect((await world.call('POST', '/v1/session', { body: {} })).body).toMatchObject({
      status: 422,
      field: '/token',
    });
  });

  test('older than a quarter of an hour reads and does not approve', async () => {
    const { proposal } = await world.proposed('session-2');
    const { cookie, csrfToken } = await signIn(TOKENS.lead);
    await world.ageSessions(16 * 60_000);
    const { body, headers } = await world.call('GET', `/v1/proposals/${proposal}`, { headers: { cookie } });
    const answer = { answer: 'approve', reason: 'x', planId: body.plan.planId, planDigest: body.planDigest };
    const refused = await world.call('POST', `/v1/proposals/${proposal}/answers`, {
      body: answer,
      ifMatch: headers.get('etag') ?? '',
      headers: { cookie, 'x-csrf-token': csrfToken },
    });
    expect(refused.body).toMatchObject({ status: 401, code: 'sign-in-too-old' });
  });

  test('signings in and out are on record', async () => {
    const rows = (await world.get('/v1/journal?limit=200', 'auditor')).body.items;
    expect(
      rows
        .filter((row: { stream: string }) => row.stream === 'access:onlooker')
        .map((row: { type: string }) => row.type),
    ).toEqual(expect.arrayContaining(['session.opened', 'session.closed']));
  });
});

describe('configuration', () => {
  test('is shown without credentials to whoever may not change it', async () => {
    const { body } = await world.get('/v1/configuration', 'onlooker');
    expect(body.documents.map((d: { kind: string }) => d.kind)).toContain('GuardrailPolicy');
    expect(JSON.stringify(body)).not.toMatch(/sha256|credentials|SHOP_SECRET/);
    expect(JSON.stringify((await world.get('/v1/configuration', 'admin')).body)).toMatch(/sha256/);
  });

  test('unchanged documents change nothing; a changed one makes a revision and a row', async () => {
    const before = (await world.get('/v1/configuration', 'admin')).body;
    const documents = before.documents.map((d: { kind: string; name: string; spec: unknown }, i: number) => ({
      file: 'now.yaml',
      line: i,
      document: {
        apiVersion: 'parapet.dev/v1',
        kind: d.kind,
        metadata: { tenant: TENANT, name: d.name },
        spec: d.spec,
      },
    }));
    const same = await world.post('/v1/configuration', { documents }, { as: 'admin' });
    expect(same.body).toEqual({
      revision: before.revision,
      changes: before.documents.map((d: { kind: string; name: string }) => ({
        kind: d.kind,
        name: d.name,
        change: 'unchanged',
      })),
    });

    const policy = documents.find((d: { document: { kind: string } }) => d.document.kind === 'DecisionPolicy');
    const changed = {
      ...policy,
      document: { ...policy.document, spec: { ...policy.document.spec, orderValidFor: '7m' } },
    };
    const dry = await world.post('/v1/configuration', { documents: [changed], dryRun: true }, { as: 'admin' });
    expect(dry.body).toEqual({
      revision: before.revision,
      changes: [{ kind: 'DecisionPolicy', name: 'shop', change: 'changed' }],
    });
    expect((await world.get('/v1/configuration', 'admin')).body.revision).toBe(before.revision);

    const applied = await world.post('/v1/configuration', { documents: [changed] }, { as: 'admin' });
    expect(applied.body).toEqual({
      revision: before.revision + 1,
      changes: [{ kind: 'DecisionPolicy', name: 'shop', change: 'changed' }],
    });
    const release = await world.post('/v1/releases', releaseBody('configured-1'));
    const events = (await world.get(`/v1/releases/${release.body.id}/events`)).body.items;
    expect(events[0].data.decisionPolicy.orderValidForMs).toBe(420_000);
    const rows = (await world.get('/v1/journal?limit=200', 'auditor')).body.items;
    expect(rows.find((row: { type: string }) => row.type === 'configuration.applied')).toMatchObject({
      actor: { kind: 'person', id: 'admin', auth: 'token' },
      data: { revision: before.revision + 1, documents: [{ kind: 'DecisionPolicy', name: 'shop' }] },
    });
  });

  test('that is wrong is refused with every problem at once, and nothing changes', async () => {
    const before = (await world.get('/v1/configuration', 'admin')).body.revision;
    const documents = [
      {
        file: 'a.yaml',
        line: 3,
        document: {
          apiVersion: 'parapet.dev/v1',
          kind: 'GuardrailPolicies',
          metadata: { tenant: TENANT, name: 'x' },
          spec: {},
        },
      },
      {
        file: 'b.yaml',
        line: 9,
        document: {
          apiVersion: 'parapet.dev/v1',
          kind: 'DecisionPolicy',
          metadata: { tenant: TENANT, name: 'y' },
          spec: { rules: [] },
        },
      },
    ];
    const { status, body } = await world.post('/v1/configuration', { documents }, { as: 'admin' });
    expect({ status, code: body.code }).toEqual({ status: 422, code: 'invalid-configuration' });
    expect(body.problems.map((p: { file: string; line: number }) => [p.file, p.line])).toEqual([
      ['a.yaml', 3],
      ['b.yaml', 9],
    ]);
    expect((await world.get('/v1/configuration', 'admin')).body.revision).toBe(before);
  });

  test('of another tenant is refused', async () => {
    const documents = shopDocuments(RIVAL, RIVAL_TOKENS);
    const { body } = await world.post('/v1/configuration', { documents }, { as: 'admin' });
    expect(body).toMatchObject({ status: 403, code: 'wrong-tenant' });
  });
});

describe('the journal', () => {
  test('is read whole, a page at a time, as it was hashed', async () => {
    const rows: { seq: number; prevHash: string; hash: string }[] = [];
    for (let after: string | null = '0'; after !== null; ) {
      const page: { items: typeof rows; next: string | null } = (
        await world.get(`/v1/journal?after=${after}&limit=50`, 'auditor')
      ).body;
      rows.push(...page.items);
      after = page.next;
    }
    expect(rows.map((row) => row.seq)).toEqual(rows.map((_, i) => i + 1));
    for (const [i, row] of rows.slice(1).entries()) expect(row.prevHash).toBe(rows[i]?.hash);
  });

  test('goes out again from a place, which is on record', async () => {
    const { status, body } = await world.post('/v1/journal/republish', { from: 1 }, { as: 'admin' });
    expect(status).toBe(202);
    expect(body.events).toBeGreaterThan(0);
    const newest = (await world.get(`/v1/journal?after=${body.events}&limit=200`, 'auditor')).body.items;
    expect(newest.some((row: { type: string }) => row.type === 'journal.republished')).toBe(true);
  });
});

describe('dead letters', () => {
  test("are listed, sent again and dropped by their tenant's admin only", async () => {
    const id = await world.live('dead-1');
    await world.kill(`parapet.events.v1.${TENANT}.production.odoo-retail.${id}.verdict.changed`);
    await world.kill(`parapet.events.v1.${RIVAL}.production.odoo-retail.rel_x.verdict.changed`);
    const { items } = (await world.get('/v1/dead-letters', 'admin')).body;
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ consumer: 'test-consumer', reason: 'it was poison' });
    const foreign = Number(items[0].id) + 1;
    expect((await world.post(`/v1/dead-letters/${foreign}/drop`, {}, { as: 'admin' })).status).toBe(404);
    expect((await world.post(`/v1/dead-letters/${items[0].id}/drop`, {}, { as: 'admin' })).status).toBe(200);
    expect((await world.get('/v1/dead-letters', 'admin')).body.items).toEqual([]);
    expect((await world.post('/v1/dead-letters/x/drop', {}, { as: 'admin' })).status).toBe(422);
  });
});

describe('the console', () => {
  test('is served with a policy without inline code; its pages answer at any address that is no file', async () => {
    for (const path of ['/', '/releases/rel_1', '/proposals/prp_1']) {
      const { status, headers, body } = await world.call('GET', path);
      expect({ status, body }).toEqual({ status: 200, body: expect.stringContaining('<title>Parapet') });
      expect(headers.get('content-security-policy')).toMatch(/script-src 'self';/);
      expect(headers.get('content-security-policy')).not.toMatch(/unsafe/);
      expect(headers.get('cache-control')).toBe('no-cache');
    }
    const script = await world.call('GET', '/assets/index-1.js');
    expect([script.headers.get('content-type'), script.headers.get('cache-control')]).toEqual([
      'text/javascript; charset=utf-8',
      'public, max-age=31536000, immutable',
    ]);
  });

  test.each(['/assets/gone.js', '/v1/nothing', '/../package.json', '/%2e%2e/package.json'])(
    '%s is not found',
    async (path) => {
      expect((await world.call('GET', path)).status).toBe(404);
    },
  );
});

describe('with Redis gone in the middle', () => {
  test('whoever is signed in stays so, others sign in, change what they may and sign out', async () => {
    const before = await signIn(TOKENS.onlooker);
    const { proposal } = await world.proposed('session-3');
    await world.redis.stop();
    expect((await world.get('/v1/releases')).status).toBe(200);
    expect((await world.call('GET', '/v1/me', { headers: { cookie: before.cookie } }, 1)).status).toBe(200);

    const { cookie, csrfToken } = await signIn(TOKENS.lead);
    const acknowledged = await world.call('POST', `/v1/proposals/${proposal}/answers`, {
      body: { answer: 'acknowledge' },
      headers: { cookie, 'x-csrf-token': csrfToken },
    });
    expect(acknowledged.status).toBe(200);
    const out = await world.call('DELETE', '/v1/session', { headers: { cookie, 'x-csrf-token': csrfToken } });
    expect(out.status).toBe(204);
    expect((await world.call('GET', '/v1/me', { headers: { cookie } }, 1)).status).toBe(401);
    const stranger = { cookie: `parapet_session=${'x'.repeat(43)}` };
    expect((await world.call('GET', '/v1/me', { headers: stranger })).status).toBe(401);
  });
});
