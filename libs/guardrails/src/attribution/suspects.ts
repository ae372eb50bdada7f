import type { InstantMs } from '@parapet/kernel';
import { logSumExp } from '../log-space.js';
import type { NearbyRelease, WatchedGuardrail, WatchSpec } from '../watch-spec.js';
import type { Beginning } from './course.js';

/**
 * How long after its beginning a release shows what it broke, by our assumption: nine times in ten soon, three minutes in the mean;
 * else at any time. The second part keeps a slow leak on the list.
 */
const SOON_SHARE = 0.9;
const SOON_MEAN_MS = 180_000;
const ANY_TIME_MS = 3_600_000;
/** A release of another workload breaks this one's guardrails so much less often than its own does. */
const OTHER_WORKLOAD = 0.1;
/** So sure one has to be of one of several before it is blamed. */
export const BLAMED_SHARE = 0.9;
/** Below this a release is not worth looking at. */
const POSSIBLE_SHARE = 0.05;

/** Why a release that was in flight is unlikely to have done it. */
export type Excuse = 'began-after' | 'had-ended' | 'reached-others' | 'reached-all' | 'other-workload' | 'long-before';

/** One release that was in flight, and how likely it is to have done it. */
export interface Suspect {
  readonly release: string;
  readonly name: string;
  readonly startMs: InstantMs;
  readonly isOurs: boolean;
  /** 0 to 1, together with the other suspects and with nobody. */
  readonly share: number;
  readonly excuse: Excuse | null;
}

/** What whom to suspect follows from. */
export interface Suspicion {
  readonly beginnings: readonly Beginning[];
  /** False where it is known already that this release did not do it. */
  readonly isOursPossible: boolean;
}

/** Every release that was in flight, this one first, with how likely each is to have begun what was seen. */
export function suspectsOf(
  spec: WatchSpec,
  watched: WatchedGuardrail,
  nearby: readonly NearbyRelease[],
  { beginnings, isOursPossible }: Suspicion,
): readonly Suspect[] {
  const own: NearbyRelease = { ...spec, endedAtMs: null };
  const likeliestMs = beginnings.find(({ logLikelihood }) => logLikelihood === 0)?.atMs ?? null;
  const all = [own, ...nearby].map((one) => {
    const isOurs = one.release === spec.release;
    const excuse = isOurs ? null : isReplaced(spec, one, likeliestMs) ? 'had-ended' : exclusionOf(spec, watched, one);
    const isOut = excuse !== null || (isOurs && !isOursPossible);
    const prior = one.workload === spec.workload ? 0 : Math.log(OTHER_WORKLOAD);
    const weight = isOut ? Number.NEGATIVE_INFINITY : prior + likelihoodOf(one, beginnings);
    return { one, isOurs, excuse, weight };
  });
  // What happens by itself happens at any time; where this release is still possible, that is what the evidence speaks against.
  const nobody = isOursPossible ? Number.NEGATIVE_INFINITY : -Math.log(ANY_TIME_MS);
  const possible = [nobody, ...all.map(({ weight }) => weight)].filter((weight) => weight > Number.NEGATIVE_INFINITY);
  const total = possible.length === 0 ? 0 : logSumExp(possible);
  return all.map(({ one, isOurs, excuse, weight }) => {
    const share = Number.isFinite(weight) ? Math.exp(weight - total) : 0;
    const { release, name, startMs } = one;
    return {
      release,
      name,
      startMs,
      isOurs,
      share,
      excuse: isOurs || share >= POSSIBLE_SHARE ? null : (excuse ?? excuseOf(spec, one, likeliestMs)),
    };
  });
}

/** Whether this release took the other's place before anything was worse: what runs since holds whatever either of the two brought. */
function isReplaced(spec: WatchSpec, other: NearbyRelease, likeliestMs: InstantMs | null): boolean {
  const hasOurPlace = other.workload === spec.workload && other.startMs <= spec.startMs && other.endedAtMs !== null;
  return hasOurPlace && likeliestMs !== null && likeliestMs >= spec.startMs;
}

/** ln of how likely a release is to have begun something at one of these times. */
function likelihoodOf(one: NearbyRelease, beginnings: readonly Beginning[]): number {
  const terms = beginnings.flatMap(({ atMs, logLikelihood }) => {
    const hadEnded = one.endedAtMs !== null && atMs >= one.endedAtMs;
    return atMs < one.startMs || hadEnded ? [] : [logLikelihood + Math.log(densityOf(atMs - one.startMs))];
  });
  return terms.length === 0 ? Number.NEGATIVE_INFINITY : logSumExp(terms);
}

function densityOf(lagMs: number): number {
  return (SOON_SHARE / SOON_MEAN_MS) * Math.exp(-lagMs / SOON_MEAN_MS) + (1 - SOON_SHARE) / ANY_TIME_MS;
}

/** Why a release cannot have done it, by what it reached; null where it can. */
function exclusionOf(spec: WatchSpec, watched: WatchedGuardrail, other: NearbyRelease): Excuse | null {
  const { test, where } = watched.guardrail;
  const isAgainstControl = 'against' in test && test.against === 'control';
  // Compared are those with this release and those without: what reached both alike makes no difference between them.
  if (isAgainstControl && other.scope === null) return 'reached-all';
  const own = spec.scope;
  if (own?.kind !== 'values' || other.scope?.kind !== 'values' || own.dimension !== other.scope.dimension) return null;
  const pinned = Object.hasOwn(where, own.dimension) ? where[own.dimension] : undefined;
  const isOnlyOurs = isAgainstControl || (pinned !== undefined && own.values.includes(pinned));
  const sees = pinned === undefined ? own.values : [pinned];
  return isOnlyOurs && !other.scope.values.some((value) => sees.includes(value)) ? 'reached-others' : null;
}

function excuseOf(spec: WatchSpec, other: NearbyRelease, likeliestMs: InstantMs | null): Excuse {
  if (likeliestMs !== null && other.startMs > likeliestMs) return 'began-after';
  if (likeliestMs !== null && other.endedAtMs !== null && other.endedAtMs <= likeliestMs) return 'had-ended';
  return other.workload === spec.workload ? 'long-before' : 'other-workload';
}
