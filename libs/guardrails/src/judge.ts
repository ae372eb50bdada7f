import { formatInstant, type InstantMs, invariant } from '@parapet/kernel';
import { concerned, doubtOf, firingEpisodes, knownMsAt, settledConcerns } from './alert-guardrail.js';
import { adviceOn } from './doubts.js';
import type { GuardrailReport, InconclusiveReason, JudgementKind } from './events.js';
import type { GuardrailTest } from './guardrail.js';
import type { PlannedGuardrail, WatchPlan } from './plan.js';
import { coverageOf, isClosed, isHeard, quietMs, spanOf, whyQuiet } from './presence.js';
import type { GuardrailState, TestedState, WatchState } from './state.js';
import type { Described } from './tests/guardrail-test.js';
import { trafficOf, type VolumeState } from './volume.js';
import type { WatchedVolume, WatchSpec } from './watch-spec.js';
import { alertWords, withDoubt } from './words.js';

/** How sure a pass has to be that the release is not unacceptably worse (statistics 9). */
export const PASS_BETA = 0.05;
/** So long the new version may be missing while the old one reports (statistics 11). */
const CANARY_SILENT_MS = 120_000;

/** A guardrail as it stands at an instant, as far as the release's verdict needs it at every sample. */
export interface Judged {
  readonly isFiring: boolean;
  readonly isBreach: boolean;
  /** Why it cannot be judged just now; null where it can. */
  readonly trouble: InconclusiveReason | null;
}

/** Nothing is wrong and nothing is unknown: what nearly every look at a guardrail finds. */
const IN_ORDER: Judged = { isFiring: false, isBreach: false, trouble: null };

/** A watch at an instant: what every question about one of its guardrails needs. */
export interface Scene {
  readonly spec: WatchSpec;
  readonly plan: WatchPlan;
  readonly state: WatchState;
  readonly clockMs: InstantMs;
}

/** Judges one guardrail; it is in breach as well if it leads the attribution of a release that already failed. */
export function judge(scene: Scene, i: number): Judged {
  const planned = scene.plan.guardrails[i] as PlannedGuardrail;
  const own = scene.state.guardrails[i] as GuardrailState;
  const { failure } = scene.state;
  const leads = failure !== null && failure.leader === planned.watched.guardrail.name;
  if (own.kind === 'alerts') {
    const isFiring = firingEpisodes(alertRule(planned), own.alerts, scene.clockMs).length > 0;
    // Before the first view nothing is known, which is no doubt yet: it only keeps the guardrail from passing.
    const trouble = own.alerts.view === null ? null : doubtOf(own.alerts);
    return judgedAs(isFiring, isFiring || leads, trouble);
  }
  const { test } = planned;
  const isFiring = test?.kind === 'rule' && test.isFiring(own.run, scene.clockMs);
  const isEnough = test?.kind === 'statistical' && own.evidence + planned.logWeight >= scene.plan.enough;
  return judgedAs(isFiring, isFiring || isEnough || leads, troubleOf(scene, planned, own));
}

function judgedAs(isFiring: boolean, isBreach: boolean, trouble: InconclusiveReason | null): Judged {
  return isFiring || isBreach || trouble !== null ? { isFiring, isBreach, trouble } : IN_ORDER;
}

/** ln of the e-value of a guardrail; null for one that fires by rule. */
export function evidenceOf({ test }: PlannedGuardrail, own: GuardrailState): number | null {
  return own.kind === 'tested' && test?.kind === 'statistical' ? own.evidence : null;
}

