import { type Share, shareOf, type WatchInput } from '@parapet/guardrails';
import { MINUTE_MS, type RollUp, toleratedRatio } from '@parapet/signals';
import { armsOf, type OwnGuardrail, ownWatch, type OwnWatch } from '../self-test/own-watch.js';
import { playHistory, type Played } from '../self-test/played.js';
import { lengthOf, observed, run } from '../self-test/self-test.js';
import { type Draws, drawsFrom } from './draws.js';
import { asUsual, countsOfHistory, type Effect, effectFor } from './model.js';
import { smallestRatio } from './needed.js';

/** How well a guardrail sees what it is there for, at the traffic that it has. */
export interface Power {
  /** The change that was asked after, such as `a fall of two points`. */
  readonly effect: string;
  /** In how many of the simulated watches it was seen. */
  readonly seen: Share;
  /** After this long it was seen in nine of ten watches; null where it was seen in fewer. */
  readonly afterMs: number | null;
  /** What the planned watch can confirm (statistics 9); null for tests that do not count bad events. */
  readonly confirms: { readonly expected: number; readonly ratio: number | null } | null;
  /** The same in one sentence. */
  readonly words: string;
}

/** So many watches tell nine in ten from eight in ten, and take about a second. */
const RUNS = 60;
const QUANTILE = 0.9;
/** A simulated watch is looked at this often at most: finer looks cost time and tell nothing more. */
const LOOKS_MAX = 240;
/** Any number: which one is chosen must not matter, that it is always the same must. */
const SEED = 20_261_123;

/** Simulates watches of a guardrail one by one, so that whoever asks can do other things in between; null where there is nothing to simulate. */
export function* simulatePower(own: OwnGuardrail): Generator<void, Power | null> {
  const { policy } = own;
  const signal =
    own.signal === null
      ? null
      : { ...own.signal, intervalMs: Math.max(own.signal.intervalMs, Math.ceil(policy.durationMs / LOOKS_MAX)) };
  const watch = ownWatch({ ...own, signal });
  const effect = effectFor(watch.watched);
  const isUsable = watch.watched.baselines.some(({ baseline }) => baseline.kind !== 'unusable');
  if (effect === null || own.rollUps.length === 0 || !isUsable) return null;
  const delays: number[] = [];
  for (let n = 0; n < RUNS; n++) {
    const delay = simulate(watch, effect, own, drawsFrom(SEED + n));
    if (delay !== null) delays.push(delay);
    yield;
  }
  return powerOf(watch, effect, delays, own.rollUps);
}

/** The power of a guardrail at the traffic of its history; null where chance has no part in it, or there is no history. */
export function powerAt(own: OwnGuardrail): Power | null {
  const simulation = simulatePower(own);
  for (;;) {
    const { done, value } = simulation.next();
    if (done === true) return value;
  }
}

/** One watch, its traffic that of some time in the past; when the change was seen. */
function simulate(watch: OwnWatch, effect: Effect, { rollUps }: OwnGuardrail, draws: Draws): number | null {
  const from = Math.floor(draws.uniform() * rollUps.length);
  const wanted = Math.max(1, Math.ceil((watch.steps * watch.stepMs) / MINUTE_MS));
  const wrapped = [
    ...rollUps.slice(from, from + wanted),
    ...rollUps.slice(0, Math.max(0, from + wanted - rollUps.length)),
  ];
  const traffic = playHistory({ ...watch, minutes: wrapped });
  return run(watch, inputsOf(watch, traffic, effect, draws)).breachAfterMs;
}

function* inputsOf(watch: OwnWatch, traffic: readonly Played[], effect: Effect, draws: Draws): Generator<WatchInput> {
  const arms = armsOf(watch.watched);
  const usual = asUsual(watch.watched);
  for (const [i, own] of traffic.entries()) {
    const atMs = watch.spec.startMs + (i + 1) * watch.stepMs;
    // As much beside it as it has itself: what a release leaves as its rest is not known before there is one.
    const beside = arms.control === null ? null : usual(own, draws);
    if (beside !== null && arms.control !== null) yield observed(watch, atMs, beside, arms.control);
    const drawn = effect.draw(own, draws);
    if (drawn !== null) yield observed(watch, atMs, drawn, arms.watched);
    yield { kind: 'tick', clockMs: atMs };
  }
}

function powerOf(watch: OwnWatch, effect: Effect, delays: readonly number[], traffic: readonly RollUp[]): Power {
  const seen = shareOf(delays.length, RUNS);
  const sorted = [...delays].sort((a, b) => a - b);
  const afterMs = sorted[Math.ceil(QUANTILE * RUNS) - 1] ?? null;
  const confirms = confirmsOf(watch, traffic);
  const planned = lengthOf(watch.spec.policy.durationMs);
  const sight =
    afterMs === null
      ? `sees ${effect.words} in only ${Math.round(100 * (seen.rate ?? 0))} % of cases within the watch of ${planned}`
      : `sees ${effect.words} after ${lengthOf(afterMs)} in 90 % of cases`;
  return { effect: effect.words, seen, afterMs, confirms, words: `${sight}${confirmWords(confirms, planned)}` };
}

function confirmsOf({ watched, spec }: OwnWatch, traffic: readonly RollUp[]): Power['confirms'] {
  const { test } = watched.guardrail;
  const known = countsOfHistory(watched);
  if ((test.kind !== 'proportion' && test.kind !== 'rate') || known === null) return null;
  const exposure = traffic.reduce((sum, minute) => sum + minute.of, 0) / (traffic.length * MINUTE_MS);
  const isLimit = test.against === 'limit';
  const expected = (isLimit ? test.limit : known.rate) * exposure * spec.policy.durationMs;
  const drift = test.against === 'control' ? 0 : known.drift;
  const tolerated = isLimit ? 1 : toleratedRatio(test.worseBy, drift);
  return { expected, ratio: smallestRatio(expected, tolerated, known.phi) };
}

function confirmWords(confirms: Power['confirms'], planned: string): string {
  if (confirms === null) return '';
  if (confirms.ratio === null) return `; a watch of ${planned} has too few bad events to confirm any ratio`;
  return `; the smallest ratio that a watch of ${planned} can confirm is ${Number(confirms.ratio.toPrecision(2))}`;
}
