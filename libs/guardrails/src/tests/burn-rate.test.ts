import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { heldPeriods, withHeld } from '../held-counts.js';
import type { HeldCounts, WatchedGuardrail } from '../watch-spec.js';
import { type BurnRate, type BurnRateState, burnRateTest } from './burn-rate.js';
import type { Told } from './guardrail-test.js';
import { NO_WINDOW, planWindow, pruneWindow, sumOf, addToWindow } from './sliding-window.js';
import { told } from '../../testing/arms.js';
import { ORDERS, specOf, START } from '../../testing/watch.js';

const MINUTE = 60;
const HOUR = 3600;
const ROWS = [
  { longMs: HOUR * 1000, shortMs: 5 * MINUTE * 1000, factor: 14.4 },
  { longMs: 6 * HOUR * 1000, shortMs: 30 * MINUTE * 1000, factor: 6 },
];
type Burning = WatchedGuardrail & { readonly guardrail: { readonly test: BurnRate } };
const HIGH = { ...ORDERS.signal!, badDirection: 'high' as const };

/** Before the release, of the same 25 orders every 15 seconds: since how long, and how many of them failed. */
interface Past {
  readonly since: number;
  readonly bad: (seconds: number) => number;
}

function burning(o: Partial<BurnRate> = {}, badDirection: 'high' | 'low' = 'high', past?: Past) {
  const burnRate: BurnRate = { kind: 'burn-rate', objective: 0.999, rows: ROWS, badMin: 3, scope: 'release', ...o };
  const watched: Burning = {
    ...ORDERS,
    guardrail: { ...ORDERS.guardrail, test: burnRate },
    signal: { ...HIGH, badDirection },
    baselines: [],
  };
  return burnRateTest(specOf([watched]), past === undefined ? watched : { ...watched, held: heldOf(watched, past) });
}

/** What history knows of it, whatever the scope; a release has to know nothing of it by itself. */
function heldOf(watched: Burning, { since, bad }: Past): readonly HeldCounts[] {
  const rolling: WatchedGuardrail = {
    ...watched,
    guardrail: { ...watched.guardrail, test: { ...watched.guardrail.test, scope: 'rolling' } },
  };
  const all = Array.from({ length: since / 15 }, (_, i) => -15 * i).map((t) => ({
    atMs: START + t * 1000,
    bad: bad(t),
  }));
  const counted = heldPeriods(rolling, START).map((period) => {
    const within = all.filter(({ atMs }) => atMs > period.fromMs && atMs <= period.toMs);
    return { ...period, count: within.reduce((sum, one) => sum + one.bad, 0), of: 25 * within.length };
  });
  return withHeld(rolling, counted).held ?? [];
}

/** One sample every 15 seconds, of 25 orders each. */
const every15 = (until: number, bad: (seconds: number) => number, total = 25): Told[] =>
  Array.from({ length: until / 15 }, (_, i) => told('watched', 15 * (i + 1), bad(15 * (i + 1)), total));

/** From when to when it fired, in seconds after the release; through JSON at every sample. */
function firingSpans(test: ReturnType<typeof burning>, all: readonly Told[]): (readonly [number, number])[] {
  const spans: (readonly [number, number])[] = [];
  let [state, since, last] = [JSON.parse(JSON.stringify(test.start())) as BurnRateState, null as number | null, 0];
  for (const one of all) {
    state = JSON.parse(JSON.stringify(test.observe(state, one))) as BurnRateState;
    const now = (one.observation.atMs - START) / 1000;
    const isFiring = test.isFiring(state, one.observation.atMs);
    if (isFiring) since ??= now;
    else if (since !== null) {
      spans.push([since, last]);
      since = null;
    }
    last = now;
  }
  return since === null ? spans : [...spans, [since, last]];
}
const through = (test: ReturnType<typeof burning>, all: readonly Told[]) =>
  all.reduce((state, one) => test.observe(state, one) ?? state, test.start());

