import { describe, expect, it } from '@jest/globals';
import type { GuardrailView, MarkView } from '@parapet/contracts';
import { problem, RELEASE, releaseView } from '../test/fake-parapet.js';
import { fake, ok, parapet } from '../test/harness.js';
import { run } from './run.js';

const WIDE = { columns: 200 };
const MARK: MarkView = {
  verdict: 7,
  right: false,
  reason: 'the till \u001b[31mwas off',
  by: 'on-call',
  at: '2026-11-23T09:20:00.000Z',
};

describe('verdict mark', () => {
  const answer = (over: object = {}) =>
    parapet(
      ({ method }) =>
        method === 'GET'
          ? { status: 200, body: releaseView({ verdictSequence: 7 }) }
          : { status: 200, body: { items: [{ ...MARK, ...over }] } },
      WIDE,
    );

  it('speaks of the newest verdict unless told otherwise', async () => {
    const world = await answer();
    expect(await run(['verdict', 'mark', RELEASE, '--wrong', '--reason', 'the till was off'], world)).toBe(0);
    expect(fake.asked.map(({ method, path, body }) => [method, path, body])).toEqual([
      ['GET', `/v1/releases/${RELEASE}`, undefined],
      ['POST', `/v1/releases/${RELEASE}/marks`, { verdict: 7, right: false, reason: 'the till was off' }],
    ]);
    expect(world.out).toBe('verdict 7 was wrong, said on-call at 2026-11-23 09:20:00Z: the till [31mwas off\n');
  });

  it('names a guardrail, an older verdict and a release by its name', async () => {
    const world = await answer({ guardrail: 'order-success', right: true });
    const words = ['verdict', 'mark', 'odoo-3', '--environment', 'production', '--right', '--verdict', '5'];
    expect(await run([...words, '--guardrail', 'order-success', '--reason', 'orders fell'], world)).toBe(0);
    expect(fake.asked).toHaveLength(1);
    expect(fake.asked[0]).toMatchObject({
      path: '/v1/releases/by-name/marks',
      query: { name: 'odoo-3', environment: 'production' },
      body: { verdict: 5, guardrail: 'order-success', right: true, reason: 'orders fell' },
    });
    expect(world.out).toContain('order-success in verdict 7 was right');
  });

  it.each([
    ['neither right nor wrong', []],
    ['both', ['--right', '--wrong']],
  ])('refuses %s', async (_what, words) => {
    const world = await answer();
    expect(await run(['verdict', 'mark', RELEASE, ...words, '--reason', 'x'], world)).toBe(3);
    expect(world.err).toContain('give one of --right and --wrong');
    expect(fake.asked).toEqual([]);
  });

  it('says so where there is no verdict yet', async () => {
    const world = await parapet(ok(releaseView()));
    expect(await run(['verdict', 'mark', RELEASE, '--right', '--reason', 'x'], world)).toBe(2);
    expect(world.err).toContain('no verdict yet');
  });

  it('needs a reason, and ends 4 where it is refused', async () => {
    const world = await parapet(() =>
      problem(422, 'unknown-verdict', '3 is no verdict of this release', { field: '/verdict' }),
    );
    expect(await run(['verdict', 'mark', RELEASE, '--right'], world)).toBe(3);
    expect(await run(['verdict', 'mark', RELEASE, '--right', '--verdict', '3', '--reason', 'x'], world)).toBe(4);
    expect(world.err).toContain('3 is no verdict of this release (/verdict)');
  });
});

const GUARDRAIL: GuardrailView = {
  policy: 'checkout',
  environment: 'production',
  guardrail: 'order-success',
  signal: 'odoo.order.success',
  declared: 'act',
  mode: 'propose',
  why: 'precision',
  words: 'declared act, but may only propose: too many of its breaches were marked wrong',
  precision: { value: 0.4, low: 0.0527, high: 0.8534 },
  marks: { right: 2, wrong: 3, disputed: 1 },
  floor: { floor: 0.5, marks: 5 },
  breaches: 6,
  lastBreach: { release: RELEASE, at: '2026-11-23T09:00:00.000Z' },
  proof: { by: 'watch', at: '2026-11-20T09:00:00.000Z' },
  test: null,
  data: { returns: true, at: '2026-11-23T09:19:00.000Z' },
};

