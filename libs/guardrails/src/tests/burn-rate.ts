import type { InstantMs } from '@parapet/kernel';
import { type Counts, countsOf } from '@parapet/signals';
import type { InconclusiveReason } from '../events.js';
import type { BurnRateRow, GuardrailTest } from '../guardrail.js';
import type { WatchedGuardrail, WatchSpec } from '../watch-spec.js';
import { describeBurn } from './burn-words.js';
import type { RuleTest } from './guardrail-test.js';
import {
  addToWindow,
  eventsBeforeOriginMs,
  NO_WINDOW,
  planWindow,
  pruneWindow,
  sumAfterOrigin,
  sumOf,
  type Window,
  type WindowPlan,
} from './sliding-window.js';

/** The error budget of an objective, spent too fast. */
export type BurnRate = Extract<GuardrailTest, { kind: 'burn-rate' }>;

/** Both windows of every row; they end with the newest sample. */
export interface BurnRateState {
  /** Of the watch: what windows held before it is no word of the release. */
  readonly newestAtMs: InstantMs | null;
  /** Exposure seen since the watch began. */
  readonly samples: number;
  readonly rows: readonly { readonly long: Window; readonly short: Window }[];
}

/** How one row stands. */
export interface Burn {
  readonly row: BurnRateRow;
  readonly long: Counts;
  readonly short: Counts;
  /** The long window holds enough bad ones to speak of. */
  readonly isEnough: boolean;
  /** `scope: release`: the short window lies after the release as a whole. */
  readonly isFilled: boolean;
  readonly isLongBurning: boolean;
  readonly isShortBurning: boolean;
  /** All of it. */
  readonly isFiring: boolean;
  /** It would fire as well without what its windows held before the release. */
  readonly isFiringAlone: boolean;
}

/** A burn that reaches the factor but for the last digit of a double reaches it: 1 − 0.999 is a little more than 0.001. */
const ROUNDING = 1 - 1e-9;

/**
 * Multi-window burn rate (statistics 10.2): fires when the budget is spent `factor` times too fast over both windows of a row.
 *
 * Windows end with the newest sample, not with a clock: a sensor that is known late is not empty because of that, and silence
 * neither makes it fire nor clears it. Samples of an exposure of 0 move them on. Of `scope: rolling` they begin with what they held
 * before the release, by the minute; of `scope: release` with nothing. Neither fires before the first sample of the watch.
 */
export function burnRateTest(
  spec: WatchSpec,
  watched: WatchedGuardrail & { readonly guardrail: { readonly test: BurnRate } },
): RuleTest<BurnRateState> {
  const { test } = watched.guardrail;
  const badDirection = watched.signal?.badDirection ?? 'high';
  const intervalMs = watched.signal?.intervalMs ?? 1;
  const plans = test.rows.map((row) => ({
    row,
    long: planWindow(spec.startMs, row.longMs, intervalMs),
    short: planWindow(spec.startMs, row.shortMs, intervalMs),
  }));
  const burns = (state: BurnRateState) => plans.map((plan, i) => burnOf(spec, test, plan, state, i));
  const held = test.scope === 'rolling' ? (watched.held ?? []) : [];
  const begun = (plan: WindowPlan) => {
    const all = held.reduce((window, piece) => addToWindow(plan, window, piece.toMs, piece), NO_WINDOW);
    return pruneWindow(plan, all, spec.startMs);
  };

  return {
    kind: 'rule',
    start: () => ({
      newestAtMs: null,
      samples: 0,
      rows: plans.map(({ long, short }) => ({ long: begun(long), short: begun(short) })),
    }),
    observe: (state, { arm, observation: { atMs, value } }) => {
      if (value.kind !== 'count') return null;
      // What did not get the release says nothing of it here, and what was before it has no window to fall into.
      if (arm === 'control' || (test.scope === 'release' && atMs <= spec.startMs)) return state;
      const counts = countsOf('proportion', badDirection, value.count, value.of);
      const newestAtMs = Math.max(state.newestAtMs ?? atMs, atMs);
      const moved = (plan: WindowPlan, window: Window) =>
        pruneWindow(plan, addToWindow(plan, window, atMs, counts), newestAtMs);
      return {
        newestAtMs,
        samples: state.samples + counts.exposure,
        rows: plans.map((plan, i) => {
          const row = state.rows[i] as BurnRateState['rows'][number];
          return { long: moved(plan.long, row.long), short: moved(plan.short, row.short) };
        }),
      };
    },
    isFiring: (state) => burns(state).some((burn) => burn.isFiring),
    beyondSinceMs: (state) => beforeReleaseMs(plans, state, burns(state)),
    isPending: (state) => burns(state).some((burn) => !burn.isFiring && burn.isShortBurning && burn.isEnough),
    lacks: (state) => lacksOf(state, burns(state)),
    samples: (state) => state.samples,
    describe: (state) => describeBurn(spec, watched, burns(state), state.newestAtMs),
  };
}

function burnOf(
  spec: WatchSpec,
  test: BurnRate,
  plan: { readonly row: BurnRateRow; readonly long: WindowPlan; readonly short: WindowPlan },
  state: BurnRateState,
  index: number,
): Burn {
  const { row } = plan;
  const windows = state.rows[index] as BurnRateState['rows'][number];
  const newestAtMs = state.newestAtMs ?? spec.startMs;
  const [long, short] = [sumOf(windows.long), sumOf(windows.short)];
  const isHeard = state.newestAtMs !== null;
  const isBurning = ({ events, exposure }: Counts) =>
    isHeard && exposure > 0 && events >= row.factor * (1 - test.objective) * exposure * ROUNDING;
  const isEnough = long.events >= test.badMin;
  const isFilled = test.scope === 'rolling' || newestAtMs - spec.startMs >= row.shortMs;
  const [isLongBurning, isShortBurning] = [isBurning(long), isBurning(short)];
  const isFiring = isFilled && isEnough && isLongBurning && isShortBurning;
  const own = isFiring ? sumAfterOrigin(windows.long) : null;
  const isFiringAlone =
    own !== null && own.events >= test.badMin && isBurning(own) && isBurning(sumAfterOrigin(windows.short));
  return { row, long, short, isEnough, isFilled, isLongBurning, isShortBurning, isFiring, isFiringAlone };
}

/** Where no row would fire without what came before the release: when that began; null where one would, or none fires. */
function beforeReleaseMs(
  plans: readonly { readonly long: WindowPlan }[],
  state: BurnRateState,
  burns: readonly Burn[],
): InstantMs | null {
  if (burns.some(({ isFiringAlone }) => isFiringAlone)) return null;
  const firing = burns.findIndex(({ isFiring }) => isFiring);
  const [plan, windows] = [plans[firing], state.rows[firing]];
  return plan === undefined || windows === undefined ? null : eventsBeforeOriginMs(plan.long, windows.long);
}

function lacksOf(state: BurnRateState, burns: readonly Burn[]): InconclusiveReason | null {
  if (state.newestAtMs === null) return 'no-telemetry';
  return burns.some(({ long, short }) => !(long.exposure > 0 && short.exposure > 0)) ? 'no-traffic' : null;
}