/** The expected numbers were computed by libs/guardrails/reference/burn_rate.py over exact windows of the raw samples. */
describe('fires when the independent computation does', () => {
  const STORIES: readonly [
    string,
    number,
    (t: number) => number,
    release: (readonly [number, number])[],
    rolling: (readonly [number, number])[],
  ][] = [
    ['broken from the release on', 2 * HOUR, () => 2, [[300, 7200]], [[30, 7200]]],
    [
      'broken for ten minutes after an hour',
      3 * HOUR,
      (t) => (t > HOUR && t <= HOUR + 600 ? 4 : 0),
      [[3750, 5925]],
      [[3750, 5925]],
    ],
    ['a slow leak within the budget of both rows', 4 * HOUR, (t) => (t % 150 === 0 ? 1 : 0), [], []],
    [
      'one burst: the short row until its short window is over it, the long row later',
      HOUR,
      (t) => (t > 900 && t <= 960 ? 25 : 0),
      [
        [915, 1245],
        [1800, 2745],
      ],
      [[915, 2745]],
    ],
    ['two failures are fewer than are spoken of', HOUR, (t) => (t === 300 || t === 315 ? 1 : 0), [], []],
    ['exactly the factor is enough', HOUR, () => 0.36, [[300, 3600]], [[135, 3600]]],
    ['a little less is not, only the slower row sees it', HOUR, () => 0.3599, [[1800, 3600]], [[135, 3600]]],
  ];
  test.each(STORIES)('%s', (_, until, bad, release, rolling) => {
    expect(firingSpans(burning(), every15(until, bad))).toEqual(release);
    expect(firingSpans(burning({ scope: 'rolling' }), every15(until, bad))).toEqual(rolling);
  });
});

describe('what was before the release, to the same computation', () => {
  const STORIES: readonly [
    string,
    Past,
    number,
    (t: number) => number,
    release: (readonly [number, number])[],
    rolling: (readonly [number, number])[],
  ][] = [
    [
      'an incident in the ten minutes before fires at the first sample',
      { since: HOUR, bad: (t) => (t > -600 ? 25 : 0) },
      HOUR,
      () => 0,
      [],
      [[15, 1785]],
    ],
    [
      'an incident that was over an hour before fires no more',
      { since: 6 * HOUR, bad: (t) => (t > -2 * HOUR && t <= -2 * HOUR + 600 ? 25 : 0) },
      HOUR,
      () => 0,
      [],
      [],
    ],
    [
      'a quiet past dilutes what is broken since',
      { since: 6 * HOUR, bad: () => 0 },
      2 * HOUR,
      () => 2,
      [[300, 7200]],
      [[660, 7200]],
    ],
    [
      'a leak before is part of a worse one since',
      { since: HOUR, bad: () => 0.2 },
      HOUR,
      () => 0.5,
      [[300, 3600]],
      [[15, 3600]],
    ],
  ];
  test.each(STORIES)('%s', (_, past, until, bad, release, rolling) => {
    const all = every15(until, bad);
    expect(firingSpans(burning({ scope: 'release' }, 'high', past), all)).toEqual(release);
    expect(firingSpans(burning({ scope: 'rolling' }, 'high', past), all)).toEqual(rolling);
  });

  const incident: Past = { since: HOUR, bad: () => 25 };
  const rolling = burning({ scope: 'rolling' }, 'high', incident);

  test('alone it neither fires nor waits: the watch has heard nothing yet', () => {
    const state = rolling.start();
    expect([rolling.isFiring(state, START), rolling.isPending(state, START)]).toEqual([false, false]);
    expect(rolling.lacks(state, START)).toBe('no-telemetry');
    expect(rolling.samples(state)).toBe(0);
    const heard = rolling.observe(state, told('watched', 15, 0, 0)) as BurnRateState;
    expect([rolling.isFiring(heard, START), rolling.lacks(heard, START), rolling.samples(heard)]).toEqual([
      true,
      null,
      0,
    ]);
  });

  test.each([
    [
      'only the past burns: since it does',
      { since: HOUR, bad: (t: number) => (t > -600 ? 25 : 0) },
      0,
      START - 600_000,
    ],
    [
      'of two incidents, since the newer',
      { since: HOUR, bad: (t: number) => (t % 1800 > -300 ? 25 : 0) },
      0,
      START - 300_000,
    ],
    ['both burn: the release would fire by itself', { since: HOUR, bad: () => 25 }, 25, null],
    [
      'two since are too few to speak of without the past',
      { since: HOUR, bad: (t: number) => (t > -300 ? 25 : 0) },
      0.5,
      START - 300_000,
    ],
    ['only what came since burns', { since: HOUR, bad: () => 0 }, 25, null],
    ['nothing burns', { since: HOUR, bad: () => 0 }, 0, null],
  ] as const)('since when it is beyond, where %s', (_, past, bad, expected) => {
    const test1 = burning({ scope: 'rolling', rows: ROWS.slice(0, 1) }, 'high', past);
    const state = through(
      test1,
      every15(60, () => bad),
    );
    expect(test1.beyondSinceMs?.(state)).toBe(expected);
  });

  test('of a release it is not known at all', () => {
    expect(burning({}, 'high', incident).start()).toEqual(burning().start());
  });

  test('it is named with the rest', () => {
    const state = through(
      rolling,
      every15(600, () => 0),
    );
    expect(rolling.describe(state, { verdict: 'breach', evidence: null, clockMs: START }).words).toBe(
      'orders: 6 000 of 7 000 failed within 6 hours, 857 times what an objective of 99.9 % allows, and 667 times within 30 minutes; 6 times is too fast',
    );
  });
});

