import { describe, expect, it } from '@jest/globals';
import { ORDERS, policyOf, TILLS } from '../testing/policy.js';
import { record, recordWatching, steadyWindow, TICKS } from '../testing/record.js';
import { backtest, type BacktestPolicy, type BacktestResult } from './backtest.js';
import { readRelease } from './read-release.js';

function judged(json: unknown, policy: BacktestPolicy = policyOf([ORDERS(), TILLS()])): BacktestResult {
  const read = readRelease(json);
  if ('faults' in read) throw new Error(JSON.stringify(read.faults));
  return backtest(policy, read.release);
}

/** A counter that rises by one rate a tick, and from a tick on by another. */
function counter(rate: number, later = rate, from = TICKS): number[] {
  let value = 500;
  return Array.from({ length: TICKS }, (_, tick) => (value += tick < from ? rate : later));
}

const lost = Array.from({ length: TICKS }, () => null);
const WORSE = { failed: counter(1, 12, 10) };

describe('a recorded release', () => {
  it('passes where everything goes on as before', () => {
    const result = judged(record());
    expect(result).toMatchObject({
      id: 'r1',
      verdict: 'pass',
      degradedTick: null,
      attributed: [],
      reason: null,
      intervalSec: 15,
      coverage: { judged: 2, required: 2 },
    });
    expect(result.coverage.least).toBeGreaterThan(0.95);
    expect(result.reasons.map(({ guardrail, verdict }) => `${guardrail} ${verdict}`)).toEqual([
      'order-success pass',
      'pos-sync-errors pass',
    ]);
    expect(result.reasons.every(({ words }) => words.length > 0)).toBe(true);
  });

  it('is degraded at the tick at which that was first said, by what is worse', () => {
    const result = judged(recordWatching(WORSE));
    expect(result).toMatchObject({ verdict: 'degraded', attributed: ['order_success'] });
    expect(result.degradedTick).toBeGreaterThanOrEqual(10 + 2);
    expect(result.degradedTick).toBeLessThan(20);
    expect(result.reasons.find(({ guardrail }) => guardrail === 'order-success')).toMatchObject({ verdict: 'breach' });
  });

  it('says the same whatever comes after the word that it is degraded', () => {
    const first = judged(recordWatching(WORSE));
    const tick = (first.degradedTick ?? 0) + 1;
    const cut = { failed: WORSE.failed.map((value, i) => (i < tick ? value : null)) };
    expect(judged(recordWatching(cut)).degradedTick).toBe(first.degradedTick);
  });

  it('is judged by a share of good ones as by a share of bad ones', () => {
    const low = policyOf([ORDERS(), TILLS()], ['shop.order-success']);
    const [bad, good] = [judged(recordWatching(WORSE)), judged(recordWatching(WORSE), low)];
    expect(good).toMatchObject({ verdict: bad.verdict, degradedTick: bad.degradedTick, attributed: bad.attributed });
  });

  it('is compared with the rest where only a part of the shop got it', () => {
    // Everybody's failures rise: that is no doing of the release.
    const everywhere = { ...steadyWindow(0.5), failed: counter(0.5, 6, 10) };
    const concurrent = { mode: 'concurrent', canaryShare: 0.5 };
    const series = { pre: steadyWindow(), lastWeek: steadyWindow(), watch: everywhere, control: everywhere };
    expect(judged(record({ ...concurrent, series })).verdict).not.toBe('degraded');
    const alone = { ...series, control: steadyWindow(0.5) };
    expect(judged(record({ ...concurrent, series: alone }))).toMatchObject({
      verdict: 'degraded',
      attributed: ['order_success'],
    });
  });

  it('is compared with history where the policy says so, even beside a control; what both show is not its doing', () => {
    const worse = { ...steadyWindow(), failed: counter(1, 12, 10) };
    const series = { pre: steadyWindow(), lastWeek: steadyWindow(), watch: worse };
    const test = {
      kind: 'proportion',
      against: 'baseline',
      windows: ['before'],
      worseBy: 0.1,
      unacceptable: 3,
    } as const;
    const judgedBeside = (control: unknown) =>
      judged(
        record({ mode: 'concurrent', canaryShare: 0.5, series: { ...series, control } }),
        policyOf([ORDERS({ test })]),
      );
    expect(judgedBeside(steadyWindow()).verdict).toBe('degraded');
    expect(judgedBeside(worse)).toMatchObject({ verdict: 'inconclusive', reason: 'not-attributed' });
  });

  it('needs both windows of history to be worse, and one is enough where the other is empty', () => {
    const bad = { ...steadyWindow(), failed: counter(12) };
    const watch = { ...steadyWindow(), failed: counter(12) };
    expect(judged(record({ series: { pre: steadyWindow(), lastWeek: bad, watch } })).verdict).not.toBe('degraded');
    expect(judged(record({ series: { pre: steadyWindow(), lastWeek: { ...bad, orders: lost }, watch } })).verdict).toBe(
      'degraded',
    );
  });
});

