import { describe, expect, test } from '@jest/globals';
import { resolveGuardrail } from './resolve.js';
import type { ReleaseScope, WatchedGuardrail, WatchInput, WatchSpec } from './watch-spec.js';
import { ARMS } from '../testing/arms.js';
import { merge, observed, ORDERS, phase, play, rollbackDone, specOf, tick } from '../testing/watch.js';

/** A watch whose release leaves a rest to compare with, and one whose budget is spent too fast. */

const HOUR = 3600;
const CANARY: ReleaseScope = { kind: 'percent', percent: 20 };
const STORES: ReleaseScope = { kind: 'values', dimension: 'store', values: ['lyon', 'nice'] };

/** A guardrail that takes a control where there is one, as the watch of a release with this scope begins. */
const settled = (scope: ReleaseScope | null): WatchedGuardrail => ({
  ...ORDERS,
  guardrail: resolveGuardrail(
    {
      ...ORDERS.guardrail,
      test: { kind: 'proportion', against: 'auto', windows: ['before'], worseBy: 0.1, unacceptable: 3 },
    },
    scope,
  ),
});
const CANARY_SPEC: WatchSpec = { ...specOf([settled(CANARY)]), scope: CANARY };
const STORES_SPEC: WatchSpec = { ...specOf([settled(STORES)]), scope: STORES };

type Rates = (i: number) => readonly [bad: number, total: number];
/** Every 15 seconds an interval of one arm, or of one store. */
const arm = (from: number, to: number, dimensions: Record<string, string>, rates: Rates): WatchInput[] =>
  Array.from({ length: Math.floor((to - from) / 15) + 1 }, (_, i) => {
    const [bad, total] = rates(i);
    return observed(from + 15 * i, 'orders', { kind: 'count', count: total - bad, of: total }, dimensions);
  });
const canary = (from: number, to: number, rates: Rates) => arm(from, to, { arm: 'canary' }, rates);
const stable = (from: number, to: number, rates: Rates) => arm(from, to, { arm: 'stable' }, rates);
const store = (name: string, from: number, to: number, rates: Rates) => arm(from, to, { store: name }, rates);
const closed = (from: number, to: number, dimensions: Record<string, string>): WatchInput[] => {
  const inputs: WatchInput[] = [];
  for (let s = from; s <= to; s += 15)
    inputs.push(observed(s, 'orders', { kind: 'gap', reason: 'closed' }, dimensions));
  return inputs;
};
/** One in a hundred fails. */
const healthy: Rates = (i) => [i % 2 === 0 ? 1 : 0, 50];
const healthyRest: Rates = () => [2, 200];
const broken: Rates = () => [5, 50];

const BURN: WatchedGuardrail = {
  ...ORDERS,
  guardrail: {
    ...ORDERS.guardrail,
    mode: 'propose',
    test: {
      kind: 'burn-rate',
      objective: 0.99,
      rows: [{ longMs: HOUR * 1000, shortMs: 300_000, factor: 5 }],
      badMin: 3,
      scope: 'release',
    },
  },
  baselines: [],
};
const all = (from: number, to: number, rates: Rates) => arm(from, to, {}, rates);

