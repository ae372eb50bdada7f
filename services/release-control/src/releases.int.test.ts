import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RIVAL_TOKENS, releaseBody, World } from '../test/world.js';

let world: World;
beforeAll(async () => {
  world = await World.start();
}, 60_000);
afterAll(() => world?.stop());

describe('registering a release', () => {
  test('answers 201 with the release, which was assessed for readiness', async () => {
    const { status, headers, body } = await world.post('/v1/releases', releaseBody('reg-1'));
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/v1/releases/${body.id}`);
    expect(headers.get('etag')).toBe('"2"');
    expect(body).toMatchObject({
      name: 'reg-1',
      phase: 'registered',
      criticality: 'medium',
      reversibility: 'yes',
      verdict: 'pending',
      startedBy: 'starter',
    });
    expect(await world.types(body.id)).toEqual(['release.registered', 'readiness.assessed']);
  });

  test('the same name with the same content answers 200 with the same release', async () => {
    const first = await world.post('/v1/releases', releaseBody('reg-2'));
    const second = await world.post('/v1/releases', releaseBody('reg-2'));
    expect(second.status).toBe(200);
    expect(second.body).toEqual(first.body);
  });

  test('the same name with other content answers 409 name-taken', async () => {
    await world.post('/v1/releases', releaseBody('reg-3'));
    const { status, body } = await world.post('/v1/releases', releaseBody('reg-3', { criticality: 'high' }));
    expect({ status, code: body.code, field: body.field, name: body.current.name }).toEqual({
      status: 409,
      code: 'name-taken',
      field: '/name',
      name: 'reg-3',
    });
  });

  test('the same name in another environment is another release', async () => {
    await world.post('/v1/releases', releaseBody('reg-4'));
    expect((await world.post('/v1/releases', releaseBody('reg-4', { environment: 'staging' }))).status).toBe(201);
  });

  test('many at once under one name make one release', async () => {
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => world.post('/v1/releases', releaseBody('reg-5'))),
    );
    expect(answers.map((a) => a.status).sort()).toEqual([200, 200, 200, 200, 200, 201]);
    expect(new Set(answers.map((a) => a.body.id)).size).toBe(1);
  });

  type Row = readonly [sentence: string, over: Record<string, unknown>, status: number, code: string, field: string];
  const rows: readonly Row[] = [
    ['a missing name', { name: undefined }, 422, 'invalid', '/name'],
    ['a name that is too long', { name: 'x'.repeat(201) }, 422, 'invalid', '/name'],
    ['an environment that is no slug', { environment: 'Production' }, 422, 'invalid', '/environment'],
    ["an environment that is not the tenant's", { environment: 'moon' }, 422, 'invalid', '/environment'],
    ['an undeclared workload', { workload: 'sap' }, 422, 'invalid', '/workload'],
    [
      'an undeclared component',
      { components: [{ component: 'odoo-kiosk', version: '1' }] },
      422,
      'invalid',
      '/components/0/component',
    ],
    [
      'a component named twice',
      {
        components: [
          { component: 'odoo-web', version: '1' },
          { component: 'odoo-web', version: '2' },
        ],
      },
      422,
      'invalid',
      '/components/1/component',
    ],
    ['no components', { components: [] }, 422, 'invalid', '/components'],
    [
      'a step that is neither reversible nor not',
      { steps: [{ kind: 'x', what: 'y', reversible: 'maybe' }] },
      422,
      'invalid',
      '/steps/0/reversible',
    ],
    ['an undeclared policy', { policy: 'none' }, 422, 'invalid', '/policy'],
    ['a previous release that is not there', { previous: 'rel_0' }, 422, 'invalid', '/previous'],
    [
      'a link that is no web address',
      { links: [{ title: 'x', href: 'javascript:alert(1)' }] },
      422,
      'invalid',
      '/links/0/href',
    ],
    ['a member that nobody knows', { tenant: 'rival-retail' }, 422, 'invalid', '/tenant'],
  ];
  test.each(rows)('%s is refused with its field', async (_sentence, over, status, code, field) => {
    const answer = await world.post('/v1/releases', releaseBody('bad', over));
    expect({ status: answer.status, code: answer.body.code, field: answer.body.field }).toEqual({
      status,
      code,
      field,
    });
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.body.requestId).toBe(answer.headers.get('x-request-id'));
  });

  test('a body that is no JSON is refused', async () => {
    const { status, body } = await world.post('/v1/releases', '{"name":');
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'not-json' });
  });

  test('a release may raise the criticality of its workload and not lower it', async () => {
    expect((await world.post('/v1/releases', releaseBody('crit-1', { criticality: 'high' }))).body.criticality).toBe(
      'high',
    );
    expect((await world.post('/v1/releases', releaseBody('crit-2', { criticality: 'low' }))).body.criticality).toBe(
      'medium',
    );
  });

  test('what was never said to be reversible is unknown', async () => {
    expect((await world.post('/v1/releases', releaseBody('rev-1', { steps: undefined }))).body.reversibility).toBe(
      'unknown',
    );
  });
});

describe('what a release goes back to', () => {
  test('is the newest that passed, not the one before', async () => {
    const good = await world.passed('good-1');
    await world.live('unproven-1');
    const { body } = await world.post('/v1/releases', releaseBody('next-1'));
    expect(body.previous).toEqual({
      release: good,
      components: [
        { component: 'odoo-web', version: 'good-1' },
        { component: 'odoo-pos', version: 'good-1' },
      ],
    });
  });

  test('a component comes from the newest that carried it', async () => {
    await world.passed('good-2');
    const web = await world.live('good-3', { components: [{ component: 'odoo-web', version: 'good-3' }] });
    await world.verdict(web, 'pass', { final: true });
    await world.until(
      'good-3 is finished',
      async () => (await world.get(`/v1/releases/${web}`)).body.phase === 'finished',
    );
    const { body } = await world.post('/v1/releases', releaseBody('next-2'));
    expect(body.previous).toEqual({
      release: web,
      components: [
        { component: 'odoo-web', version: 'good-3' },
        { component: 'odoo-pos', version: 'good-2' },
      ],
    });
  });

  test('is nothing in an environment where none has passed', async () => {
    expect(
      (await world.post('/v1/releases', releaseBody('first', { environment: 'staging' }))).body.previous,
    ).toBeNull();
  });
});

describe('phases', () => {
  test('a phase that is not allowed answers 409 with the present one', async () => {
    const { body } = await world.post('/v1/releases', releaseBody('phase-1'));
    const answer = await world.post(`/v1/releases/${body.id}/phases`, { phase: 'live' });
    expect({ status: answer.status, code: answer.body.code, current: answer.body.current }).toEqual({
      status: 409,
      code: 'phase',
      current: { phase: 'registered' },
    });
  });

  test('the same phase again answers 200 and tells nobody', async () => {
    const { body } = await world.post('/v1/releases', releaseBody('phase-2'));
    const first = await world.post(`/v1/releases/${body.id}/phases`, {
      phase: 'deploying',
      at: '2026-11-23T10:00:00+01:00',
    });
    const again = await world.post(`/v1/releases/${body.id}/phases`, {
      phase: 'deploying',
      at: '2026-11-23T10:00:01+01:00',
    });
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(first.body.startedAt).toBe('2026-11-23T09:00:00.000Z');
    expect(again.body).toEqual(first.body);
  });

  test('going live supersedes the live release of the same component', async () => {
    const older = await world.live('super-1');
    await world.live('super-2');
    expect((await world.get(`/v1/releases/${older}`)).body.phase).toBe('superseded');
  });

  test.each([
    [{ phase: 'flying' }, '/phase'],
    [{ phase: 'deploying', at: 'yesterday' }, '/at'],
    [{ phase: 'deploying', scope: { percent: 101 } }, '/scope/percent'],
  ])('%j is refused with its field', async (body, field) => {
    const release = await world.post('/v1/releases', releaseBody('phase-3'));
    const answer = await world.post(`/v1/releases/${release.body.id}/phases`, body);
    expect({ status: answer.status, code: answer.body.code, field: answer.body.field }).toEqual({
      status: 422,
      code: 'invalid',
      field,
    });
  });
});

describe('finding releases', () => {
  test('by the name that people gave it', async () => {
    const { body } = await world.post('/v1/releases', releaseBody('odoo/pos+2026.11.3'));
    const found = await world.get(
      `/v1/releases/by-name?name=${encodeURIComponent('odoo/pos+2026.11.3')}&environment=production`,
    );
    expect(found.body.id).toBe(body.id);
    expect((await world.get('/v1/releases/by-name?name=x')).body).toMatchObject({ status: 422, field: '/environment' });
    expect((await world.get('/v1/releases/by-name?name=x&environment=production')).status).toBe(404);
  });

  test('a list newest first, a page at a time, without gap or repeat', async () => {
    const all = (await world.get('/v1/releases?limit=200')).body.items.map((r: { id: string }) => r.id);
    const seen: string[] = [];
    let after = '';
    do {
      const { body } = await world.get(`/v1/releases?limit=3${after === '' ? '' : `&after=${after}`}`);
      seen.push(...body.items.map((r: { id: string }) => r.id));
      after = body.next ?? '';
    } while (after !== '');
    expect(seen).toEqual(all);
    expect(all.length).toBeGreaterThan(10);
  });

  test.each(['limit=0', 'limit=201', 'limit=x', 'after=nonsense'])('?%s is refused', async (query) => {
    expect((await world.get(`/v1/releases?${query}`)).body).toMatchObject({ status: 422, code: 'invalid' });
  });
});

describe('the verdict for systems that ask', () => {
  test('a release that nobody judged yet is pending and may continue', async () => {
    const { body } = await world.post('/v1/releases', releaseBody('verdict-1'));
    const answer = await world.get(`/v1/releases/${body.id}/verdict`);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toMatchObject({
      verdict: 'pending',
      final: false,
      since: null,
      action: 'continue',
      coverage: { judged: 0, required: 1 },
      release: body.id,
      sequence: 2,
    });
  });

  test('an unknown release is 404, or pending where the asker wants that', async () => {
    expect((await world.get('/v1/releases/rel_nothing/verdict')).status).toBe(404);
    const { status, body } = await world.get(
      '/v1/releases/by-name/verdict?name=new&environment=production&unknown=pending',
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({ verdict: 'pending', reason: 'unknown-release', action: 'continue' });
  });

  test('an unknown comes with why, what to do about it, and whose doing it may be, for gates and for pages', async () => {
    const id = await world.live('verdict-unknown');
    const unknown = {
      reason: 'not-attributed',
      words: 'orders got worse at 09:15 UTC; it may be this release or odoo-pos-7, and which one cannot be told',
      advice: 'Look at the causes that are named.',
      attribution: {
        guardrails: ['order-success'],
        onset: '2026-11-23T09:15:00.000Z',
        alternatives: [{ kind: 'release', release: 'rel_2', finding: 'possible', words: 'release odoo-pos-7 began' }],
        words: 'orders got worse at 09:15 UTC; it may be this release or odoo-pos-7, and which one cannot be told',
      },
    } as const;
    await world.verdict(id, 'inconclusive', unknown);
    expect((await world.get(`/v1/releases/${id}/verdict`)).body).toMatchObject({ ...unknown, action: 'hold' });
    expect((await world.get(`/v1/releases/${id}`)).body).toMatchObject(unknown);
  });

  test('?wait holds the answer until the verdict changes', async () => {
    const id = await world.live('verdict-2');
    const waiting = world.get(`/v1/releases/${id}/verdict?wait=20`);
    await world.verdict(id, 'inconclusive');
    const { body } = await waiting;
    expect(body).toMatchObject({ verdict: 'inconclusive', action: 'hold' });
  });

  test('a wait without a change ends with what stands', async () => {
    const id = await world.live('verdict-3');
    const startMs = Date.now();
    expect((await world.get(`/v1/releases/${id}/verdict?wait=1`)).body.verdict).toBe('pending');
    expect(Date.now() - startMs).toBeGreaterThanOrEqual(990);
    expect((await world.get(`/v1/releases/${id}/verdict?wait=61`)).body).toMatchObject({ status: 422, field: '/wait' });
  });
});

describe('the events of a release', () => {
  test('are the whole list of CloudEvents, after a sequence', async () => {
    const id = await world.live('events-1');
    const { body } = await world.get(`/v1/releases/${id}/events`);
    expect(body.items.map((e: { sequence: string }) => Number(e.sequence))).toEqual([1, 2, 3, 4]);
    expect(body.items[0]).toMatchObject({
      specversion: '1.0',
      subject: id,
      type: 'dev.parapet.release.registered.v1',
      source: '/parapet/acme-retail/production',
    });
    expect((await world.get(`/v1/releases/${id}/events?after=3`)).body.items).toHaveLength(1);
  });

  test('are live as server-sent events, and resumed by Last-Event-ID', async () => {
    const id = await world.live('events-2');
    const first = await follow(`${world.instances[0]?.url}/v1/releases/${id}/events`, '2', 2);
    expect(first).toEqual([3, 4]);
    const later = follow(`${world.instances[0]?.url}/v1/releases/${id}/events`, '4', 2);
    await world.verdict(id, 'inconclusive');
    await world.verdict(id, 'pass', { final: true });
    expect(await later).toEqual([5, 6]);
  });
});

describe('an instance that ends', () => {
  test('lets those who follow and wait go at once', async () => {
    const id = await world.live('ending-1');
    const second = await world.startInstance();
    const { TOKENS } = await import('../test/shop.js');
    const headers = { authorization: `Bearer ${TOKENS.onlooker}` };
    const stream = await fetch(`${second.url}/v1/releases/${id}/events`, {
      headers: { ...headers, accept: 'text/event-stream' },
    });
    const waiting = fetch(`${second.url}/v1/releases/${id}/verdict?wait=60`, { headers });
    await world.until('the one waits', async () => (await fetch(`${second.url}/healthz`)).status === 200);
    const startMs = Date.now();
    await second.close();
    expect(Date.now() - startMs).toBeLessThan(5_000);
    expect((await waiting).status).toBe(200);
    expect(await stream.text()).toMatch(/^retry: 2000\n\nid: 1\n/);
  }, 20_000);
});

describe('the evidence of a release', () => {
  test('is drawn as series and listed whole', async () => {
    const id = await world.live('evidence-1');
    await world.judged(id);
    const { body } = await world.get(`/v1/releases/${id}/series`);
    expect(body).toMatchObject({
      release: id,
      guardrails: [{ name: 'order-success', signal: 'shop.orders', unit: 'orders', badDirection: 'low', limit: 0.95 }],
    });
    const points = body.guardrails[0].points;
    // One minute of history, then what was judged: 9 of 10, nothing at all, 8 of 10.
    expect(points.map((p: { value: number | null }) => p.value)).toEqual([0.99, 0.9, null, 0.8]);
    expect(points[1].of).toBe(10);

    const first = await world.get(`/v1/releases/${id}/evidence?limit=2`);
    expect(first.body.inputs.map((i: { n: number }) => i.n)).toEqual([1, 2]);
    expect(first.body).toMatchObject({ spec: { release: id }, next: '2', verdicts: [] });
    const rest = await world.get(`/v1/releases/${id}/evidence?after=${first.body.next}&limit=2`);
    expect(rest.body).toMatchObject({ inputs: [{ n: 3 }], verdicts: [{ n: 3, verdict: { to: 'fail' } }], next: null });
    expect((await world.get(`/v1/releases/${id}`)).body.guardrails).toMatchObject([
      { name: 'order-success', verdict: 'breach', limit: 0.95 },
    ]);
  });
});

/** Reads so many events of a stream and closes it; answers their sequences. */
async function follow(url: string, lastEventId: string, count: number): Promise<readonly number[]> {
  const stop = new AbortController();
  const { TOKENS } = await import('../test/shop.js');
  const response = await fetch(url, {
    headers: { accept: 'text/event-stream', authorization: `Bearer ${TOKENS.onlooker}`, 'last-event-id': lastEventId },
    signal: AbortSignal.any([stop.signal, AbortSignal.timeout(10_000)]),
  });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const sequences: number[] = [];
  let text = '';
  for await (const chunk of response.body as ReadableStream<Uint8Array>) {
    text += new TextDecoder().decode(chunk);
    const frames = text.split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) {
      const id = /^id: (\d+)$/m.exec(frame)?.[1];
      const data = /^data: (.*)$/m.exec(frame)?.[1];
      if (id !== undefined && data !== undefined) {
        expect(Number(JSON.parse(data).sequence)).toBe(Number(id));
        sequences.push(Number(id));
      }
    }
    if (sequences.length >= count) break;
  }
  stop.abort();
  return sequences;
}

describe("another tenant's token", () => {
  test('finds nothing at any address, and changes nothing', async () => {
    const { id, proposal } = await world.proposed('tenant-1');
    const rival = RIVAL_TOKENS;
    const reads = ['', '/events', '/verdict', '/series', '/evidence'].map((part) => `/v1/releases/${id}${part}`);
    const found = await Promise.all(
      [...reads, `/v1/proposals/${proposal}`].map(async (path) => (await world.get(path, rival.onlooker)).status),
    );
    expect(found).toEqual([404, 404, 404, 404, 404, 404]);
    const live = await world.get(`/v1/releases/${id}/events`, rival.onlooker, { accept: 'text/event-stream' });
    expect(live.status).toBe(404);
    const byName = await world.get('/v1/releases/by-name?name=tenant-1&environment=production', rival.onlooker);
    expect(byName.status).toBe(404);
    const phase = await world.post(`/v1/releases/${id}/phases`, { phase: 'failed' }, { as: rival.pipeline });
    const answer = await world.post(
      `/v1/proposals/${proposal}/answers`,
      { answer: 'reject', reason: 'no' },
      { as: rival.lead, ifMatch: '"1"' },
    );
    expect([phase.status, answer.status]).toEqual([404, 404]);
    expect((await world.get('/v1/releases', rival.onlooker)).body.items).toEqual([]);
    expect((await world.get('/v1/proposals', rival.onlooker)).body.items).toEqual([]);
    const rows = (await world.get('/v1/journal?limit=200', rival.auditor)).body.items;
    expect(rows.filter((row: { tenant: string }) => row.tenant !== 'rival-retail')).toEqual([]);
    const previous = await world.post('/v1/releases', releaseBody('rival-1', { previous: id }), { as: rival.pipeline });
    expect(previous.body).toMatchObject({ status: 422, field: '/previous' });
  });
});
