import type { NearbyRelease } from '@parapet/guardrails';
import { canonicalJson } from '@parapet/kernel';
import type { Environment, KnownRelease } from './environment.js';
import { type Moment, type Surroundings, tell } from './tell.js';
import type { Writes } from './writes.js';

/** More releases than this in flight at once are told by the newest of them. */
const NEARBY_MAX = 100;

/** Tells every open watch which other releases were in flight since its own began, where that changed since it was told last. */
export function tellSurroundings(around: Surroundings, environment: Environment, moment: Moment, writes: Writes): void {
  for (const watch of [...environment.watches.values()]) {
    const { release, startMs } = watch.spec;
    const releases = nearbyOf(environment.releases.values(), release, startMs);
    if (watch.nearby !== null && canonicalJson(watch.nearby) === canonicalJson(releases)) continue;
    environment.watches.set(release, { ...watch, nearby: releases });
    tell(around, environment, watch, { kind: 'surroundings', clockMs: moment.clockMs, releases }, moment, writes);
  }
}

/** The releases that were in flight at any time since an instant, but for one, in the order of their beginning. */
export function nearbyOf(releases: Iterable<KnownRelease>, release: string, sinceMs: number): readonly NearbyRelease[] {
  const nearby: NearbyRelease[] = [];
  for (const other of releases) {
    if (other.release === release || other.startedAtMs === null) continue;
    const endedAtMs = earlier(other.endedAtMs, other.settledAtMs);
    if (endedAtMs !== null && endedAtMs <= sinceMs) continue;
    const { workload, name, scope } = other;
    nearby.push({ release: other.release, name, workload, startMs: other.startedAtMs, endedAtMs, scope });
  }
  return nearby.sort((a, b) => a.startMs - b.startMs || (a.release < b.release ? -1 : 1)).slice(-NEARBY_MAX);
}

/** Once finished a release stays where it is, but what happens from then on is nobody's who looks for a culprit. */
function earlier(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  return b === null ? a : Math.min(a, b);
}
