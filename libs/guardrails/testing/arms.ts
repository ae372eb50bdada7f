import { planAnchors } from '../src/anchors.js';
import type { Guardrail } from '../src/guardrail.js';
import { type CountControl, countControlTest, type ControlState } from '../src/tests/count-control.js';
import type { Arm, Told } from '../src/tests/guardrail-test.js';
import type { WatchedGuardrail, WatchSpec } from '../src/watch-spec.js';
import { HISTORY, ORDERS, specOf, START } from './watch.js';

/** A canary and its control, for tests. */

type WatchedArms = WatchedGuardrail & { readonly guardrail: Guardrail & { readonly test: CountControl } };

/** History that shows this dispersion of its own. */
export const historyOf = (phi: number): WatchedGuardrail['baselines'] => [
  { window: 'before', baseline: { ...HISTORY, dispersion: { phi, isAssumed: false } } },
];

/** Orders of what got the release against those of the rest; `phi` between the arms is 1.25. */
export const ARMS: WatchedArms = {
  ...ORDERS,
  guardrail: {
    ...ORDERS.guardrail,
    where: { arm: 'canary' },
    test: {
      kind: 'proportion',
      against: 'control',
      control: { kind: 'where', where: { arm: 'stable' } },
      worseBy: 0.1,
      unacceptable: 3,
    },
  },
  baselines: historyOf(1),
};

/** Values of one arm in the interval that ends so many seconds after the release. */
export function told(arm: Arm, seconds: number, events: number, exposure: number, newestSeconds = seconds): Told {
  const atMs = START + seconds * 1000;
  return {
    arm,
    observation: {
      signal: 'orders',
      dimensions: {},
      fromMs: atMs - 15_000,
      atMs,
      value: { kind: 'count', count: events, of: exposure },
    },
    newestAtMs: START + newestSeconds * 1000,
    isComparable: true,
  };
}

/** An interval of both arms: bad and total of the watched one, then of the control. */
export type Interval = readonly [number, number, number, number];

/** The test of a guardrail alone in its watch. */
export function armsTest(watched: WatchedArms = ARMS, spec: WatchSpec = specOf([watched])) {
  return { test: countControlTest(spec, watched), plan: planAnchors(spec, watched) };
}

/** What the intervals say, one after another from the release on; the watched arm is told first. */
export function toldOf(intervals: readonly Interval[]): Told[] {
  return intervals.flatMap(([x1, n1, x0, n0], i) => [
    told('watched', 15 * (i + 1), x1, n1),
    told('control', 15 * (i + 1), x0, n0),
  ]);
}

/** States through JSON at every step: what is stored must be what is remembered. */
export function observeAll(test: ReturnType<typeof countControlTest>, all: readonly Told[]): ControlState {
  return all.reduce((state, one) => {
    const next = test.observe(state, one);
    if (next === null) throw new Error('cannot be read');
    return JSON.parse(JSON.stringify(next)) as ControlState;
  }, test.start());
}