describe('what counts', () => {
  test('what was before the release, in scope of the release, neither triggers nor dilutes', () => {
    const incident = Array.from({ length: 40 }, (_, i) => told('watched', -15 * i, 25, 25)).reverse();
    const after = every15(600, () => 0);
    expect(firingSpans(burning(), [...incident, ...after])).toEqual([]);
    expect(firingSpans(burning({ scope: 'rolling' }), [...incident, ...after]).length).toBe(1);
    expect(burning().samples(through(burning(), [...incident, ...after]))).toBe(1000);
  });

  test('a share of good ones is a share of bad ones the other way round', () => {
    const low = every15(2 * HOUR, () => 23);
    expect(firingSpans(burning({}, 'low'), low)).toEqual([[300, 7200]]);
  });

  test('what did not get the release is not looked at', () => {
    const control = every15(HOUR, () => 25).map((one) => ({ ...one, arm: 'control' as const }));
    expect(through(burning(), control)).toEqual(burning().start());
  });

  test('a gauge cannot be read', () => {
    const one = told('watched', 15, 1, 2);
    const gauge = { ...one, observation: { ...one.observation, value: { kind: 'gauge' as const, value: 1 } } };
    expect(burning().observe(burning().start(), gauge)).toBeNull();
  });
});

describe('what is not known', () => {
  const test1 = burning();
  const broken = through(
    test1,
    every15(900, () => 25),
  );
  const closed = every15(1500, () => 0, 0).filter((one) => one.observation.atMs > START + 900_000);

  test('nothing was measured: no telemetry, no fire', () => {
    expect(test1.lacks(test1.start(), START)).toBe('no-telemetry');
    expect(test1.isFiring(test1.start(), START)).toBe(false);
    expect(test1.isPending(test1.start(), START)).toBe(false);
    expect(test1.describe(test1.start(), { verdict: 'pending', evidence: null, clockMs: START })).toEqual({
      numbers: {},
      words: '',
    });
  });
  test('a short window without traffic never fires and is no data', () => {
    expect(test1.isFiring(broken, START + 900_000)).toBe(true);
    expect(test1.lacks(broken, START + 900_000)).toBeNull();
    const state = closed.reduce((s, one) => test1.observe(s, one) ?? s, broken);
    const onlyFast = burning({ rows: ROWS.slice(0, 1) });
    const fast = [...every15(900, () => 25), ...closed].reduce(
      (s, one) => onlyFast.observe(s, one) ?? s,
      onlyFast.start(),
    );
    expect(onlyFast.isFiring(fast, START + 1_500_000)).toBe(false);
    expect(onlyFast.lacks(fast, START + 1_500_000)).toBe('no-traffic');
    expect(test1.lacks(state, START + 1_500_000)).toBe('no-traffic');
  });
  test('a shop that never opens is no data', () => {
    const state = through(
      test1,
      every15(900, () => 0, 0),
    );
    expect([test1.isFiring(state, START), test1.lacks(state, START)]).toEqual([false, 'no-traffic']);
  });
  test('silence neither makes it fire nor clears it: windows end with the newest sample', () => {
    for (const clockMs of [START + 900_000, START + 10 * HOUR * 1000])
      expect(test1.isFiring(broken, clockMs)).toBe(true);
    const healthy = through(
      test1,
      every15(900, () => 0),
    );
    expect(test1.isFiring(healthy, START + 10 * HOUR * 1000)).toBe(false);
  });
});

describe('pending', () => {
  const fast = burning({ rows: ROWS.slice(0, 1) });
  const isPending = (all: readonly Told[]) => {
    const state = through(fast, all);
    return [fast.isFiring(state, START), fast.isPending(state, START)];
  };
  test.each([
    ['both windows burn, the short one not filled since the release', every15(150, () => 2), [false, true]],
    ['the short window burns, the long one not yet', every15(HOUR, (t) => (t > 3500 ? 2 : 0)), [false, true]],
    [
      'the long window burns no more than the short one did long ago',
      every15(HOUR, (t) => (t < 600 ? 25 : 0)),
      [false, false],
    ],
    ['two failures in a quiet hour are no sign', every15(HOUR, (t) => (t > 3570 ? 1 : 0), 2), [false, false]],
    ['it fires, so it does not wait', every15(900, () => 25), [true, false]],
  ])('%s', (_, all, expected) => {
    expect(isPending(all)).toEqual(expected);
  });
});

