import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { GuardrailView, LintView } from '@parapet/contracts';
import { sha256 } from '@parapet/postgres';
import { TENANT } from '../test/shop.js';
import { releaseBody, World } from '../test/world.js';

let world: World;
beforeAll(async () => {
  world = await World.start();
}, 120_000);
afterAll(() => world.stop());

const DAY = 26 * 60;
const document = (kind: string, name: string, spec: unknown, line = 1) => ({
  file: 'shop.yaml',
  line,
  document: { apiVersion: 'parapet.dev/v1', kind, metadata: { tenant: TENANT, name }, spec },
});
const PROPORTION = { kind: 'proportion', against: 'baseline' };
const guardrail = (name: string, signal: string, test: unknown = PROPORTION) => ({ name, signal, test, mode: 'act' });
const policy = (name: string, ...guardrails: readonly unknown[]) =>
  document('GuardrailPolicy', name, { guardrails }, 7);
const source = (name: string, ...signals: readonly string[]) =>
  document('SignalSource', name, {
    kind: 'samples',
    environments: ['production'],
    credentials: [{ sha256: sha256(name) }],
    signals: signals.map((one) => ({ name: one, unit: 'orders', badDirection: 'low' })),
  });

const apply = (documents: readonly unknown[], over: Record<string, unknown> = {}) =>
  world.post('/v1/configuration', { documents, ...over }, { as: 'admin' });
const lint = async (...documents: readonly unknown[]): Promise<LintView> => {
  const { status, body } = await world.call('POST', '/v1/configuration/lint', {
    as: 'onlooker',
    key: null,
    body: { documents },
  });
  expect(status).toBe(200);
  return body as LintView;
};
const revision = async () => (await world.get('/v1/configuration', 'admin')).body.revision as number;
const good = (of: number, bad: (minute: number) => number) => (minute: number) => ({ of, good: of - bad(minute) });

describe('apply', () => {
  it('refuses a guardrail whose signal returns no data now, in every environment at once, with its place', async () => {
    const before = await revision();
    const { status, body } = await apply([policy('checkout', guardrail('orders', 'shop.orders'))]);
    expect({ status, code: body.code }).toEqual({ status: 422, code: 'invalid-configuration' });
    expect(body.problems).toEqual(
      ['production', 'staging'].map((environment) => ({
        file: 'shop.yaml',
        line: 7,
        field: '/spec/guardrails/0/signal',
        problem: `in ${environment}: shop.orders returns no data now: it was never heard there`,
      })),
    );
    expect(await revision()).toBe(before);
    expect((await apply([policy('checkout', guardrail('orders', 'shop.orders'))], { dryRun: true })).status).toBe(422);
  });

  it('takes it by force, with a reason that is journaled, and lets it act without proof', async () => {
    const forced = { force: { reason: 'the probe is being moved tonight' } };
    expect(
      (await apply([policy('checkout', guardrail('orders', 'shop.orders'))], { force: { reason: ' ' } })).body,
    ).toMatchObject({
      status: 422,
      field: '/force/reason',
    });
    const { status, body } = await apply([policy('checkout', guardrail('orders', 'shop.orders'))], forced);
    expect(status).toBe(200);
    expect(body.standings).toMatchObject([
      {
        environment: 'production',
        guardrail: 'orders',
        declared: 'act',
        mode: 'act',
        words: expect.stringContaining('by force'),
      },
      { environment: 'staging', guardrail: 'orders', declared: 'act', mode: 'act' },
    ]);
    const rows = (await world.get('/v1/journal?limit=200', 'auditor')).body.items as { type: string; data: unknown }[];
    expect(rows.find(({ type }) => type === 'configuration.applied')?.data).toMatchObject({
      forced: {
        reason: 'the probe is being moved tonight',
        problems: [expect.stringContaining('returns no data now'), expect.anything()],
      },
    });
    expect(rows.filter(({ type }) => type === 'guardrail.mode-changed').map(({ data }) => data)).toMatchObject(
      [1, 2].map(() => ({
        guardrail: 'orders',
        to: 'act',
        reason: 'forced',
        note: 'the probe is being moved tonight',
        by: 'admin',
      })),
    );
    const release = await world.post('/v1/releases', releaseBody('forced'));
    expect(release.body.standings).toEqual([{ guardrail: 'orders', mode: 'act', declared: 'act', why: 'forced' }]);
  });

  it('takes what is declared for the first time, and says that it starts at observe until data comes', async () => {
    const fresh = [source('till', 'till.receipts'), policy('fresh', guardrail('receipts', 'till.receipts'))];
    expect(await lint(...fresh)).toMatchObject({
      problems: [],
      guardrails: [{ environment: 'production', guardrail: 'receipts', state: 'waiting', selfTest: null, power: null }],
    });
    const { status, body } = await apply(fresh);
    expect(status).toBe(200);
    expect(body.standings).toEqual([
      {
        policy: 'fresh',
        environment: 'production',
        guardrail: 'receipts',
        declared: 'act',
        mode: 'observe',
        words: 'declared act, but only observes: till.receipts was never heard in this environment',
      },
    ]);
    // The next change of it finds the source declared already, and silent.
    const again = await apply([
      policy('fresh', guardrail('receipts', 'till.receipts', { ...PROPORTION, worseBy: 0.2 })),
    ]);
    expect(again).toMatchObject({
      status: 422,
      body: { problems: [{ problem: expect.stringContaining('never heard there') }] },
    });
  });

  it('leaves alone what is in force already: the trouble of a day refuses nobody the rest of their configuration', async () => {
    const documents = (await world.get('/v1/configuration', 'admin')).body.documents as {
      kind: string;
      name: string;
      spec: unknown;
    }[];
    const same = documents.map(({ kind, name, spec }) => document(kind, name, spec));
    expect((await apply(same)).status).toBe(200);
  });

  it('puts in force what returns data and was seen to breach; nothing is lacking', async () => {
    await world.history(
      TENANT,
      'production',
      DAY,
      good(100, (i) => 1 + (i % 3 === 0 ? 1 : 0)),
      { signal: 'till.receipts' },
    );
    const { status, body } = await apply([
      policy('fresh', guardrail('receipts', 'till.receipts', { ...PROPORTION, worseBy: 0.2 })),
    ]);
    expect(status).toBe(200);
    expect(body).not.toHaveProperty('standings');
    const { items } = (await world.get('/v1/guardrails')).body as { items: GuardrailView[] };
    expect(items.find(({ guardrail: name }) => name === 'receipts')).toMatchObject({
      mode: 'act',
      proof: { by: 'self-test' },
    });
  });
});

