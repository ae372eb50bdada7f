import { formatInstant, type InstantMs } from '@parapet/kernel';
import type { SeenEpisode, SettledByHand } from './alert-guardrail.js';
import { doubtWords } from './doubts.js';
import type { InconclusiveReason } from './events.js';

/** `7004` as `7 004`: readable at a glance, and no language's decimal sign. */
export function wholeNumber(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ' ');
}

/** Three digits that mean something. */
export function roundNumber(value: number): string {
  if (Math.abs(value) >= 1000) return wholeNumber(value);
  return String(Number(value.toPrecision(3)));
}

/** A share in per cent, with as many decimals as it takes to tell 99.95 % from 100 %. */
export function percent(share: number): string {
  return percentTo(share, decimalsOf(share));
}

/** More decimals than these are noise. */
const DECIMALS_MAX = 6;

function decimalsOf(share: number): number {
  const distance = Math.min(share, 1 - share) * 100;
  if (distance >= 10 || !(distance > 0)) return 0;
  // 100 - 99.99 is a little less than 0.01, for a computer.
  return distance >= 0.1 ? 1 : Math.min(DECIMALS_MAX, Math.ceil(-Math.log10(distance) - 1e-9));
}

function percentTo(share: number, decimals: number): string {
  return `${(share * 100).toFixed(decimals)} %`;
}

/** Two shares that are compared, with the same number of decimals, and with as many as it takes to see that they differ. */
export function percents(a: number, b: number): readonly [string, string] {
  const decimals = Math.max(decimalsOf(a), decimalsOf(b));
  for (let more = 0; more < 3; more++) {
    const [one, two] = [percentTo(a, decimals + more), percentTo(b, decimals + more)];
    if (one !== two) return [one, two];
  }
  return [percent(a), percent(b)];
}

/** The hour and minute of an instant, in UTC. */
export function clockTime(at: InstantMs): string {
  return `${formatInstant(at).slice(11, 16)} UTC`;
}

/** Smaller chances are not worth telling apart, and no model is that exact. */
const CHANCE_SHOWN_MAX = 1_000_000;

/**
 * What an e-value says to somebody who has never heard of one: by Markov's inequality, luck alone reaches it once in as many times.
 */
export function chanceOfLuck(evidence: number): string {
  const times = evidence >= Math.log(CHANCE_SHOWN_MAX) ? CHANCE_SHOWN_MAX : Math.floor(Math.exp(evidence));
  if (times < 2) return 'luck explains it as well';
  // One digit that means something: 1 in 10 000, not 1 in 12 345.
  const magnitude = 10 ** (String(times).length - 1);
  const shown = Math.floor(times / magnitude) * magnitude;
  return `chance that this is luck: under 1 in ${wholeNumber(shown)}`;
}

/** The sentence of a guardrail that could not be judged, with what is known. */
export function withDoubt(words: string, name: string, reason: InconclusiveReason): string {
  return words === ''
    ? `${name} cannot be judged: ${doubtWords(reason)}`
    : `${words}; cannot be judged: ${doubtWords(reason)}`;
}

const EARLIER_WEEKS = 'this time of earlier weeks';