describe('a budget', () => {
  const rows = [{ longMs: 3_600_000, shortMs: 300_000, factor: 10 }];
  const budget = (scope: 'release' | 'rolling') =>
    policyOf([ORDERS({ test: { kind: 'burn-rate', objective: 0.99, rows, badMin: 3, scope } })]);
  // Half of the orders failed in the ten minutes before the release.
  const incident = { ...steadyWindow(), failed: counter(1, 50, TICKS - 40) };
  const series = { pre: incident, lastWeek: steadyWindow(), watch: steadyWindow() };

  it.each([
    ['release', /: 39 of 3 900 failed since /],
    ['rolling', /: 1 989 of 7 800 failed within 1 hour, 25\.5 times what .* and 1 times within 5 minutes$/],
  ] as const)(
    'of scope %s knows what was before the release only where its windows roll, and blames nobody',
    (scope, words) => {
      const result = judged(record({ series }), budget(scope));
      expect(result).toMatchObject({ verdict: 'pass', degradedTick: null });
      expect(result.reasons).toEqual([expect.objectContaining({ words: expect.stringMatching(words) })]);
    },
  );
});

describe('a record of latency', () => {
  it('holds buckets as what came in each tick, whatever the declaration of the signal says', () => {
    const compared = {
      kind: 'histogram',
      against: 'auto',
      windows: ['before', 'same-hours'],
      worseBy: 0.05,
      unacceptable: 2,
    } as const;
    const latency = policyOf([{ ...ORDERS(), name: 'checkout-latency', test: compared }]);
    const slow = { buckets: Array(TICKS).fill([20, 40, 40]) };
    const cumulative = new Map(
      [...latency.signals].map(([name, one]) => [name, { ...one, temporality: 'cumulative' as const }]),
    );
    for (const policy of [latency, { ...latency, signals: cumulative }]) {
      expect(judged(record(), policy).verdict).toBe('pass');
      expect(judged(recordWatching(slow), policy)).toMatchObject({
        verdict: 'degraded',
        attributed: ['checkout_latency'],
      });
    }
  });
});

describe('what is lost, late or restarted', () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['a restart of the counters', { failed: restarted(counter(1)), orders: restarted(counter(100)) }, {}],
    ['a few lost samples', { failed: counter(1).map((v, i) => (i % 9 === 4 ? null : v)) }, {}],
    [
      'late samples',
      {},
      {
        late: [
          ['failed', 5, 8],
          ['orders', 20, 22],
          ['failed', 20, 23],
        ],
      },
    ],
  ])('is no degradation and no doubt: %s', (_what, series, change) => {
    expect(judged(recordWatching(series, change)).verdict).toBe('pass');
  });

  it('is no pass where a required signal never came', () => {
    expect(judged(recordWatching({ orders: lost }))).toMatchObject({
      verdict: 'inconclusive',
      coverage: { judged: 1, least: 0 },
    });
    expect(judged(recordWatching({ orders: lost }), policyOf([ORDERS({ isRequired: false }), TILLS()])).verdict).toBe(
      'pass',
    );
  });

  it('is no pass where most of the watch was lost', () => {
    const result = judged(recordWatching({ failed: counter(1).map((v, i) => (i > 5 && i < 30 ? null : v)) }));
    expect(result).toMatchObject({ verdict: 'inconclusive', reason: 'coverage' });
    expect(result.coverage.least).toBeLessThan(0.75);
  });

  it('is not known before it arrives', () => {
    const early = judged(recordWatching(WORSE)).degradedTick ?? 0;
    const late = Array.from({ length: early - 9 }, (_, i) => ['failed', 10 + i, early + 2]);
    const result = judged(recordWatching(WORSE, { late }));
    expect(result.degradedTick).toBeGreaterThanOrEqual(early + 2);
  });
});

describe('what depends on the traffic', () => {
  const compared = {
    kind: 'gauge',
    transform: 'log',
    against: 'auto',
    windows: ['before', 'same-hours'],
    worseBy: 0.05,
    unacceptable: 3,
  } as const;
  const waits = policyOf([{ ...ORDERS(), name: 'db-lock-wait', signal: 'shop.locks', test: compared }]);
  const slower = Array.from({ length: TICKS }, (_, tick) => (tick < 20 ? 30 : 60) + (tick % 3));
  /** Five times the traffic from the first third of the watch on. */
  const rush = counter(100, 500, 14);

  it('is worse where the traffic is as before', () => {
    expect(judged(recordWatching({ wait: slower }), waits).verdict).toBe('degraded');
  });

  it('is not compared in a rush, and passes by what could be compared before it', () => {
    const result = judged(recordWatching({ wait: slower, orders: rush }), waits);
    expect(result).toMatchObject({ verdict: 'pass' });
    expect(result.coverage.least).toBeGreaterThan(1 / 3);
    expect(result.coverage.least).toBeLessThan(0.75);
  });

  it('does not pass by less than a third of the watch', () => {
    const early = { wait: slower, orders: counter(100, 500, 4) };
    expect(judged(recordWatching(early), waits)).toMatchObject({ verdict: 'inconclusive', reason: 'not-comparable' });
  });

  it('is not compared while nobody tells the traffic: it may be a rush', () => {
    expect(judged(recordWatching({ wait: slower, orders: lost }), waits)).toMatchObject({
      verdict: 'inconclusive',
      reason: 'not-comparable',
    });
  });
});

describe('a guardrail without a record', () => {
  it('stands in the way of a pass where it is required, and only there', () => {
    const carts = { ...ORDERS(), name: 'carts', signal: 'shop.carts' };
    expect(judged(record(), policyOf([ORDERS(), carts]))).toMatchObject({
      verdict: 'inconclusive',
      reason: 'no-telemetry',
    });
    expect(judged(record(), policyOf([ORDERS(), { ...carts, isRequired: false }])).verdict).toBe('pass');
  });
});

/** A counter whose process began again at half of the window. */
function restarted(values: readonly number[]): number[] {
  const half = TICKS / 2;
  return values.map((value, i) => (i < half ? value : value - (values[half - 1] as number)));
}
