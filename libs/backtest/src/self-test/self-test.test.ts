import { describe, expect, it, test } from '@jest/globals';
import type { Guardrail, GuardrailPolicy, GuardrailTest } from '@parapet/guardrails';
import { MINUTE_MS, type RollUp } from '@parapet/signals';
import { type OwnGuardrail } from './own-watch.js';
import { lacksForPass, selfTest } from './self-test.js';

const START_MS = Date.UTC(2026, 10, 1);
const DAY_MINUTES = 1_440;

const guardrail = (test: GuardrailTest, over: Partial<Guardrail> = {}): Guardrail => ({
  name: 'tested',
  signal: 'shop.signal',
  where: {},
  test,
  mode: 'act',
  weight: 1,
  isRequired: true,
  staleAfterMs: 60_000,
  ...over,
});

const policy = (guardrails: readonly Guardrail[], over: Partial<GuardrailPolicy> = {}): GuardrailPolicy => ({
  name: 'checkout',
  revision: 1,
  warmUpMs: 120_000,
  durationMs: 3_600_000,
  coverage: 0.75,
  falseRollbackRate: 0.01,
  baselineMs: 86_400_000,
  extendMs: 0,
  recoverWithinMs: 1_800_000,
  guardrails,
  ...over,
});

const empty = { n: 4, count: 0, of: 0, sum: 0, min: null, max: null, histogram: null } as const;

/** Minutes of history; `at` says what the minute held. */
const history = (minutes: number, at: (minute: number) => Partial<RollUp>): readonly RollUp[] =>
  Array.from({ length: minutes }, (_, i) => ({ ...empty, minuteMs: START_MS + i * MINUTE_MS, ...at(i) }));

const own = (
  one: Guardrail,
  rollUps: readonly RollUp[],
  over: {
    readonly badDirection?: 'high' | 'low';
    readonly policy?: Partial<GuardrailPolicy>;
    readonly others?: readonly Guardrail[];
    readonly intervalMs?: number;
  } = {},
): OwnGuardrail => ({
  policy: policy([one, ...(over.others ?? [])], over.policy),
  guardrail: one,
  signal:
    one.signal === null
      ? null
      : {
          unit: 'orders',
          badDirection: over.badDirection ?? 'high',
          intervalMs: over.intervalMs ?? 15_000,
          latenessMs: 60_000,
        },
  rollUps,
});

/** A share of so many a minute that is bad now and then, never alike in two minutes that follow. */
const orders = (perMinute: number, share: number, minutes = 2 * DAY_MINUTES) =>
  history(minutes, (i) => {
    const of = Math.round(perMinute * (1 + 0.1 * Math.sin(i)));
    return { of, count: Math.round(of * share * (1 + 0.3 * Math.sin(i * 1.7))) };
  });
const values = (centre: number, minutes = 2 * DAY_MINUTES) =>
  history(minutes, (i) => {
    const value = centre * (1 + 0.1 * Math.sin(i * 1.3));
    return { sum: 4 * value, min: value * 0.95, max: value * 1.05 };
  });
const latencies = (requests: number, minutes = 2 * DAY_MINUTES) =>
  history(minutes, (i) => {
    const shape = [0.5, 0.35, 0.1, 0.04, 0.01];
    const counts = shape.map((share, bucket) => Math.round(requests * share * (1 + 0.05 * Math.sin(i + bucket))));
    return { histogram: { bounds: [0.1, 0.3, 1, 3], counts } };
  });

const AGAINST = { against: 'baseline', windows: ['before'], worseBy: 0.1 } as const;
const PROPORTION: GuardrailTest = { kind: 'proportion', ...AGAINST, unacceptable: 3 };