/** Why a guardrail that judges samples cannot be judged just now; unknowns are told apart. */
export function troubleOf(scene: Scene, planned: PlannedGuardrail, own: TestedState): InconclusiveReason | null {
  const { clockMs, spec } = scene;
  const { staleAfterMs } = planned;
  if (!planned.isDeclared) return 'no-telemetry';
  if (planned.test?.kind === 'statistical' && planned.test.abstains !== null) return planned.test.abstains;
  const quiet = quietMs(own.presence, spec.startMs, clockMs);
  const { controlPresence } = own;
  const isControlHeard =
    controlPresence !== null &&
    isHeard(controlPresence) &&
    quietMs(controlPresence, spec.startMs, clockMs) <= staleAfterMs;
  // Before any other silence: who has closed has nothing to say.
  const isShut = isClosed(own.presence, clockMs, staleAfterMs);
  if (isControlHeard && quiet > CANARY_SILENT_MS) return isShut ? 'closed' : 'canary-silent';
  if (quiet > staleAfterMs) {
    if (isShut) return 'closed';
    return hasNoTraffic(scene, planned) ? 'no-traffic' : whyQuiet(own.presence);
  }
  const isControlMissed = controlPresence !== null && quietMs(controlPresence, spec.startMs, clockMs) > staleAfterMs;
  // Nothing to compare with is a baseline that is missing, or one that has gone quiet.
  if (isControlMissed) return isHeard(controlPresence) ? whyQuiet(controlPresence) : 'no-baseline';
  // What could be compared until now may be enough to tell.
  return own.unlike?.isNow === true && coverageLack(scene, own) !== null ? 'not-comparable' : null;
}

/** Whether a signal is silent because there is nothing to measure: its volume is heard, and says so. */
function hasNoTraffic({ spec, state, clockMs }: Scene, { volume }: PlannedGuardrail): boolean {
  if (volume === null) return false;
  return trafficOf(spec.volumes[volume] as WatchedVolume, state.volumes[volume] as VolumeState, clockMs) === 'none';
}

/** What keeps a guardrail from a pass; null where it passes or is in breach. */
export function lacksOf(scene: Scene, i: number, judged: Judged): InconclusiveReason | null {
  if (judged.isBreach) return null;
  if (judged.trouble !== null) return judged.trouble;
  const planned = scene.plan.guardrails[i] as PlannedGuardrail;
  const own = scene.state.guardrails[i] as GuardrailState;
  if (own.kind === 'alerts') {
    if (!(own.alerts.view?.isHeardSinceStart ?? false)) return 'sender-silent';
    if (isSuspect(scene, i)) return 'suspect';
    return alertCoverage(scene, own) >= scene.spec.policy.coverage ? null : 'coverage';
  }
  const { test } = planned;
  invariant(test !== null, `guardrail ${planned.watched.guardrail.name} judges samples by a test`);
  if (!isHeard(own.presence)) return 'no-telemetry';
  if (test.kind === 'rule') {
    return test.lacks(own.run, scene.clockMs) ?? (isSuspect(scene, i) ? 'suspect' : coverageLack(scene, own));
  }
  const uncovered = coverageLack(scene, own);
  if (uncovered !== null) return uncovered;
  if (isSuspect(scene, i)) return 'suspect';
  if (test.acceptance(own.acceptance) >= -Math.log(PASS_BETA)) return null;
  return test.samples(own.run) === 0 ? 'no-traffic' : 'too-few-samples';
}

/** Whether there are signs of a degradation, not enough to be sure: half of what a breach takes, or a rule that waits. */
export function isSuspect({ plan, state, clockMs }: Scene, i: number): boolean {
  const planned = plan.guardrails[i] as PlannedGuardrail;
  const own = state.guardrails[i] as GuardrailState;
  if (own.kind === 'alerts') return concerned(own.alerts).some((e) => e.state === 'firing');
  if (planned.test?.kind === 'rule') return planned.test.isPending(own.run, clockMs);
  return own.evidence >= 0.5 * (plan.enough - planned.logWeight);
}

/** Times of unlike traffic are neither covered nor uncovered (statistics 11), but so much of the watch has to be left. */
const COMPARED_MIN = 1 / 3;

