import type { Dispersion } from '@parapet/signals';
import type { ArmCounts } from '../between-arms.js';
import { type Bounds, proportionBounds, rateBounds, ratioBounds } from '../effect-size.js';
import type { WatchedGuardrail, WatchSpec } from '../watch-spec.js';
import { chanceOfLuck, clockTime, percent, roundNumber, wholeNumber } from '../words.js';
import { placesOf } from './arm-places.js';
import type { CountControl } from './count-control.js';
import type { Described, Standing } from './guardrail-test.js';

/** What a report says of two arms. */
interface Arms {
  readonly spec: WatchSpec;
  readonly watched: WatchedGuardrail & { readonly guardrail: { readonly test: CountControl } };
  readonly counts: ArmCounts;
  readonly dispersion: Dispersion;
  readonly tolerated: number;
  readonly bad: 'more' | 'fewer';
  readonly standing: Standing;
}

/** Numbers and words of two arms; a share that is bad when low is shown as the share of good ones, as its signal is. */
export function describeArms(arms: Arms): Described {
  const { counts, standing } = arms;
  const { test } = arms.watched.guardrail;
  const isRest = test.kind === 'proportion' && arms.watched.signal?.badDirection === 'low';
  const shown = (rate: number) => (isRest ? 1 - rate : rate);
  const own = rateOf(counts.watchedEvents, counts.watchedExposure);
  const others = rateOf(counts.controlEvents, counts.controlExposure);
  const limit =
    others === null
      ? null
      : test.kind === 'proportion'
        ? Math.min(1, others * arms.tolerated)
        : others * arms.tolerated;
  const numbers = {
    ...(own === null ? {} : { observed: shown(own), ...shownBounds(boundsOf(arms), isRest) }),
    ...(limit === null ? {} : { limit: shown(limit) }),
    ...(others === null ? {} : { baseline: shown(others) }),
  };
  if (own === null) return { numbers, words: '' };
  const guessed = arms.dispersion.isAssumed ? '; how much such counts vary is assumed, for want of history' : '';
  const compared = others === null ? withoutControl(arms, own, isRest) : comparison(arms, own, others, isRest);
  return { numbers, words: `${compared}${verdictWords(standing, hasWorsened(arms, own, others))}${guessed}` };
}

function rateOf(events: number, exposure: number): number | null {
  return exposure > 0 ? events / exposure : null;
}

function hasWorsened({ bad, standing, watched }: Arms, own: number, others: number | null): boolean {
  if (standing.verdict === 'breach') return true;
  if (others === null || !((standing.evidence ?? 0) > 0)) return false;
  const usual = others * (watched.armsRatio?.ratio ?? 1);
  return bad === 'more' ? own > usual : own < usual;
}

function verdictWords({ verdict, evidence }: Standing, isWorse: boolean): string {
  if (isWorse && evidence !== null && evidence > 0) return `; ${chanceOfLuck(evidence)}`;
  return verdict === 'pass' ? '; no worse than is tolerated' : '';
}

function comparison(arms: Arms, own: number, others: number, isRest: boolean): string {
  const { counts, watched, spec, standing } = arms;
  const { name, test } = watched.guardrail;
  const [here, there] = placesOf(test.control);
  const since = `since ${clockTime(spec.startMs)}`;
  const times = `${standing.verdict === 'breach' ? timesWords(arms) : ''}${usualWords(arms)}`;
  if (test.kind === 'proportion') {
    const shown = (share: number) => percent(isRest ? 1 - share : share);
    const seen = `${wholeNumber(counts.watchedEvents)} of ${wholeNumber(counts.watchedExposure)}`;
    return `${name} is ${shown(own)} ${here} (${seen}${isRest ? ' failed' : ''} ${since}), ${shown(others)} ${there}${times}`;
  }
  const expected = roundNumber(others * counts.watchedExposure);
  const by = test.control.kind === 'where' ? 'going by the rest' : 'going by the others';
  return `${name}: ${wholeNumber(counts.watchedEvents)} ${here} where ${expected} were to be expected ${by}, ${since}${times}`;
}

function withoutControl({ counts, watched, spec }: Arms, own: number, isRest: boolean): string {
  const { name, test } = watched.guardrail;
  const [here, there] = placesOf(test.control);
  const since = `since ${clockTime(spec.startMs)}`;
  const nothing = `nothing was measured ${there}`;
  if (test.kind === 'proportion') return `${name} is ${percent(isRest ? 1 - own : own)} ${here} ${since}; ${nothing}`;
  return `${name}: ${wholeNumber(counts.watchedEvents)} ${here} ${since}; ${nothing}`;
}

/** How many times as often at least; the upper bound of a young watch would only puzzle. */
function timesWords({ counts, spec, dispersion, bad }: Arms): string {
  const { phi } = dispersion;
  const own = { events: counts.watchedEvents / phi, exposure: counts.watchedExposure };
  const others = { events: counts.controlEvents / phi, exposure: counts.controlExposure };
  const [more, less] = bad === 'more' ? [own, others] : [others, own];
  const { low } = ratioBounds(more, less, spec.policy.falseRollbackRate);
  if (!(low > 1)) return '';
  return `, at least ${roundNumber(low)} times ${bad === 'more' ? 'as often' : 'less often'}`;
}

/** What is usual between the arms, where it is not that they are alike. */
function usualWords({ watched: { armsRatio } }: Arms): string {
  const isUnlike = armsRatio !== undefined && Math.abs(Math.log(armsRatio.ratio)) > 2 * armsRatio.logDeviation;
  return isUnlike ? `, where ${roundNumber(armsRatio.ratio)} times as often is usual` : '';
}

/** Bounds of the watched arm's own rate; the dispersion widens them as it lowers the evidence: fewer counts speak. */
function boundsOf({ counts, dispersion, watched, spec }: Arms): Bounds | null {
  const alpha = spec.policy.falseRollbackRate;
  const events = counts.watchedEvents / dispersion.phi;
  const exposure = counts.watchedExposure / dispersion.phi;
  if (watched.guardrail.test.kind === 'proportion') return proportionBounds(events, exposure, alpha);
  const history = watched.baselines.find(({ baseline }) => baseline.kind === 'counts')?.baseline;
  if (history?.kind !== 'counts') return null;
  return rateBounds(events, exposure, history.events / history.exposure, alpha);
}

function shownBounds(bounds: Bounds | null, isRest: boolean) {
  if (bounds === null) return {};
  return isRest
    ? { observedLow: 1 - bounds.high, observedHigh: 1 - bounds.low }
    : { observedLow: bounds.low, observedHigh: bounds.high };
}
