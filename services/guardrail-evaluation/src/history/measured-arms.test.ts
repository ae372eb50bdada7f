import { describe, expect, test } from '@jest/globals';
import type { GuardrailTest, WatchedGuardrail } from '@parapet/guardrails';
import { type Baseline, rollUpOf, type SampleValue } from '@parapet/signals';
import { historyInMemory, type KeptMinute } from '../../testing/history.js';
import type { RestArm } from './arms-history.js';
import { measuredArmsOfThePast, withMeasuredArms } from './measured-arms.js';

const MINUTE = 60_000;
const STORES: RestArm = { kind: 'rest', dimension: 'store', released: ['lyon', 'nice'] };
const SIGNAL = { unit: 's', badDirection: 'high', intervalMs: 60_000, latenessMs: 60_000 } as const;
const PERIODS = [{ fromMs: 0, toMs: 60 * MINUTE }];
const BOUNDS = [0.1, 0.5, 1];
const GAUGE = { kind: 'gauge', transform: 'log', against: 'control', worseBy: 0.05, unacceptable: 1.5 } as const;
const HISTOGRAM = { kind: 'histogram', against: 'control', worseBy: 0.05, unacceptable: 1.5 } as const;
const LATENCIES: Baseline = {
  kind: 'histogram',
  fromMs: 0,
  toMs: 60 * MINUTE,
  bounds: BOUNDS,
  counts: [100, 50, 30, 10],
  tailDispersions: BOUNDS.map(() => ({ phi: 1, isAssumed: false })),
  scoreDispersions: [],
  drift: 0.03,
};

const watchedBy = (of: GuardrailTest): WatchedGuardrail => ({
  guardrail: {
    name: 'checkout',
    signal: 'checkout',
    where: {},
    test: of,
    mode: 'act',
    weight: 1,
    isRequired: true,
    staleAfterMs: 60_000,
  },
  signal: SIGNAL,
  baselines: [{ window: 'before', baseline: LATENCIES }],
});

const kept = (at: number, store: string | null, value: SampleValue): KeptMinute => {
  const dimensions: Record<string, string> = store === null ? {} : { store };
  const observation = { signal: 'checkout', dimensions, fromMs: at * MINUTE, atMs: (at + 1) * MINUTE };
  const rollUp = rollUpOf({ ...observation, value });
  if (rollUp === null) throw new Error('no gap has a roll-up');
  return { observation, rollUp };
};
const gauge = (value: number): SampleValue => ({ kind: 'gauge', value });
const requests = (...counts: number[]): SampleValue => ({ kind: 'histogram', bounds: BOUNDS, counts, sum: null });
const hour = (of: (at: number) => readonly KeptMinute[]) => Array.from({ length: 60 }, (_, at) => of(at)).flat();
const known = async (of: GuardrailTest, minutes: readonly KeptMinute[]) => {
  const asked = { tenant: 't', environment: 'e', signal: 'checkout', where: {} };
  const form = of.kind === 'histogram' ? 'histograms' : 'values';
  const arms = await historyInMemory(() => minutes).measuredArms(asked, STORES, PERIODS, { form, perSeries: true });
  return withMeasuredArms(watchedBy(of), SIGNAL, PERIODS, arms);
};
/** Up and down by a little, so that something varies. */
const waver = (at: number) => 1 + (at % 2 ? 0.1 : -0.1);

describe('whose measurements of the past tell two arms apart', () => {
  test.each([
    ['of stores that get it and stores that do not', { ...GAUGE, control: STORES }, STORES],
    ['of their latencies', { ...HISTOGRAM, control: STORES }, STORES],
    [
      'of a canary, which has no past of its own',
      { ...GAUGE, control: { kind: 'where', where: { arm: 'stable' } } },
      null,
    ],
    ['of a release that goes everywhere', { ...GAUGE, control: { ...STORES, released: [] } }, null],
    ['not of counts, which have their own', { ...GAUGE, kind: 'rate', control: STORES }, null],
  ] as const satisfies readonly (readonly [string, GuardrailTest, RestArm | null])[])('%s', (_, of, expected) => {
    expect(measuredArmsOfThePast(watchedBy(of).guardrail)).toEqual(expected);
  });
});

describe('what was measured of two arms', () => {
  test('stores that always took twice as long', async () => {
    const { armsValues } = await known(
      { ...GAUGE, control: STORES },
      hour((at) => [
        kept(at, 'lyon', gauge(2 * waver(at))),
        kept(at, 'nice', gauge(2 * waver(at))),
        kept(at, 'paris', gauge(waver(at + 1))),
        kept(at, null, gauge(99)),
      ]),
    );
    expect(armsValues?.mean).toBeCloseTo(Math.log(2), 6);
    expect(armsValues?.deviation).toBeCloseTo(Math.log(1.1 / 0.9), 6);
    expect(armsValues?.drift).toBe(0);
  });
  test('stores with twice as many slow requests, by the bounds that history has', async () => {
    const { armsTails } = await known(
      { ...HISTOGRAM, control: STORES },
      hour((at) => [kept(at, 'lyon', requests(60, 20, 10, 10)), kept(at, 'paris', requests(140, 40, 10, 10))]),
    );
    expect(armsTails?.map((tail) => tail.bound)).toEqual(BOUNDS);
    expect(armsTails?.[2]?.ratio.ratio).toBeCloseTo(2, 2);
    expect(armsTails?.[0]?.ratio.ratio).toBeCloseTo(4 / 3, 2);
  });
  test.each([
    ['one arm that was never heard', hour((at) => [kept(at, 'lyon', gauge(1)), kept(at, 'nice', gauge(1))])],
    ['a few minutes of both', [kept(0, 'lyon', gauge(1)), kept(0, 'paris', gauge(1))]],
    ['nothing', []],
  ])('%s says nothing', async (_, minutes) => {
    expect((await known({ ...GAUGE, control: STORES }, minutes)).armsValues).toBeUndefined();
    expect((await known({ ...HISTOGRAM, control: STORES }, minutes)).armsTails).toBeUndefined();
  });
});