test.each<readonly [string, OwnGuardrail, RegExp]>([
  [
    'a share against history',
    own(guardrail(PROPORTION), orders(100, 0.01)),
    /^saw bad ones times 3 after \d+ (s|min), and nothing without a fault$/,
  ],
  [
    'a share of good ones',
    own(
      guardrail(PROPORTION),
      orders(100, 0.01).map((r) => ({ ...r, count: r.of - r.count })),
      { badDirection: 'low' },
    ),
    /^saw failures times 3 /,
  ],
  [
    'a share against a limit',
    own(guardrail({ kind: 'proportion', against: 'limit', limit: 0.02, unacceptable: 3 }), orders(100, 0.01)),
    /times 3/,
  ],
  [
    'a rate',
    own(
      guardrail({ kind: 'rate', ...AGAINST, unacceptable: 3 }),
      history(2 * DAY_MINUTES, (i) => ({ count: 5 + (i % 3), of: 60 })),
    ),
    /^saw events times 3/,
  ],
  [
    'a share against the stores that did not get it',
    own(
      guardrail({
        kind: 'proportion',
        against: 'control',
        control: { kind: 'rest', dimension: 'store', released: [] },
        worseBy: 0.1,
        unacceptable: 3,
      }),
      orders(200, 0.02),
    ),
    /^saw bad ones times/,
  ],
  [
    'a gauge',
    own(guardrail({ kind: 'gauge', transform: 'log', ...AGAINST, unacceptable: 1.5 }), values(0.2)),
    /^saw the value times 1\.5/,
  ],
  [
    'a latency by its buckets',
    own(guardrail({ kind: 'histogram', ...AGAINST, unacceptable: 2 }), latencies(200)),
    /^saw the time of each request times 2/,
  ],
  [
    'a threshold on a value',
    own(
      guardrail({
        kind: 'threshold',
        direction: 'above',
        enter: 4,
        leave: 1,
        forMs: 60_000,
        keepMs: 0,
        maxGapMs: 60_000,
      }),
      values(1),
    ),
    /^saw a value above 4 after/,
  ],
  [
    'a threshold on a share of good ones',
    own(
      guardrail({
        kind: 'threshold',
        direction: 'below',
        enter: 0.9,
        leave: 0.95,
        forMs: 30_000,
        keepMs: 0,
        maxGapMs: 60_000,
      }),
      orders(100, 0.01).map((r) => ({ ...r, count: r.of - r.count })),
      { badDirection: 'low' },
    ),
    /^saw a value below 0\.9/,
  ],
  [
    'a burn rate',
    own(
      guardrail({
        kind: 'burn-rate',
        objective: 0.99,
        rows: [{ longMs: 3_600_000, shortMs: 300_000, factor: 14.4 }],
        badMin: 3,
        scope: 'release',
      }),
      orders(100, 0.002),
    ),
    /^saw 15\.8 % bad after/,
  ],
  [
    'alerts',
    own(
      guardrail({ kind: 'alerts', matchers: [], forMs: 60_000, rearmMs: 120_000, sources: [] }, { signal: null }),
      [],
    ),
    /^saw an alert that its matchers select after/,
  ],
])('%s: in breach with a fault, a pass without', (_what, one, words) => {
  const found = selfTest(one);
  expect(found.words).toMatch(words);
  expect(found).toMatchObject({ outcome: 'passed', canPass: true, lacks: null });
  expect(found.seen?.afterMs).toBeLessThanOrEqual(one.policy.durationMs);
});

test('a share that was never bad can breach, what could be bad is multiplied; without a bad one ever it cannot pass', () => {
  const found = selfTest(own(guardrail(PROPORTION), orders(1000, 0)));
  expect(found).toMatchObject({ outcome: 'passed', canPass: false, lacks: 'too-few-samples' });
  expect(found.words).toMatch(/^saw bad ones times/);
});

describe('a guardrail that cannot be trusted', () => {
  it('has no history', () => {
    expect(selfTest(own(guardrail(PROPORTION), []))).toMatchObject({
      outcome: 'no-history',
      canPass: false,
      seen: null,
    });
  });

  it('has none yet of the times that it compares with', () => {
    const weekly: GuardrailTest = { ...PROPORTION, windows: ['same-hours'] } as GuardrailTest;
    const found = selfTest(own(guardrail(weekly), orders(100, 0.01)));
    expect(found).toMatchObject({
      outcome: 'no-history',
      words: 'there is no history yet of the times that it compares with',
    });
  });

  it('could never be in breach: its patience is as long as the watch', () => {
    const slow = guardrail({
      kind: 'threshold',
      direction: 'above',
      enter: 4,
      leave: 1,
      forMs: 3_600_000,
      keepMs: 0,
      maxGapMs: 60_000,
    });
    expect(selfTest(own(slow, values(1)))).toMatchObject({
      outcome: 'no-breach',
      seen: null,
      words: 'did not see a value above 4 within the watch of 60 min',
    });
  });

  it('has no exposure to speak of: nothing that happens within the watch would be enough', () => {
    const found = selfTest(
      own(
        guardrail(PROPORTION),
        history(2 * DAY_MINUTES, (i) => ({ of: i % 600 === 0 ? 1 : 0 })),
      ),
    );
    expect(found).toMatchObject({ outcome: 'no-breach', canPass: false });
  });

  it('is in breach as things are', () => {
    const tight = guardrail({
      kind: 'threshold',
      direction: 'above',
      enter: 0.5,
      leave: 0.5,
      forMs: 60_000,
      keepMs: 0,
      maxGapMs: 60_000,
    });
    expect(selfTest(own(tight, values(1)))).toMatchObject({
      outcome: 'breaches-without-fault',
      canPass: false,
      seen: null,
    });
  });

  it('was worse in its newest hour than before: that is a fault of its own, and no proof', () => {
    const calm = orders(100, 0.01);
    const bad = calm.map((r, i) => (i >= calm.length - 60 ? { ...r, count: 10 * (r.count + 1) } : r));
    expect(selfTest(own(guardrail(PROPORTION), bad)).outcome).toBe('breaches-without-fault');
  });
});

