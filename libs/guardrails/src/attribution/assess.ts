import type { InstantMs } from '@parapet/kernel';
import { type AnchorPlan, planAnchors } from '../anchors.js';
import type { NearbyRelease, WatchedGuardrail, WatchSpec } from '../watch-spec.js';
import { type Course, courseOf, newestMsOf, runsNow } from './course.js';
import {
  alreadySo,
  beforehand,
  elsewhere,
  type Evidence,
  type Finding,
  notChecked,
  recurring,
  ruledOut,
} from './findings.js';
import { type Lens, lensOf } from './lens.js';
import { type MembershipOf, membershipsOf } from './membership.js';
import { type AttributionState, exposedOf, type Trace } from './state.js';
import { BLAMED_SHARE, type Suspect, suspectsOf } from './suspects.js';
import { traffic } from './traffic.js';

/** A guardrail that shows something worse: by its evidence, or because it fires by rule. */
export interface Symptom {
  readonly index: number;
  /** Of one that fires by rule: since when it is beyond; null where evidence says it. */
  readonly sinceMs: InstantMs | null;
}

/** Whose doing one symptom is. */
export interface Assessment {
  readonly index: number;
  /** Whether this release is to blame for it. */
  readonly isOurs: boolean;
  readonly onsetMs: InstantMs;
  readonly findings: readonly Finding[];
  /** This release first. */
  readonly suspects: readonly Suspect[];
}

/** What attribution needs of one guardrail, worked out once. */
export interface Scrutiny {
  readonly lens: Lens | null;
  readonly anchors: AnchorPlan;
  readonly membershipOf: MembershipOf;
}

const SCRUTINIES = new WeakMap<WatchSpec, readonly Scrutiny[]>();

/** The same specification object has the same scrutinies. */
export function scrutiniesOf(spec: WatchSpec): readonly Scrutiny[] {
  const known = SCRUTINIES.get(spec);
  if (known !== undefined) return known;
  const made = spec.guardrails.map((watched) => ({
    lens: lensOf(spec, watched),
    anchors: planAnchors(spec, watched),
    membershipOf: membershipsOf(spec, watched),
  }));
  SCRUTINIES.set(spec, made);
  return made;
}

/**
 * Looks for every other cause of a symptom. This release is to blame where none is found, and where it is likelier than the
 * others in flight by far; what could not be checked is said and speaks for nobody.
 * @param loads exposure a second of each volume signal; null where it is not known
 */
export function assess(
  spec: WatchSpec,
  state: AttributionState,
  loads: readonly (number | null)[],
  symptom: Symptom,
): Assessment {
  const watched = spec.guardrails[symptom.index] as WatchedGuardrail;
  const { lens, anchors } = scrutiniesOf(spec)[symptom.index] as Scrutiny;
  const trace = state.traces[symptom.index] as Trace;
  const course = lens === null ? null : courseOf(runsNow(lens, anchors, trace, state.startsMs));
  const findings = withWhatWasBefore(spec, symptom, findingsOf(spec, watched, loads, lens, course, trace));
  const before = findings.find(({ kind, finding }) => kind === 'before' && finding === 'found');
  const onsetMs = before?.sinceMs ?? symptom.sinceMs ?? course?.onsetMs ?? spec.startMs;
  const isExact = before !== undefined || symptom.sinceMs !== null || course === null;
  const suspects = suspectsOf(spec, watched, state.nearby ?? [], {
    beginnings: isExact ? [{ atMs: onsetMs, logLikelihood: 0 }] : course.beginnings,
    isOursPossible: !findings.some(({ isAgainstBlame }) => isAgainstBlame),
  });
  const own = suspects[0] as Suspect;
  return { index: symptom.index, isOurs: own.share >= BLAMED_SHARE, onsetMs, findings, suspects };
}

/** What fires only by what was before the release was like this before it, whatever has been measured since. */
function withWhatWasBefore(spec: WatchSpec, { sinceMs }: Symptom, findings: readonly Finding[]): readonly Finding[] {
  if (sinceMs === null || sinceMs >= spec.startMs) return findings;
  return findings.map((finding) => (finding.kind === 'before' ? alreadySo(spec, sinceMs) : finding));
}

function findingsOf(
  spec: WatchSpec,
  watched: WatchedGuardrail,
  loads: readonly (number | null)[],
  lens: Lens | null,
  course: Course | null,
  trace: Trace,
): readonly Finding[] {
  const effect = lens === null || course === null ? null : lens.effectOf(course.since);
  const newestAtMs = newestMsOf(trace);
  const since = course === null ? null : { exposed: exposedOf(course.since), spanMs: newestAtMs - course.onsetMs };
  const load = traffic({ spec, watched, loads, lens, since, effect });
  if (watched.guardrail.test.kind === 'alerts') {
    return [
      ruledOut('before', 'alerts that fired before the release began are set aside'),
      notChecked('elsewhere', 'an alert does not say what else is concerned'),
      notChecked('recurring', 'alerts of earlier days are not compared'),
      load,
    ];
  }
  if (lens === null || course === null || effect === null) {
    const why = 'too little was measured to compare';
    return [notChecked('before', why), notChecked('elsewhere', why), notChecked('recurring', why), load];
  }
  const evidence: Evidence = { spec, watched, lens, course, effect, newestAtMs };
  return [beforehand(evidence), elsewhere(evidence), recurring(evidence), load];
}

/** Whether a guardrail is worse than just before the release and yet no worse than at this time of earlier days. */
export function isUsualAtThisTime(spec: WatchSpec, state: AttributionState, index: number): boolean {
  const { lens, anchors } = scrutiniesOf(spec)[index] as Scrutiny;
  const watched = spec.guardrails[index] as WatchedGuardrail;
  if (lens === null || !watched.baselines.some(({ window }) => window === 'same-hours')) return false;
  const trace = state.traces[index] as Trace;
  const course = courseOf(runsNow(lens, anchors, trace, state.startsMs));
  const effect = course === null ? null : lens.effectOf(course.since);
  if (course === null || effect === null || course.strength < anchors.evidenceNeeded) return false;
  const newestAtMs = newestMsOf(trace);
  return recurring({ spec, watched, lens, course, effect, newestAtMs }).finding === 'found';
}

/** Releases that are kept: those that began last are likeliest to matter. */
const NEARBY_MAX = 16;

/** The releases that are weighed, in the order of their beginnings, and how many are left out. */
export function nearest(releases: readonly NearbyRelease[]): {
  readonly nearby: readonly NearbyRelease[];
  readonly nearbyLeftOut: number;
} {
  const newestLast = [...releases].sort((a, b) => a.startMs - b.startMs || (a.release < b.release ? -1 : 1));
  return {
    nearby: newestLast.slice(-NEARBY_MAX),
    nearbyLeftOut: Math.max(0, newestLast.length - NEARBY_MAX),
  };
}