/** Counts in words. */
export function countWords(o: {
  readonly name: string;
  readonly form: 'proportion' | 'rate';
  readonly isRest: boolean;
  readonly bad: 'more' | 'fewer';
  readonly events: number;
  readonly exposure: number;
  readonly reference: number | null;
  readonly isLimit: boolean;
  /** Compared with the same hours of earlier weeks, not with the time before the release. */
  readonly isEarlierWeeks?: boolean;
  readonly evidence: number;
  readonly isPass: boolean;
  readonly isBreach: boolean;
  readonly sinceMs: InstantMs;
}): string {
  if (!(o.exposure > 0)) return '';
  const since = `since ${clockTime(o.sinceMs)}`;
  const ratio = o.reference === null || o.reference === 0 ? null : o.events / o.exposure / o.reference;
  const hasWorsened = o.isBreach || (o.evidence > 0 && (ratio === null || (o.bad === 'more' ? ratio > 1 : ratio < 1)));
  const luck =
    hasWorsened && o.evidence > 0 ? `; ${chanceOfLuck(o.evidence)}` : o.isPass ? '; no worse than is tolerated' : '';
  if (o.form === 'proportion') {
    const shown = (share: number) => percent(o.isRest ? 1 - share : share);
    const counts = `(${wholeNumber(o.events)} of ${wholeNumber(o.exposure)}${o.isRest ? ' failed' : ''} ${since})`;
    const now = shown(o.events / o.exposure);
    const when = o.isEarlierWeeks === true ? `at ${EARLIER_WEEKS}` : 'before';
    if (o.reference === null) return `${o.name} is ${now} ${counts}`;
    if (o.isLimit) return `${o.name} is ${now} ${counts}, the limit is ${shown(o.reference)}${luck}`;
    if (!hasWorsened) return `${o.name} is ${now} ${counts}, it was ${shown(o.reference)} ${when}${luck}`;
    const rest = (share: number) => (o.isRest ? 1 - share : share);
    const [was, is] = percents(rest(o.reference), rest(o.events / o.exposure));
    const against = o.isEarlierWeeks === true ? `, going by ${EARLIER_WEEKS}` : '';
    return `${o.name} ${o.isRest ? 'fell' : 'rose'} from ${was} to ${is} ${counts}${against}${luck}`;
  }
  const seen = wholeNumber(o.events);
  if (o.reference === null) return `${o.name}: ${seen} ${since}`;
  const expected = roundNumber(o.reference * o.exposure);
  const going = o.isEarlierWeeks === true ? `, going by ${EARLIER_WEEKS}` : '';
  const compared = o.isLimit ? `where the limit allows ${expected}` : `where ${expected} were to be expected`;
  const verb = hasWorsened ? (o.bad === 'more' ? 'rose: ' : 'fell: ') : 'is as before: ';
  return `${o.name} ${o.isLimit && !hasWorsened ? 'is within the limit: ' : verb}${seen} ${compared} ${since}${going}${luck}`;
}

/** A threshold in words. */
export function thresholdWords(o: {
  readonly name: string;
  readonly unit: string;
  readonly value: number | null;
  readonly enter: number;
  readonly direction: 'above' | 'below';
  readonly sinceMs: InstantMs | null;
  readonly forMs: number;
  readonly isPending: boolean;
}): string {
  if (o.value === null) return '';
  const unit = o.unit === '' ? '' : ` ${o.unit}`;
  const value = `${o.name} is ${roundNumber(o.value)}${unit}`;
  const limit = roundNumber(o.enter);
  if (o.sinceMs !== null) return `${value}, ${o.direction} ${limit} since ${clockTime(o.sinceMs)}`;
  if (o.isPending) return `${value}, ${o.direction} ${limit}, not yet for ${roundNumber(o.forMs / 1000)} seconds`;
  return `${value}, not ${o.direction} ${limit}`;
}

/** Alerts in words. */
export function alertWords(o: {
  readonly name: string;
  readonly firing: readonly SeenEpisode[];
  readonly isPatient: boolean;
  readonly forMs: number;
  readonly settled: readonly SettledByHand[];
}): string {
  const byHand = settledWords(o.settled);
  const [first] = o.firing;
  if (first === undefined) return `${o.name}: no alert fires${byHand}`;
  const others = o.firing.length > 1 ? ` and ${o.firing.length - 1} more` : '';
  const summary = first.summary === null ? '' : `: ${first.summary}`;
  const patience = o.isPatient ? `, not yet for ${roundNumber(o.forMs / 1000)} seconds` : '';
  return `alert ${first.name}${others} fires since ${clockTime(first.firingSinceMs)}${patience}${summary}${byHand}`;
}

const REASON_SHOWN_MAX = 200;

/** What a person settled last: a verdict that rests on somebody's word says whose. */
function settledWords(settled: readonly SettledByHand[]): string {
  const last = settled.at(-1);
  if (last === undefined) return '';
  const others = settled.length > 1 ? ` and ${settled.length - 1} more` : '';
  const letters = [...last.reason];
  const reason =
    letters.length <= REASON_SHOWN_MAX ? last.reason : `${letters.slice(0, REASON_SHOWN_MAX - 1).join('')}…`;
  const as = last.as === 'resolved' ? 'over' : 'firing';
  return `; ${last.by} settled ${last.name}${others} as ${as} at ${clockTime(last.atMs)}: ${reason}`;
}