describe('what it says is bounded by what there is', () => {
  it('with little traffic only a larger fault is seen, and the words say which', () => {
    const seen = [5, 40, 400].map((perMinute) => selfTest(own(guardrail(PROPORTION), orders(perMinute, 0.01))).seen);
    expect(seen.map((one) => one?.fault)).toEqual(['bad ones times 100', 'bad ones times 3', 'bad ones times 3']);
    expect(seen[2]?.afterMs).toBeLessThan(seen[1]?.afterMs ?? 0);
  });

  it('cannot pass where the watch is too short to show it, and says what is lacking', () => {
    const found = selfTest(own(guardrail(PROPORTION), orders(5, 0.01), { policy: { durationMs: 600_000 } }));
    expect(found).toMatchObject({ canPass: false, lacks: 'too-few-samples' });
  });

  it('takes its own share of the budget only: beside others it needs more', () => {
    const one = guardrail(PROPORTION);
    const others = Array.from({ length: 9 }, (_, i) => guardrail(PROPORTION, { name: `other-${i}` }));
    const alone = selfTest(own(one, orders(20, 0.02)));
    const beside = selfTest(own(one, orders(20, 0.02), { others }));
    expect(beside.seen?.afterMs).toBeGreaterThan(alone.seen?.afterMs ?? Infinity);
  });

  it('with minutes of history only, those are both what is watched and what it is compared with', () => {
    const found = selfTest(
      own(guardrail({ ...PROPORTION, unacceptable: 5 }), orders(200, 0.02, 10), {
        intervalMs: 5_000,
        policy: { durationMs: 40_000, baselineMs: 3_600_000 },
      }),
    );
    expect(found).toMatchObject({ outcome: 'passed' });
  });

  it('is the same every time', () => {
    const one = own(guardrail(PROPORTION), orders(100, 0.01));
    expect(selfTest(one)).toEqual(selfTest(one));
  });
});

describe('a pass', () => {
  test.each<readonly [string, OwnGuardrail, string | null]>([
    ['is possible with enough traffic', own(guardrail(PROPORTION), orders(100, 0.01)), null],
    [
      'is possible where only the busiest hour has it',
      own(
        guardrail(PROPORTION),
        history(2 * DAY_MINUTES, (i) => ({
          of: i % DAY_MINUTES < 60 ? 300 : 0,
          count: i % DAY_MINUTES < 60 ? 3 + (i % 2) : 0,
        })),
      ),
      null,
    ],
    [
      'is possible in the extension, where the watch alone is too short',
      own(guardrail(PROPORTION), orders(40, 0.01), { policy: { durationMs: 120_000, extendMs: 3_600_000 } }),
      null,
    ],
    [
      'is impossible where nothing bad ever happens: three times nothing is nothing',
      own(guardrail(PROPORTION), orders(100, 0)),
      'too-few-samples',
    ],
    [
      'is impossible with hardly any traffic',
      own(
        guardrail(PROPORTION),
        history(2 * DAY_MINUTES, (i) => ({ of: i % 60 === 0 ? 1 : 0 })),
      ),
      'too-few-samples',
    ],
    ['is not spoken of without history', own(guardrail(PROPORTION), []), null],
  ])('%s', (_what, one, lacks) => {
    expect(lacksForPass(one)).toBe(lacks);
  });
});
