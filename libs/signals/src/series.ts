import type { InstantMs } from '@parapet/kernel';
import { flawOf, type Observation } from './observation.js';
import type { Sample, SampleValue, SignalDeclaration } from './signal.js';

/** A sample this far ahead of its arrival is not believed. */
export const FUTURE_MS = 300_000;
/** A counter's increment over a longer gap says little about when it happened: it covers one interval only. */
const GAP_INTERVALS_MAX = 4;
/** Late samples beyond the lateness whose keys are remembered, for a sender that repeats a backfill. */
const OLD_KEYS_MAX = 16;
const KEYS_MAX = 256;

/** Where a series stands; small, and the same whether kept in memory or read back from JSON. */
export interface SeriesState {
  readonly newestAtMs: InstantMs | null;
  /** The last value of a counter, or of a counter for each bucket, to difference the next one with. */
  readonly counter: CounterState | null;
  /** Keys seen within the lateness, and a few older ones: key digest, sample time, value digest. */
  readonly seen: readonly (readonly [key: string, atMs: InstantMs, value: string])[];
}

type CountPair = { readonly count: number; readonly of: number };
type BucketCounters = {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number | null;
};
type CounterState = { readonly atMs: InstantMs } & (CountPair | BucketCounters);

/** A series of which nothing was heard yet. */
export const EMPTY_SERIES: SeriesState = { newestAtMs: null, counter: null, seen: [] };

/**
 * What became of a sample. `observed`: to be judged. `late`: history only. `reset`: a counter was reset on one side, so its
 * increment is lost and there is a gap. `start`: the first value of a counter. The others change nothing and are counted.
 */
export type Taken =
  | { readonly outcome: 'observed' | 'late' | 'reset'; readonly state: SeriesState; readonly observation: Observation }
  | {
      readonly outcome: 'start' | 'repeated' | 'conflict' | 'healed' | 'future';
      readonly state: SeriesState;
    };

/** Takes one sample into its series: repeats, order and counters are settled here, so that nobody after has to think of them. */
export function takeSample(
  declaration: SignalDeclaration,
  state: SeriesState,
  sample: Sample,
  receivedAtMs: InstantMs,
): Taken {
  if (!(sample.atMs <= receivedAtMs + FUTURE_MS)) return { outcome: 'future', state };
  const key = shortDigest(sample.key);
  const value = shortDigest(JSON.stringify(sample.value));
  const before = entryOf(state.seen, key);
  // The first one counts: evidence that was judged is not judged again with another value.
  if (before !== undefined) return { outcome: before[2] === value ? 'repeated' : 'conflict', state };

  const newestAtMs = Math.max(state.newestAtMs ?? sample.atMs, sample.atMs);
  const next: SeriesState = {
    ...state,
    newestAtMs,
    seen: remember(state.seen, [key, sample.atMs, value], newestAtMs - declaration.latenessMs),
  };
  const flaw = flawOf(sample.value);
  if (flaw !== null) {
    const gap: SampleValue = { kind: 'gap', reason: flaw };
    return {
      outcome: isLate(declaration, state, sample) ? 'late' : 'observed',
      state: next,
      observation: observationOf(declaration, sample, gap),
    };
  }
  const isCounted = sample.value.kind === 'count' || sample.value.kind === 'histogram';
  if (declaration.temporality === 'cumulative' && isCounted) {
    return takeCounter(declaration, state, next, sample, sample.value);
  }
  return {
    outcome: isLate(declaration, state, sample) ? 'late' : 'observed',
    state: next,
    observation: observationOf(declaration, sample, sample.value),
  };
}

function isLate(declaration: SignalDeclaration, state: SeriesState, sample: Sample): boolean {
  return state.newestAtMs !== null && sample.atMs < state.newestAtMs - declaration.latenessMs;
}

/** Statistics 3.1: the pair is differenced together, and a counter heals itself. */
function takeCounter(
  declaration: SignalDeclaration,
  state: SeriesState,
  next: SeriesState,
  sample: Sample,
  value: Extract<SampleValue, { kind: 'count' | 'histogram' }>,
): Taken {
  const last = state.counter;
  // A value from before the last one is already part of the increment that was taken.
  if (last !== null && sample.atMs <= last.atMs) return { outcome: 'healed', state: next };
  const { kind: _, ...counted } = value;
  const moved: SeriesState = { ...next, counter: { atMs: sample.atMs, ...counted } };
  if (last === null) return { outcome: 'start', state: moved };
  const increment = incrementOf(declaration, last, value);
  if (increment === null) {
    const lost: SampleValue = { kind: 'gap', reason: 'counter-reset' };
    return { outcome: 'reset', state: moved, observation: observationOf(declaration, sample, lost) };
  }
  const gapMs = sample.atMs - last.atMs;
  const fromMs = gapMs <= GAP_INTERVALS_MAX * declaration.intervalMs ? last.atMs : sample.atMs - declaration.intervalMs;
  return {
    outcome: 'observed',
    state: moved,
    observation: { ...observationOf(declaration, sample, increment), fromMs },
  };
}

