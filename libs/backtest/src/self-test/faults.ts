import type { GuardrailTest, WatchedGuardrail } from '@parapet/guardrails';
import { unreachable } from '@parapet/kernel';
import { countsOf, type SampleValue } from '@parapet/signals';
import type { Played } from './played.js';

/** A fault that is injected: what it is in words, and what it makes of a watch's samples. */
export interface Fault {
  readonly words: string;
  readonly inject: (values: readonly Played[]) => readonly Played[];
}

/** As bad as it can get, where there is no end to it. */
const OUTAGE_TIMES = 100;
/** So far beyond its bound that rounding does not matter, relative to the bound. */
const BEYOND = 0.1;

/** The faults that a guardrail is tried with: as bad as its policy calls unacceptable, as bad as that again, and an outage. */
export function faultsFor(watched: WatchedGuardrail): readonly Fault[] {
  const { test } = watched.guardrail;
  const isLow = watched.signal?.badDirection === 'low';
  switch (test.kind) {
    case 'proportion':
      return worsenings(test, isLow ? 'failures times' : 'bad ones times').map(({ times, words }) => ({
        words,
        inject: ofCounts((bad, of) => times * Math.max(bad, referenceOf(watched) * of), isLow),
      }));
    case 'rate':
      return worsenings(test, isLow ? 'events divided by' : 'events times').map(({ times, words }) => ({
        words,
        inject: inWhole(
          ({ count, of }) => (isLow ? count / times : times * Math.max(count, referenceOf(watched) * of)),
          (value, events) => ({ ...value, count: events }),
        ),
      }));
    case 'gauge':
      return worsenings(test, isLow ? 'the value divided by' : 'the value times').map(({ times, words }) => ({
        words,
        inject: oneByOne((value) =>
          value.kind === 'gauge' ? { ...value, value: shifted(watched, value.value, times, isLow) } : value,
        ),
      }));
    case 'histogram':
      return worsenings(test, 'the time of each request times').map(({ times, words }) => ({
        words,
        inject: oneByOne((value) => slowed(value, times)),
      }));
    case 'burn-rate':
      return burnings(test).map(({ share, words }) => ({ words, inject: ofCounts((_, of) => share * of, isLow) }));
    case 'threshold':
      return [{ words: `a value ${test.direction} ${test.enter}`, inject: oneByOne((value) => crossed(test, value)) }];
    case 'alerts':
      return [];
    default:
      return unreachable(test);
  }
}

function worsenings(
  { unacceptable }: { readonly unacceptable: number },
  what: string,
): readonly { readonly times: number; readonly words: string }[] {
  return [unacceptable, unacceptable ** 2, Math.max(OUTAGE_TIMES, unacceptable ** 3)].map((times) => ({
    times,
    words: `${what} ${Number(times.toPrecision(3))}`,
  }));
}

/** Replaces the bad ones of each pair, all of them at most. */
function ofCounts(badOf: (bad: number, of: number) => number, isLow: boolean): Fault['inject'] {
  const direction = isLow ? 'low' : 'high';
  const badIn = ({ count, of }: CountValue) => countsOf('proportion', direction, count, of).events;
  return inWhole(
    (value) => badOf(badIn(value), value.of),
    (value, events) => {
      const bad = Math.min(value.of, events);
      return { ...value, count: isLow ? value.of - bad : bad };
    },
  );
}

type CountValue = Extract<SampleValue, { kind: 'count' }>;

/** Whole events, and over the watch as many as they come to: a third of an order fails in every third sample, not in each. */
function inWhole(
  eventsOf: (value: CountValue) => number,
  write: (value: CountValue, events: number) => CountValue,
): Fault['inject'] {
  return (values) => {
    let owed = 0;
    return values.map((value) => {
      if (value?.kind !== 'count') return value;
      owed += eventsOf(value);
      const events = Math.floor(owed + ROUNDING);
      owed -= events;
      return write(value, events);
    });
  };
}

/** Sums of shares are not exact. */
const ROUNDING = 1e-9;

function oneByOne(change: (value: SampleValue) => SampleValue): Fault['inject'] {
  return (values) => values.map((value) => (value === null ? null : change(value)));
}

/** What is usual, or allowed: a share, or events per exposure. Never nothing, or nothing could be multiplied. */
function referenceOf({ guardrail: { test }, baselines }: WatchedGuardrail): number {
  if ((test.kind === 'proportion' || test.kind === 'rate') && test.against === 'limit') return test.limit;
  const known = baselines.flatMap(({ baseline }) => (baseline.kind === 'counts' ? [baseline] : []));
  return Math.max(0, ...known.map(({ events, exposure }) => (events + 1) / (exposure + 1)));
}

function shifted(
  { guardrail: { test }, baselines }: WatchedGuardrail,
  value: number,
  times: number,
  isLow: boolean,
): number {
  if (test.kind !== 'gauge') return value;
  if (test.transform === 'log') {
    const from = test.against === 'limit' ? test.limit : value;
    return isLow ? Math.min(value, from) / times : Math.max(value, from) * times;
  }
  const deviations = baselines.flatMap(({ baseline }) => (baseline.kind === 'values' ? [baseline.deviation] : []));
  const from = test.against === 'limit' ? test.limit : value;
  // Without a logarithm times mean nothing near zero: deviations do.
  const by = Math.max(Math.abs(from) * (times - 1), times * Math.max(0, ...deviations));
  return isLow ? Math.min(value, from) - by : Math.max(value, from) + by;
}

/** Every request takes that many times longer: it moves to the bucket where its middle then lies. */
function slowed(value: SampleValue, times: number): SampleValue {
  if (value.kind !== 'histogram') return value;
  const { bounds, counts } = value;
  const moved = counts.map(() => 0);
  counts.forEach((count, i) => {
    const upper = bounds[i];
    const lower = i === 0 ? (bounds[0] ?? 0) / 2 : (bounds[i - 1] as number);
    const middle = upper === undefined ? Infinity : Math.sqrt(Math.max(lower, 0) * Math.max(upper, 0));
    const at = bounds.findIndex((bound) => middle * times <= bound);
    const to = at < 0 ? counts.length - 1 : at;
    moved[to] = (moved[to] as number) + count;
  });
  return { ...value, counts: moved };
}

function burnings({ objective, rows }: Extract<GuardrailTest, { kind: 'burn-rate' }>): readonly {
  readonly share: number;
  readonly words: string;
}[] {
  const factors = [Math.min(...rows.map((row) => row.factor)), Math.max(...rows.map((row) => row.factor))];
  const shares = factors.map((factor) => Math.min(1, (1 + BEYOND) * factor * (1 - objective)));
  return [...new Set([...shares, 1])].map((share) => ({
    share,
    words: `${Number((100 * share).toPrecision(3))} % bad`,
  }));
}

function crossed({ direction, enter }: Extract<GuardrailTest, { kind: 'threshold' }>, value: SampleValue): SampleValue {
  const by = Math.max(Math.abs(enter) * BEYOND, Number.EPSILON);
  const beyond = direction === 'above' ? enter + by : enter - by;
  const worst = (own: number) => (direction === 'above' ? Math.max(own, beyond) : Math.min(own, beyond));
  if (value.kind === 'gauge') return { ...value, value: worst(value.value) };
  if (value.kind !== 'count' || value.of === 0) return value;
  return { ...value, count: worst(value.count / value.of) * value.of };
}
