import { meanBounds } from '../effect-size.js';
import type { MeanKernel } from '../mean-kernel.js';
import type { WatchSpec } from '../watch-spec.js';
import { chanceOfLuck, clockTime } from '../words.js';
import { placesOf } from './arm-places.js';
import { type GaugeTest, readable, valuesOf, type WatchedGauge } from './gauge-kernels.js';
import type { Described, Standing } from './guardrail-test.js';
import { withUnit } from './value-words.js';

interface SeenGauge {
  readonly spec: WatchSpec;
  readonly watched: WatchedGauge;
  readonly kernel: MeanKernel | null;
  /** Judged values and the sum of them, transformed: of what got the release, then of the control. */
  readonly totals: readonly number[];
  readonly standing: Standing;
}

/** Numbers and words of a gauge, in the unit of its signal; of logarithms the mean is that of a typical value. */
export function describeGauge(seen: SeenGauge): Described {
  const { spec, watched, kernel, totals } = seen;
  const { test } = watched.guardrail;
  const [n, sum, controls, controlSum] = totals as [number, number, number, number];
  if (!(n > 0)) return { numbers: {}, words: '' };
  const mean = sum / n;
  const reference = referenceOf(watched, controls > 0 ? controlSum / controls : null);
  // Arms that never were the same are held against the difference they had.
  const usual = reference === null || test.against !== 'control' ? reference : reference + (kernel?.reference ?? 0);
  const sign = watched.signal?.badDirection === 'low' ? -1 : 1;
  const shown = (y: number) => readable(y, test.transform);
  const [history] = valuesOf(watched);
  const bounds =
    history === undefined
      ? null
      : meanBounds(mean, n, {
          variance: history.longRunVariance,
          plannedN: Math.max(1, spec.policy.durationMs / (watched.signal?.intervalMs ?? spec.policy.durationMs)),
          alpha: spec.policy.falseRollbackRate,
        });
  const numbers = {
    observed: shown(mean),
    ...(bounds === null ? {} : { observedLow: shown(bounds.low), observedHigh: shown(bounds.high) }),
    ...(usual === null || kernel === null ? {} : { limit: shown(usual + sign * kernel.tolerated) }),
    ...(reference === null || test.against === 'limit' ? {} : { baseline: shown(reference) }),
  };
  const isGuessed = history?.isAssumed === true;
  const guessed = isGuessed ? '; how much such values vary is assumed, for want of history' : '';
  return { numbers, words: `${comparison(seen, { mean, reference, usual }, sign)}${guessed}` };
}

/** What the mean is compared with, transformed; null where there is nothing. */
function referenceOf(watched: WatchedGauge, control: number | null): number | null {
  const { test } = watched.guardrail;
  if (test.against === 'control') return control;
  if (test.against === 'limit') return test.transform === 'log' ? Math.log(test.limit) : test.limit;
  return valuesOf(watched)[0]?.mean ?? null;
}

function comparison(
  seen: SeenGauge,
  o: { readonly mean: number; readonly reference: number | null; readonly usual: number | null },
  sign: number,
): string {
  const { mean, reference, usual } = o;
  const { spec, watched, standing } = seen;
  const { name, test } = watched.guardrail;
  const say = (y: number) => withUnit(readable(y, test.transform), watched.signal?.unit ?? '');
  const since = `since ${clockTime(spec.startMs)}`;
  const evidence = standing.evidence ?? 0;
  const isWorse = standing.verdict === 'breach' || (evidence > 0 && usual !== null && sign * (mean - usual) > 0);
  const luck =
    isWorse && evidence > 0
      ? `; ${chanceOfLuck(evidence)}`
      : standing.verdict === 'pass'
        ? '; no worse than is tolerated'
        : '';
  if (reference === null) return `${name} is ${say(mean)} on average ${since}${withoutControl(test)}`;
  switch (test.against) {
    case 'limit':
      return `${name} is ${say(mean)} on average ${since}, the limit is ${say(reference)}${luck}`;
    case 'control': {
      const [here, there] = placesOf(test.control);
      return `${name} is ${say(mean)} on average ${here} ${since}, ${say(reference)} ${there}${luck}`;
    }
    case 'baseline':
      return isWorse
        ? `${name} ${sign > 0 ? 'rose' : 'fell'} from ${say(reference)} to ${say(mean)} on average ${since}${luck}`
        : `${name} is ${say(mean)} on average ${since}, it was ${say(reference)} before${luck}`;
  }
}

function withoutControl(test: GaugeTest): string {
  return test.against === 'control' ? `; nothing was measured ${placesOf(test.control)[1]}` : '';
}