const STORIES: readonly { story: string; spec: WatchSpec; inputs: readonly WatchInput[]; words: readonly string[] }[] =
  [
    {
      story: 'a canary like its control passes when its watch is over',
      spec: CANARY_SPEC,
      inputs: merge([phase(60, 'live')], canary(15, HOUR + 60, healthy), stable(15, HOUR + 60, healthyRest)),
      words: ['+3660 pass final'],
    },
    {
      story: 'a canary worse than its control fails within minutes',
      spec: CANARY_SPEC,
      inputs: merge([phase(60, 'live')], canary(15, 600, broken), stable(15, 600, healthyRest)),
      words: ['+45 fail act'],
    },
    {
      story:
        'a promotion that brings five times the traffic and a provider that fails for everybody are no fault of the canary',
      spec: CANARY_SPEC,
      inputs: merge(
        [phase(60, 'live')],
        canary(15, 1200, healthy),
        stable(15, 1200, healthyRest),
        canary(1215, HOUR + 60, (i) => [i % 2 === 0 ? 38 : 37, 250]),
        stable(1215, HOUR + 60, () => [150, 1000]),
      ),
      words: ['+3660 pass final'],
    },
    {
      story: 'stores with the release that are worse than those without it',
      spec: STORES_SPEC,
      inputs: merge(
        [phase(60, 'live')],
        store('lyon', 15, 600, () => [3, 25]),
        store('nice', 15, 600, () => [2, 25]),
        store('lille', 15, 600, () => [1, 100]),
        store('paris', 15, 600, () => [1, 100]),
      ),
      words: ['+45 fail act'],
    },
    {
      story: 'one store without the release that fails does not excuse, nor blame, those with it',
      spec: STORES_SPEC,
      inputs: merge(
        [phase(60, 'live')],
        store('lyon', 15, HOUR + 60, healthy),
        store('nice', 15, HOUR + 60, healthy),
        store('lille', 15, HOUR + 60, () => [100, 100]),
        store('paris', 15, HOUR + 60, () => [1, 100]),
      ),
      words: ['+3660 pass final'],
    },
    {
      story:
        'a canary that falls silent while its control reports is said after two minutes, and neither passes nor fails',
      spec: CANARY_SPEC,
      inputs: merge([phase(60, 'live')], canary(15, 600, healthy), stable(15, 2 * HOUR + 60, healthyRest)),
      words: ['+675 inconclusive stale', '+735 inconclusive canary-silent', '+7260 inconclusive final canary-silent'],
    },
    {
      story: 'a canary in a shop that closed while its control reports has nothing to say, and is no silent one',
      spec: CANARY_SPEC,
      inputs: merge(
        [phase(60, 'live')],
        canary(15, 600, healthy),
        closed(615, 1200, { arm: 'canary' }),
        stable(15, 1200, healthyRest),
      ),
      words: ['+675 inconclusive closed'],
    },
    {
      story: 'a canary that never said anything while its control reports',
      spec: CANARY_SPEC,
      inputs: merge(stable(15, 300, healthyRest)),
      words: ['+75 inconclusive no-telemetry', '+135 inconclusive canary-silent'],
    },
    {
      story: 'a control that never said anything is no baseline, and no reason to pass',
      spec: CANARY_SPEC,
      inputs: merge([phase(60, 'live')], canary(15, HOUR + 60, healthy)),
      words: ['+75 inconclusive no-baseline'],
    },
    {
      story: 'a control that falls silent leaves nothing to compare with',
      spec: CANARY_SPEC,
      inputs: merge(canary(15, 900, healthy), stable(15, 600, healthyRest)),
      words: ['+675 inconclusive stale'],
    },
    {
      story: 'after the rollback the canary is like its control again',
      spec: CANARY_SPEC,
      inputs: merge(
        [phase(60, 'live')],
        canary(15, 300, broken),
        [rollbackDone(300)],
        canary(315, 2400, healthy),
        stable(15, 2400, healthyRest),
      ),
      words: ['+45 fail act', '+300 fail act final', '+510 recovering by act_1', '+1200 recovered by act_1'],
    },
    {
      story: 'without a rest there is history to compare with',
      spec: specOf([settled(null)]),
      inputs: merge([phase(60, 'live')], all(15, 600, broken)),
      words: ['+45 fail act'],
    },
    {
      story: 'a budget spent too fast proposes once the short window lies after the release',
      spec: specOf([BURN]),
      inputs: merge([phase(60, 'live')], all(15, 600, broken)),
      words: ['+300 fail propose'],
    },
    {
      story: 'a budget within its bounds passes, with time covered and traffic seen',
      spec: specOf([BURN]),
      inputs: merge([phase(60, 'live')], all(15, HOUR + 60, healthy)),
      words: ['+3660 pass final'],
    },
    {
      story: 'a budget of a shop without traffic is no pass',
      spec: specOf([BURN]),
      inputs: merge(
        [phase(60, 'live')],
        all(15, HOUR + 60, () => [0, 0]),
      ),
      words: ['+3660 inconclusive no-traffic'],
    },
    {
      story: 'a budget whose sensor is silent neither fires nor passes',
      spec: specOf([BURN]),
      inputs: merge([phase(60, 'live')], all(15, 240, broken), [tick(301), tick(400), tick(5000)]),
      words: ['+301 inconclusive stale'],
    },
  ];

describe('a watch with a control, or with a budget', () => {
  test.each(STORIES)('$story', ({ spec, inputs, words }) => {
    expect(play(spec, inputs).words).toEqual(words);
  });

  test('what was kept as JSON at every input is what was remembered', () => {
    for (const { spec, inputs } of STORIES) {
      expect(play(spec, inputs, false).words).toEqual(play(spec, inputs).words);
      expect(play(spec, inputs, false).state).toEqual(play(spec, inputs).state);
    }
  });

  test('the verdict says how each arm did', () => {
    const [failed] = play(STORES_SPEC, STORIES[3]?.inputs ?? []).said;
    expect(failed?.type === 'VerdictChanged' && failed.guardrails[0]).toMatchObject({
      verdict: 'breach',
      observed: 0.9,
      baseline: 0.99,
      words: expect.stringMatching(
        /^orders is 90\.0 % in the 2 stores with the release \(15 of 150 failed since 09:12 UTC\), 99\.0 % in the others, at least 1\.\d+ times as often; chance that this is luck: under 1 in /,
      ),
    });
  });

  test.each([
    ['for a minute: what it says may be on its way', 660, undefined],
    ['for longer: it is stale', 690, 'stale'],
    ['for two minutes: it is the canary that is silent', 735, 'canary-silent'],
  ])('a canary that says nothing while its control does, %s', (_, seconds, reason) => {
    const { reports } = play(
      CANARY_SPEC,
      merge([phase(60, 'live')], canary(15, 600, healthy), stable(15, seconds, healthyRest)),
    );
    expect(reports[0]?.reason).toBe(reason);
  });

  test('a guardrail that names its control keeps it', () => {
    expect(resolveGuardrail(ARMS.guardrail, null).test).toEqual(ARMS.guardrail.test);
  });
});
