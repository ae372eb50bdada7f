import { describe, expect, it } from '@jest/globals';
import type { Guardrail, GuardrailPolicy, GuardrailTest, WatchedSignal } from '@parapet/guardrails';
import { type Baseline, type Observation, rollUpOf, type RollUp, type SampleValue } from '@parapet/signals';
import { chanceOf } from '../../testing/degrading-shop.js';
import { historyInMemory, type KeptMinute } from '../../testing/history.js';
import { MINUTE, POLICY } from '../../testing/shop.js';
import { historyPlan } from './history-plan.js';
import { historyAskedBy, withHistory } from './watched-history.js';

const START = Date.parse('2026-11-23T09:00:00Z');
const DAY = 24 * 60 * MINUTE;
const STEP = 5 * MINUTE;
const BOUNDS = [0.1, 0.2, 0.4, 0.8, 1.6];

const tolerance = { against: 'baseline', windows: ['before', 'same-hours'], worseBy: 0.1, unacceptable: 3 } as const;
const TESTS = {
  counts: { kind: 'proportion', ...tolerance },
  gauge: { kind: 'gauge', transform: 'log', ...tolerance },
  latency: { kind: 'histogram', ...tolerance },
} satisfies Record<string, GuardrailTest>;
type Form = keyof typeof TESTS;

/** Every five minutes of some days, at a level of its own each day. */
function days(form: Form, howMany: number, levelOf: (daysAgo: number) => number): readonly KeptMinute[] {
  const chance = chanceOf(3);
  const kept: KeptMinute[] = [];
  for (let minuteMs = START - howMany * DAY; minuteMs < START; minuteMs += STEP) {
    const level = levelOf(Math.ceil((START - minuteMs) / DAY));
    const value = valueOf(form, level, chance);
    const observation: Observation = { signal: 's', dimensions: {}, fromMs: minuteMs, atMs: minuteMs + MINUTE, value };
    kept.push({ observation, rollUp: rollUpOf(observation) as RollUp });
  }
  return kept;
}

function valueOf(form: Form, level: number, chance: () => number): SampleValue {
  const noise = chance() - 0.5;
  if (form === 'gauge') return { kind: 'gauge', value: 20 * level * Math.exp(0.05 * noise) };
  if (form === 'counts') return { kind: 'count', count: 10_000 * level * (1 + 0.001 * noise), of: 1_000_000 };
  const shares = BOUNDS.map((bound) => Math.exp(-bound / (0.2 * level)));
  const counts = [1, ...shares].map((share, i) => 100_000 * (share - (shares[i] ?? 0)) + noise);
  return { kind: 'histogram', bounds: BOUNDS, counts, sum: null };
}

async function baselinesFrom(form: Form, kept: readonly KeptMinute[], unit = 'orders'): Promise<readonly Baseline[]> {
  const guardrail: Guardrail = {
    name: 'g',
    signal: 's',
    where: {},
    mode: 'act',
    weight: 1,
    isRequired: true,
    staleAfterMs: MINUTE,
    test: TESTS[form],
  };
  const policy: GuardrailPolicy = { ...POLICY, durationMs: 60 * MINUTE, baselineMs: DAY };
  const plan = historyPlan({ startMs: START, ...policy, environment: 'production', calendars: [], badTimes: [] });
  const ask = historyAskedBy(guardrail, plan)!;
  const of = { tenant: 't', environment: 'production', signal: 's', where: {} };
  const history = await historyInMemory(() => kept).history(of, { ...ask, perSeries: false });
  const signal: WatchedSignal = { unit, badDirection: 'high', intervalMs: STEP, latenessMs: STEP };
  const watched = { guardrail, signal, baselines: [] };
  const about = { startMs: START, policy, scope: null };
  return withHistory(about, watched, plan, history).baselines.map(({ baseline }) => baseline);
}

const driftsOf = async (...args: Parameters<typeof baselinesFrom>) =>
  (await baselinesFrom(...args)).map((baseline) => (baseline.kind === 'unusable' ? baseline.why : baseline.drift));

describe('the drift of a baseline', () => {
  const forms: readonly Form[] = ['counts', 'gauge', 'latency'];

  it.each(forms)('of %s is nothing where healthy days are all alike', async (form) => {
    for (const drift of await driftsOf(
      form,
      days(form, 34, () => 1),
    ))
      expect(drift).toBeCloseTo(0, 2);
  });

  it.each(forms)('of %s is how far healthy days lie apart', async (form) => {
    // From one day to the next the level doubles or halves: the logarithms of the ratios are ±ln 2, half of them each.
    const [before] = await driftsOf(
      form,
      days(form, 34, (daysAgo) => (daysAgo % 2 === 0 ? 2 : 1)),
    );
    expect(before).toBeGreaterThan(0.5 * Math.LN2);
    expect(before).toBeLessThan(1.2 * Math.LN2);
  });

  it.each<[Form, string, number]>([
    ['counts', 'orders', 0.1],
    ['gauge', 'orders', 0.05],
    ['gauge', 'seconds', 0.03],
    ['latency', 'seconds', 0.03],
  ])('of %s in %s is assumed where there are not eight pairs of days', async (form, unit, assumed) => {
    expect(
      (
        await driftsOf(
          form,
          days(form, 6, () => 1),
          unit,
        )
      )[0],
    ).toBe(assumed);
  });

  it('counts no day of which there is nothing', async () => {
    const kept = days('counts', 34, () => 1).filter(({ rollUp }) => START - rollUp.minuteMs < 8 * DAY);
    expect((await driftsOf('counts', kept))[0]).toBe(0.1);
  });
});

describe('the baselines of a guardrail', () => {
  it('are one for each window that it names, unusable where there is no history of it', async () => {
    const [before, weeks] = await baselinesFrom(
      'counts',
      days('counts', 2, () => 1),
    );
    expect(before).toMatchObject({
      kind: 'counts',
      exposure: 288_000_000,
      fromMs: START - DAY,
      toMs: START - STEP + MINUTE,
    });
    expect(weeks).toEqual({ kind: 'unusable', why: 'no-history', exposure: 0 });
  });

  it('pool the same hour of four weeks', async () => {
    const [, weeks] = await baselinesFrom(
      'counts',
      days('counts', 34, () => 1),
    );
    expect(weeks).toMatchObject({ kind: 'counts', exposure: 4 * 12 * 1_000_000 });
  });

  it('take dispersion from all of the day before, though the hour of a week is short', async () => {
    const [before, weeks] = await baselinesFrom(
      'counts',
      days('counts', 34, () => 1),
    );
    expect(before?.kind === 'counts' && before.dispersion.isAssumed).toBe(false);
    expect(weeks?.kind === 'counts' && weeks.dispersion).toEqual(before?.kind === 'counts' && before.dispersion);
  });

  it('of a latency hold its buckets', async () => {
    const [before] = await baselinesFrom(
      'latency',
      days('latency', 34, () => 1),
    );
    expect(before).toMatchObject({ kind: 'histogram', bounds: BOUNDS });
    expect(before?.kind === 'histogram' && before.tailDrift).toBeCloseTo(0, 2);
  });
});