function coverageLack({ spec, clockMs }: Scene, { presence, unlike }: TestedState): InconclusiveReason | null {
  const { coverage } = spec.policy;
  const covered = coverageOf(presence, spec.startMs, clockMs);
  if (covered >= coverage) return null;
  const unlikely = unlike === null ? 0 : coverageOf(presence, spec.startMs, clockMs, unlike.covered);
  if (covered >= COMPARED_MIN && covered >= coverage * (1 - unlikely)) return null;
  return covered + unlikely >= coverage ? 'not-comparable' : 'coverage';
}

function alertCoverage({ spec, clockMs }: Scene, own: Extract<GuardrailState, { kind: 'alerts' }>): number {
  return Math.min(1, knownMsAt(own.alerts, clockMs) / Math.max(1, clockMs - spec.startMs));
}

function alertRule({ watched: { guardrail } }: PlannedGuardrail): Extract<GuardrailTest, { kind: 'alerts' }> {
  invariant(guardrail.test.kind === 'alerts', `guardrail ${guardrail.name} is one of alerts`);
  return guardrail.test;
}

/**
 * One guardrail's judgement with its numbers, in words.
 * @param isEnd the time to earn a pass is over: what is still lacking is then the answer
 */
export function reportOf(scene: Scene, i: number, judged: Judged, isEnd: boolean): GuardrailReport {
  const { watched } = scene.plan.guardrails[i] as PlannedGuardrail;
  const lacks = lacksOf(scene, i, judged);
  const reason = judged.isBreach ? null : (judged.trouble ?? (isEnd ? lacks : null));
  const verdict: JudgementKind = judged.isBreach
    ? 'breach'
    : reason !== null
      ? 'inconclusive'
      : lacks === null
        ? 'pass'
        : 'pending';
  const described = describe(scene, i, verdict);
  const { guardrail, signal } = watched;
  return {
    name: guardrail.name,
    verdict,
    mode: guardrail.mode,
    ...(reason === null ? {} : { reason }),
    ...(guardrail.signal === null ? {} : { signal: guardrail.signal }),
    ...(signal === null ? {} : { unit: signal.unit }),
    ...described.numbers,
    words: reason === null ? described.words : withDoubt(described.words, guardrail.name, reason),
    ...(reason === null ? {} : { advice: adviceOn(reason) }),
  };
}

function describe(scene: Scene, i: number, verdict: JudgementKind): Described {
  const { spec, clockMs } = scene;
  const planned = scene.plan.guardrails[i] as PlannedGuardrail;
  const own = scene.state.guardrails[i] as GuardrailState;
  if (own.kind === 'alerts') return describeAlerts(scene, planned, own);
  const { test } = planned;
  invariant(test !== null, `guardrail ${planned.watched.guardrail.name} judges samples by a test`);
  const evidence = evidenceOf(planned, own);
  const { numbers, words } = test.describe(own.run, { verdict, evidence, clockMs });
  return {
    numbers: {
      ...numbers,
      samples: test.samples(own.run),
      ...(evidence === null ? {} : { evidence }),
      coverage: coverageOf(own.presence, spec.startMs, clockMs),
      ...spanOf(own.presence, spec.startMs),
    },
    words,
  };
}

function describeAlerts(
  scene: Scene,
  planned: PlannedGuardrail,
  own: Extract<GuardrailState, { kind: 'alerts' }>,
): Described {
  const { alerts } = own;
  const rule = alertRule(planned);
  const firing = firingEpisodes(rule, alerts, scene.clockMs);
  const words = alertWords({
    name: planned.watched.guardrail.name,
    firing: firing.length > 0 ? firing : concerned(alerts).filter((e) => e.state === 'firing'),
    isPatient: firing.length === 0,
    forMs: rule.forMs,
    settled: settledConcerns(alerts),
  });
  const numbers = {
    samples: concerned(alerts).length,
    coverage: alertCoverage(scene, own),
    from: formatInstant(scene.spec.startMs),
    to: formatInstant(scene.clockMs),
  };
  return { numbers, words };
}
