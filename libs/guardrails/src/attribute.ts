import { firingEpisodes } from './alert-guardrail.js';
import { assess, type Assessment, attributionOf, noticed, type Symptom } from './attribution/index.js';
import { combine, type Contribution, type Degraded } from './combine.js';
import type { Attribution } from './events.js';
import type { Scene } from './judge.js';
import type { PlannedGuardrail } from './plan.js';
import type { GuardrailState } from './state.js';
import { loadOf, type VolumeState } from './volume.js';

/** Whose doing it is that things got worse. */
export interface Attributed {
  /** What is left when only that counts which is this release's doing; null where that is not enough. */
  readonly degraded: Degraded | null;
  readonly attribution: Attribution;
}

/**
 * Whose doing it is that things got worse, asked whenever the evidence says that they did. A symptom that is not put down to this
 * release counts as no evidence: attribution can only take away, so that the promise on false rollbacks holds with it as without.
 */
export function attribute(scene: Scene, contributions: readonly Contribution[], degraded: Degraded): Attributed | null {
  const { spec, state, plan } = scene;
  const loads = loadsOf(scene);
  const assessments = symptomsOf(scene, contributions, degraded).map((symptom) =>
    assess(spec, state.attribution, loads, symptom),
  );
  const left = combine(onlyOurs(contributions, assessments), plan.enough);
  const attribution = attributionOf(spec, state.attribution, assessments, left !== null);
  return attribution === null ? null : { degraded: left, attribution };
}

/** What is worth saying of a release that is not degraded: it looks worse than before, as it does at this time of any day. */
export function noticedOf({ spec, state }: Scene): Attribution | null {
  return noticed(spec, state.attribution);
}

/** Exposure a second of each volume signal; null where it is not known. */
function loadsOf({ spec, state }: Scene): readonly (number | null)[] {
  return spec.volumes.map((volume, i) => loadOf(volume, state.volumes[i] as VolumeState));
}

/** Everything that adds to the verdict, the guilty first. */
function symptomsOf(scene: Scene, contributions: readonly Contribution[], { guilty }: Degraded): readonly Symptom[] {
  const rank = ({ name }: Contribution) => (guilty.includes(name) ? guilty.indexOf(name) : guilty.length);
  return contributions
    .map((contribution, index) => ({ contribution, index }))
    .filter(({ contribution: c }) => c.mode !== 'observe' && (c.isFiring || weighed(c) > 0))
    .sort((a, b) => rank(a.contribution) - rank(b.contribution) || weighed(b.contribution) - weighed(a.contribution))
    .map(({ index }) => ({ index, sinceMs: beyondSinceMs(scene, index) }));
}

function weighed({ evidence, logWeight }: Contribution): number {
  return evidence === null ? Number.NEGATIVE_INFINITY : evidence + logWeight;
}

/** Since when a guardrail is beyond by rule; null where evidence says when it began. */
function beyondSinceMs({ plan, state, clockMs }: Scene, index: number): Symptom['sinceMs'] {
  const { test, watched } = plan.guardrails[index] as PlannedGuardrail;
  const own = state.guardrails[index] as GuardrailState;
  if (own.kind === 'tested') return test?.kind === 'rule' ? (test.beyondSinceMs?.(own.run) ?? null) : null;
  if (watched.guardrail.test.kind !== 'alerts') return null;
  const since = firingEpisodes(watched.guardrail.test, own.alerts, clockMs).map((one) => one.firingSinceMs);
  return since.length === 0 ? null : Math.min(...since);
}

function onlyOurs(contributions: readonly Contribution[], assessments: readonly Assessment[]): readonly Contribution[] {
  const excused = new Set(assessments.filter(({ isOurs }) => !isOurs).map(({ index }) => index));
  return contributions.map((contribution, i) =>
    excused.has(i)
      ? { ...contribution, isFiring: false, evidence: contribution.evidence === null ? null : 0 }
      : contribution,
  );
}
