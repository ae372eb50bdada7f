import type { DecisionPolicy, DecisionRule } from '@parapet/decisions';
import type { Guardrail, GuardrailPolicy } from '@parapet/guardrails';
import type { SignalDeclaration } from '@parapet/signals';
import type { Reading } from './reading.js';
import type { Spec } from './schema/kinds.js';
import { testOf, whereOf } from './tests-of.js';

/** At least this long, however often a signal comes (statistics 11). */
export const STALE_MS_MIN = 60_000;

/** The guardrails of a watch, with the defaults of the method. */
export function guardrailPolicy(
  { name, revision, spec }: Reading<'GuardrailPolicy'>,
  declared: ReadonlyMap<string, SignalDeclaration>,
): GuardrailPolicy {
  return {
    name,
    revision,
    warmUpMs: spec.watch.warmUp,
    durationMs: spec.watch.duration,
    coverage: spec.watch.coverage,
    falseRollbackRate: spec.falseRollbackRate,
    baselineMs: spec.watch.baseline,
    extendMs: spec.watch.extend,
    recoverWithinMs: spec.watch.recoverWithin,
    precision: spec.precision,
    guardrails: spec.guardrails.map((one) => guardrail(one, spec.watch.volume, declared)),
  };
}

function guardrail(
  spec: Spec<'GuardrailPolicy'>['guardrails'][number],
  volumeOfWatch: string | undefined,
  declared: ReadonlyMap<string, SignalDeclaration>,
): Guardrail {
  const signal = spec.signal === undefined ? undefined : declared.get(spec.signal);
  const volume = spec.signal === undefined ? undefined : (spec.volume ?? volumeOfWatch);
  return {
    name: spec.name,
    signal: spec.signal ?? null,
    where: whereOf(spec),
    test: testOf(spec, signal?.unit ?? null),
    ...(volume === undefined ? {} : { volume }),
    mode: spec.mode,
    weight: spec.weight,
    isRequired: spec.required ?? spec.mode !== 'observe',
    staleAfterMs: spec.staleAfter ?? Math.max(4 * (signal?.intervalMs ?? 0), STALE_MS_MIN),
  };
}

/** A decision table and how people are asked. */
export function decisionPolicy({ name, revision, spec }: Reading<'DecisionPolicy'>): DecisionPolicy {
  return {
    name,
    revision,
    rules: spec.rules.map(
      (rule): DecisionRule => ({ name: rule.name, when: withoutAbsent(rule.when), then: rule.then }),
    ),
    proposal: {
      expiresAfterMs: spec.proposal.expiresAfter,
      onExpiry: spec.proposal.onExpiry,
      approvalsNeeded: spec.proposal.approvalsNeeded,
      starterMayApprove: spec.proposal.starterMayApprove,
      acknowledgeForMs: spec.proposal.acknowledgeFor,
    },
    orderValidForMs: spec.orderValidFor,
  };
}

function withoutAbsent(when: Spec<'DecisionPolicy'>['rules'][number]['when']): DecisionRule['when'] {
  const { criticality, reversibility, mode } = when;
  return {
    ...(criticality === undefined ? {} : { criticality }),
    ...(reversibility === undefined ? {} : { reversibility }),
    ...(mode === undefined ? {} : { mode }),
  };
}
