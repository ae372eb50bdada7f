import type { Criticality, ReleaseStep } from '@parapet/decisions';
import type { Guardrail, GuardrailPolicy } from '@parapet/guardrails';
import { formatInstant, type InstantMs } from '@parapet/kernel';
import type { ReadinessAssessed, ReadinessCheck } from './events.js';

/** What is known of a planned release before it starts. */
export interface ReadinessEvidence {
  readonly nowMs: InstantMs;
  readonly guardrailPolicy: GuardrailPolicy;
  readonly criticality: Criticality;
  readonly steps: readonly ReleaseStep[];
  /** The release that would be gone back to; null if none is known. */
  readonly previous: { readonly release: string; readonly name: string | null } | null;
  /** Components of the release that the one gone back to has no version of, or that have no target. */
  readonly componentsWithoutWayBack: readonly string[];
  /** When each signal was last heard in the environment; a signal that is not in here was never heard. */
  readonly signalsHeardAtMs: ReadonlyMap<string, InstantMs>;
  /** When each alert source of the environment was last heard; null for never. */
  readonly alertSourcesHeardAtMs: ReadonlyMap<string, InstantMs | null>;
  /** Since when there is history of each signal in the environment. */
  readonly historySinceMs: ReadonlyMap<string, InstantMs>;
}

/**
 * Looks at a planned release before it starts: could it be guarded, and could it go back?
 *
 * Only a release that nothing would watch is refused; everything else is said, and what cannot be known is `unknown`
 * and never counts as good.
 */
export function assess(evidence: ReadinessEvidence): ReadinessAssessed {
  const checks = [
    guardrailsDeclared(evidence),
    ...evidence.guardrailPolicy.guardrails.map((guardrail) => guardrailHeard(guardrail, evidence)),
    ...evidence.guardrailPolicy.guardrails.flatMap((guardrail) => baselineThere(guardrail, evidence)),
    rollbackTargetKnown(evidence),
    wayBackDeclared(evidence),
  ];
  return { type: 'ReadinessAssessed', ready: checks.every((check) => check.outcome !== 'refused'), checks };
}

function guardrailsDeclared({ guardrailPolicy }: ReadinessEvidence): ReadinessCheck {
  const name = 'guardrails-declared';
  const counting = guardrailPolicy.guardrails.filter((guardrail) => guardrail.mode !== 'observe').length;
  const total = guardrailPolicy.guardrails.length;
  if (total === 0)
    return {
      name,
      outcome: 'refused',
      reason: `policy ${guardrailPolicy.name} declares no guardrails: nothing would watch this release`,
    };
  if (counting === 0)
    return {
      name,
      outcome: 'warning',
      reason: `all ${total} guardrails of ${guardrailPolicy.name} only observe: a degradation would lead to nothing`,
    };
  return { name, outcome: 'ok', reason: `${total} guardrails in ${guardrailPolicy.name}, ${counting} of them count` };
}

function guardrailHeard(guardrail: Guardrail, evidence: ReadinessEvidence): ReadinessCheck {
  return guardrail.test.kind === 'alerts'
    ? alertsHeard(guardrail, guardrail.test.sources, evidence)
    : signalHeard(guardrail, evidence);
}

function signalHeard(guardrail: Guardrail, { nowMs, signalsHeardAtMs }: ReadinessEvidence): ReadinessCheck {
  const name = `heard:${guardrail.name}`;
  const signal = guardrail.signal ?? '';
  const heardAtMs = signalsHeardAtMs.get(signal);
  if (heardAtMs === undefined)
    return { name, outcome: 'unknown', reason: `${signal} was never heard in this environment` };
  const isFresh = nowMs - heardAtMs <= guardrail.staleAfterMs;
  return isFresh
    ? { name, outcome: 'ok', reason: `${signal} was last heard at ${formatInstant(heardAtMs)}` }
    : {
        name,
        outcome: 'warning',
        reason: `${signal} was last heard at ${formatInstant(heardAtMs)}, longer ago than its guardrail allows`,
      };
}

function alertsHeard(guardrail: Guardrail, wanted: readonly string[], evidence: ReadinessEvidence): ReadinessCheck {
  const name = `heard:${guardrail.name}`;
  const { nowMs, alertSourcesHeardAtMs } = evidence;
  const sources = wanted.length > 0 ? wanted : [...alertSourcesHeardAtMs.keys()];
  if (sources.length === 0)
    return { name, outcome: 'warning', reason: 'no alert source is declared for this environment' };
  const never = sources.filter((source) => (alertSourcesHeardAtMs.get(source) ?? null) === null);
  if (never.length > 0) return { name, outcome: 'unknown', reason: `never heard: ${never.join(', ')}` };
  const late = sources.filter(
    (source) => !(nowMs - (alertSourcesHeardAtMs.get(source) ?? Number.NEGATIVE_INFINITY) <= guardrail.staleAfterMs),
  );
  return late.length > 0
    ? { name, outcome: 'warning', reason: `not heard for longer than the guardrail allows: ${late.join(', ')}` }
    : { name, outcome: 'ok', reason: `heard: ${sources.join(', ')}` };
}

function baselineThere(guardrail: Guardrail, evidence: ReadinessEvidence): readonly ReadinessCheck[] {
  const { test, signal } = guardrail;
  const needsBaseline = (test.kind === 'proportion' || test.kind === 'rate') && test.against === 'baseline';
  if (!needsBaseline || signal === null) return [];
  const name = `baseline:${guardrail.name}`;
  const sinceMs = evidence.historySinceMs.get(signal);
  if (sinceMs === undefined) return [{ name, outcome: 'unknown', reason: `no history of ${signal} is known` }];
  const minutes = Math.floor(Math.max(0, evidence.nowMs - sinceMs) / 60_000);
  const wanted = Math.floor(evidence.guardrailPolicy.baselineMs / 60_000);
  const isWhole = evidence.nowMs - sinceMs >= evidence.guardrailPolicy.baselineMs;
  return isWhole
    ? [{ name, outcome: 'ok', reason: `${minutes} min of history` }]
    : [{ name, outcome: 'warning', reason: `${minutes} min of history where the policy compares with ${wanted} min` }];
}

function rollbackTargetKnown({ previous, componentsWithoutWayBack }: ReadinessEvidence): ReadinessCheck {
  const name = 'rollback-target';
  if (previous === null)
    return {
      name,
      outcome: 'warning',
      reason: 'no release of this workload has passed here yet: there is nothing to go back to',
    };
  const to = previous.name ?? previous.release;
  if (componentsWithoutWayBack.length > 0) {
    return {
      name,
      outcome: 'warning',
      reason: `goes back to ${to}, but these would stay: ${componentsWithoutWayBack.join(', ')}`,
    };
  }
  return { name, outcome: 'ok', reason: `goes back to ${to}` };
}

function wayBackDeclared({ steps, criticality }: ReadinessEvidence): ReadinessCheck {
  const name = 'way-back';
  if (steps.length === 0) {
    return {
      name,
      outcome: 'unknown',
      reason: `nobody declared what this release of ${criticality} criticality changes, so it never goes back by itself`,
    };
  }
  const stuck = steps.filter((step) => step.reversible !== 'yes');
  if (stuck.length === 0) return { name, outcome: 'ok', reason: `all ${steps.length} steps can be undone` };
  return { name, outcome: 'warning', reason: `cannot be undone in full: ${stuck.map((step) => step.what).join('; ')}` };
}