describe('lint', () => {
  it('says what a guardrail can see at its own traffic, and changes nothing', async () => {
    const before = await revision();
    const { problems, guardrails } = await lint(policy('fresh', guardrail('receipts', 'till.receipts')));
    expect(problems).toEqual([]);
    expect(guardrails).toEqual([
      {
        policy: 'fresh',
        environment: 'production',
        guardrail: 'receipts',
        state: 'ok',
        words: 'returns data',
        selfTest: expect.stringMatching(/^saw failures times 3 after \d+ (s|min), and nothing without a fault$/),
        power: expect.stringMatching(
          /^sees a fall of two points after \d+ min in 90 % of cases; the smallest ratio that a watch of 60 min can confirm is [\d.]+$/,
        ),
      },
    ]);
    expect(await revision()).toBe(before);
  });

  it.each<readonly [string, readonly unknown[], RegExp]>([
    ['what no document may say', [policy('fresh', guardrail('x', 'till.receits'))], /did you mean "till.receipts"/],
    [
      'what has no way to breach',
      [source('shop-idle', 'idle.orders'), policy('idle', guardrail('x', 'idle.orders'))],
      /has no way to breach at the traffic it has: it did not see failures times 100 within the watch of 60 min/,
    ],
    [
      'what is impossible to pass',
      [source('shop-perfect', 'perfect.orders'), policy('perfect', guardrail('x', 'perfect.orders'))],
      /is impossible to pass at the traffic it has: too few bad ones are ever expected/,
    ],
    [
      'what is in breach as things are',
      [
        source('shop-bad', 'bad.orders'),
        policy('bad', guardrail('x', 'bad.orders', { kind: 'proportion', against: 'limit', limit: 0.05 })),
      ],
      /is impossible to pass as things are: it is in breach without any fault/,
    ],
    [
      'a sensor that has died',
      [source('shop-dead', 'dead.orders'), policy('dead', guardrail('x', 'dead.orders'))],
      /dead\.orders returns no data now: it was last heard at \d{4}-/,
    ],
  ])('and apply refuse %s', async (_what, documents, words) => {
    await world.history(
      TENANT,
      'production',
      DAY,
      good(0, () => 0),
      { signal: 'idle.orders' },
    );
    await world.history(
      TENANT,
      'production',
      DAY,
      good(100, () => 0),
      { signal: 'perfect.orders' },
    );
    await world.history(
      TENANT,
      'production',
      DAY,
      good(100, () => 30),
      { signal: 'bad.orders' },
    );
    await world.history(
      TENANT,
      'production',
      DAY,
      good(100, () => 1),
      { signal: 'dead.orders', endedMinutesAgo: 30 },
    );
    const found = await lint(...documents);
    expect(found.problems.map(({ problem }) => problem)).toEqual([expect.stringMatching(words)]);
    const refused = await apply(documents);
    expect(refused.status).toBe(422);
    expect(refused.body.problems).toEqual(found.problems);
  });

  it('compares with the same hours of earlier weeks where the guardrail does', async () => {
    const daily = good(100, (i) => 1 + (i % 2));
    await world.history(TENANT, 'production', 29 * 1_440, daily, { signal: 'weekly.orders' });
    await world.history(TENANT, 'production', 2 * 1_440, daily, { signal: 'young.orders' });
    const weekly = { ...PROPORTION, windows: ['same-hours'] };
    const { problems, guardrails } = await lint(
      source('shop-weekly', 'weekly.orders', 'young.orders'),
      policy('weekly', guardrail('old', 'weekly.orders', weekly), guardrail('young', 'young.orders', weekly)),
    );
    expect(guardrails[0]).toMatchObject({ state: 'ok', selfTest: expect.stringMatching(/^saw failures times 3/) });
    expect(guardrails[1]).toMatchObject({
      state: 'waiting',
      words: 'returns data; there is no history yet of the times that it compares with',
      power: null,
    });
    expect(problems).toEqual([]);
  });

  it('is for whoever may read, and for nobody else', async () => {
    const body = { documents: [] };
    expect((await world.call('POST', '/v1/configuration/lint', { key: null, body })).status).toBe(401);
    expect((await world.call('POST', '/v1/configuration/lint', { as: 'onlooker', key: null, body })).body).toEqual({
      problems: [],
      guardrails: [],
    });
  });
});