describe('guardrails list', () => {
  it('says mode and why, precision with its interval, breaches and data', async () => {
    const world = await parapet(ok({ items: [GUARDRAIL] }), WIDE);
    expect(await run(['guardrails', 'list'], world)).toBe(0);
    expect(world.out).toBe(
      [
        'checkout/order-success in production: propose (declared act)',
        '  declared act, but may only propose: too many of its breaches were marked wrong',
        '  precision 40 % (5 % to 85 %): 2 of 5 marked breaches were right; floor 50 %',
        `  6 breaches, the last 2026-11-23 09:00:00Z in ${RELEASE}`,
        '  returns data, newest 2026-11-23 09:19:00Z',
        '',
      ].join('\n'),
    );
  });

  it.each<readonly [string, Partial<GuardrailView>, string]>([
    [
      'what was never marked',
      { precision: null, breaches: 0, lastBreach: null },
      'precision unknown: no breach was marked',
    ],
    [
      'too few marks',
      { marks: { right: 1, wrong: 0, disputed: 0 } },
      '1 of 1 marked breaches were right; counts from 5 on',
    ],
    [
      'a dead sensor',
      { data: { returns: false, at: '2026-11-22T09:00:00.000Z' } },
      'returns no data now, newest 2026-11-22',
    ],
    ['a sensor never heard', { data: { returns: false, at: null } }, 'never returned data'],
    [
      'a self-test',
      { test: { at: '2026-11-23T08:00:00.000Z', words: 'saw three times the failures' } },
      'saw three times',
    ],
  ])('tells %s', async (_what, over, words) => {
    const world = await parapet(ok({ items: [{ ...GUARDRAIL, ...over }] }), WIDE);
    await run(['guardrails', 'list'], world);
    expect(world.out).toContain(words);
  });

  it('answers in JSON, of one policy and environment where asked', async () => {
    const other = { ...GUARDRAIL, policy: 'stock', environment: 'staging' };
    const world = await parapet(ok({ items: [GUARDRAIL, other] }));
    await run(['guardrails', 'list', '--json', '--policy', 'stock', '--environment', 'staging'], world);
    expect(JSON.parse(world.out)).toEqual({ items: [other] });
  });
});

describe('guardrails restore', () => {
  it('sends the reason, and shows what is in force then', async () => {
    const world = await parapet(
      ok({ items: [{ ...GUARDRAIL, mode: 'act', why: null, words: 'may act, as declared' }] }),
      WIDE,
    );
    expect(await run(['guardrails', 'restore', 'checkout', 'order-success', '--reason', 'mended'], world)).toBe(0);
    expect(fake.asked[0]).toMatchObject({
      method: 'POST',
      path: '/v1/guardrails/checkout/order-success/restore',
      body: { reason: 'mended' },
    });
    expect(world.out).toContain('checkout/order-success in production: act\n  may act, as declared');
  });

  it('without a reason is no restoration', async () => {
    const world = await parapet(ok({ items: [] }));
    expect(await run(['guardrails', 'restore', 'checkout', 'order-success'], world)).toBe(3);
    expect(fake.asked).toEqual([]);
  });
});

describe('release status', () => {
  it('says which guardrails are not as declared for this release, and why', async () => {
    const standings = [
      { guardrail: 'order-success', mode: 'propose', declared: 'act', why: 'no-breach-shown' },
      { guardrail: 'receipts', mode: 'act', declared: 'act', why: 'forced' },
    ] as const;
    const world = await parapet(ok(releaseView({ guardrails: [], standings })), WIDE);
    await run(['release', 'status', RELEASE], world);
    expect(world.out).toMatch(
      /not as declared +order-success: propose instead of act, it has never been seen to breach; receipts: act, applied by force, without proof/,
    );
  });
});