describe('promises', () => {
  const values = fc.array(fc.tuple(fc.nat(5), fc.nat(60)), { minLength: 1, maxLength: 120 });
  const said = (all: readonly (readonly [number, number])[]) =>
    all.map(([bad, total], i) => told('watched', 15 * (i + 1), Math.min(bad, total), total));
  const any = burning({ rows: [{ longMs: 600_000, shortMs: 60_000, factor: 3 }], objective: 0.99 });

  test('the order of late data changes nothing', () => {
    fc.assert(
      fc.property(values, fc.array(fc.nat(4), { minLength: 120, maxLength: 120 }), (all, delays) => {
        const inOrder = said(all);
        const arrived = inOrder
          .map((one, i) => ({ one, arrives: one.observation.atMs + 15_000 * (delays[i] as number) }))
          .sort((a, b) => a.arrives - b.arrives)
          .map(({ one }) => one);
        expect(through(any, arrived)).toEqual(through(any, inOrder));
      }),
    );
  });

  test('a restart at any sample changes nothing', () => {
    fc.assert(
      fc.property(values, fc.nat(119), (all, at) => {
        const sayings = said(all);
        const restarted = sayings.reduce((state, one, i) => {
          const next = any.observe(state, one) ?? state;
          return i === at ? (JSON.parse(JSON.stringify(next)) as BurnRateState) : next;
        }, any.start());
        expect(restarted).toEqual(through(any, sayings));
      }),
    );
  });

  test('memory does not grow with the watch', () => {
    const days = through(
      burning(),
      every15(9 * HOUR, () => 1),
    );
    for (const row of days.rows) expect((row.long.length + row.short.length) / 3).toBeLessThanOrEqual(122);
  });

  test('a window holds what an exact one holds, and of the slot that it cuts no more than the slot', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -5000, max: 20_000 }), fc.integer({ min: 1, max: 9 })), { minLength: 1 }),
        fc.constantFrom(60, 300, 3600, 7200),
        fc.constantFrom(1, 15, 60),
        (samples, seconds, interval) => {
          const plan = planWindow(0, seconds * 1000, interval * 1000);
          const newest = Math.max(...samples.map(([at]) => at)) * 1000;
          const window = samples.reduce(
            (so, [at, exposure]) => addToWindow(plan, so, at * 1000, { events: 0, exposure }),
            NO_WINDOW,
          );
          const held = sumOf(pruneWindow(plan, window, newest)).exposure;
          const exact = (lengthMs: number) =>
            samples.reduce((sum, [at, exposure]) => sum + (at * 1000 > newest - lengthMs ? exposure : 0), 0);
          expect(held).toBeGreaterThanOrEqual(exact(plan.lengthMs));
          expect(held).toBeLessThanOrEqual(exact(plan.lengthMs + plan.slotMs));
          expect(plan.slotMs).toBeLessThanOrEqual(Math.max(interval * 1000, plan.lengthMs / 60 + interval * 1000));
        },
      ),
    );
  });
});

describe('what a shop manager reads', () => {
  const describedAt = (all: readonly Told[], o: Partial<BurnRate> = {}, badDirection: 'high' | 'low' = 'high') => {
    const of = burning(o, badDirection);
    return of.describe(through(of, all), { verdict: 'pending', evidence: null, clockMs: START + HOUR * 1000 });
  };
  test.each([
    [
      'one that fires',
      describedAt(every15(HOUR, () => 2)).words,
      'orders: 480 of 6 000 failed within 1 hour, 80 times what an objective of 99.9 % allows, and 80 times within 5 minutes; 14.4 times is too fast',
    ],
    [
      'one that is in order',
      describedAt(every15(HOUR, (t) => (t % 900 === 0 ? 1 : 0))).words,
      'orders: 4 of 6 000 failed since 09:12 UTC, within what an objective of 99.9 % allows',
    ],
    [
      'one that is over it, not by as much as its bound',
      describedAt(every15(HOUR, (t) => (t % 300 === 0 ? 1 : 0))).words,
      'orders: 12 of 6 000 failed since 09:12 UTC, 2 times what an objective of 99.9 % allows, and 2 times within 30 minutes',
    ],
  ])('%s', (_, words, expected) => {
    expect(words).toBe(expected);
  });
  test('the numbers are shares, those of good ones where the signal counts them', () => {
    expect(describedAt(every15(HOUR, () => 2)).numbers).toEqual({ observed: 0.08, limit: expect.closeTo(0.0144, 9) });
    expect(
      describedAt(
        every15(HOUR, () => 23),
        {},
        'low',
      ).numbers,
    ).toEqual({ observed: 0.92, limit: expect.closeTo(1 - 0.0144, 9) });
  });
});