/** What was counted since the last value; null where that cannot be told. */
function incrementOf(
  declaration: SignalDeclaration,
  last: CounterState,
  now: Extract<SampleValue, { kind: 'count' | 'histogram' }>,
): SampleValue | null {
  if (now.kind === 'histogram') {
    const increment = 'counts' in last ? bucketDifference(last, now) : null;
    return increment === null ? null : { kind: 'histogram', ...increment };
  }
  const increment = 'of' in last ? difference(declaration, last, now) : null;
  return increment === null ? null : { kind: 'count', ...increment };
}

/** Statistics 3.1 for the counters of all buckets together: null where only some were reset, or where the bounds have changed. */
function bucketDifference(last: BucketCounters, now: BucketCounters): BucketCounters | null {
  const { bounds, counts, sum } = now;
  const isAlike = bounds.length === last.bounds.length && bounds.every((bound, i) => bound === last.bounds[i]);
  if (!isAlike) return null;
  const totalOf = ({ counts: all }: BucketCounters) => all.reduce((total, count) => total + count, 0);
  if (totalOf(now) < totalOf(last)) return { bounds, counts, sum };
  const grown = counts.map((count, i) => count - (last.counts[i] as number));
  if (grown.some((count) => count < 0)) return null;
  const sumGrown = sum === null || last.sum === null ? null : sum - last.sum;
  return { bounds, counts: grown, sum: sumGrown !== null && sumGrown >= 0 ? sumGrown : null };
}

/** Null where only one side was reset: the increment of the other belongs to an unknown time. */
function difference(declaration: SignalDeclaration, last: CountPair, now: CountPair): CountPair | null {
  if (declaration.isRate === true) return rateDifference(last, now);
  // Of a share that is bad when low, the bad ones are the rest; their fall is what shows a reset of one side.
  const isRest = declaration.badDirection === 'low' && last.count <= last.of && now.count <= now.of;
  const badOf = (pair: CountPair) => (isRest ? pair.of - pair.count : pair.count);
  const hasTotalFallen = now.of < last.of;
  const hasBadFallen = badOf(now) < badOf(last);
  if (hasTotalFallen) return badOf(now) <= now.of ? { count: now.count, of: now.of } : null;
  if (hasBadFallen || now.count < last.count) return null;
  return { count: now.count - last.count, of: now.of - last.of };
}

/** The exposure of a rate begins anew with its counter, or is a clock that never does. */
function rateDifference(last: CountPair, now: CountPair): CountPair | null {
  if (now.of < last.of) return { count: now.count, of: now.of };
  return now.count < last.count ? null : { count: now.count - last.count, of: now.of - last.of };
}

function observationOf(declaration: SignalDeclaration, sample: Sample, value: SampleValue): Observation {
  return {
    signal: sample.signal,
    dimensions: sample.dimensions,
    fromMs: sample.atMs - declaration.intervalMs,
    atMs: sample.atMs,
    value,
  };
}

function remember(
  seen: SeriesState['seen'],
  entry: SeriesState['seen'][number],
  horizonMs: InstantMs,
): SeriesState['seen'] {
  const all = [...seen, entry];
  if (isInPlace(all, horizonMs)) return all;
  const young = all.filter((e) => e[1] >= horizonMs).slice(-KEYS_MAX);
  const old = all.filter((e) => e[1] < horizonMs).slice(-OLD_KEYS_MAX);
  return [...old, ...young];
}

/** Whether the old ones are before the young ones already, and neither are too many: as it is nearly always. */
function isInPlace(all: SeriesState['seen'], horizonMs: InstantMs): boolean {
  let old = 0;
  while (old < all.length && (all[old] as SeriesState['seen'][number])[1] < horizonMs) old++;
  if (old > OLD_KEYS_MAX || all.length - old > KEYS_MAX) return false;
  for (let i = old; i < all.length; i++) if ((all[i] as SeriesState['seen'][number])[1] < horizonMs) return false;
  return true;
}

function entryOf(seen: SeriesState['seen'], key: string): SeriesState['seen'][number] | undefined {
  // A plain loop: of every sample all keys within the lateness are looked at.
  for (const entry of seen) if (entry[0] === key) return entry;
  return undefined;
}

// Looked up once: in the contexts that tests run in a global costs more than the multiplication.
const { imul } = Math;

/** 53 bits of a text as base 36: enough to tell keys of one series apart, and short to keep. */
export function shortDigest(text: string): string {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = imul(a ^ code, 2654435761);
    b = imul(b ^ code, 1597334677);
  }
  a = imul(a ^ (a >>> 16), 2246822507) ^ imul(b ^ (b >>> 13), 3266489909);
  b = imul(b ^ (b >>> 16), 2246822507) ^ imul(a ^ (a >>> 13), 3266489909);
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(36);
}
