import type { DecisionPolicy, DecisionRule } from '@parapet/decisions';
import type { Guardrail, GuardrailPolicy, GuardrailTest } from '@parapet/guardrails';
import { invariant } from '@parapet/kernel';
import type { SignalDeclaration } from '@parapet/signals';
import { parseMatcher } from './matchers.js';
import type { Reading } from './reading.js';
import type { Spec } from './schema/kinds.js';

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
    guardrails: spec.guardrails.map((one) => guardrail(one, declared)),
  };
}

function guardrail(
  spec: Spec<'GuardrailPolicy'>['guardrails'][number],
  declared: ReadonlyMap<string, SignalDeclaration>,
): Guardrail {
  const intervalMs = spec.signal === undefined ? 0 : (declared.get(spec.signal)?.intervalMs ?? 0);
  return {
    name: spec.name,
    signal: spec.signal ?? null,
    where: spec.where,
    test: guardrailTest(spec),
    mode: spec.mode,
    weight: spec.weight,
    isRequired: spec.required ?? spec.mode !== 'observe',
    staleAfterMs: spec.staleAfter ?? Math.max(4 * intervalMs, STALE_MS_MIN),
  };
}

/** Tolerated relative change of bad-event rates (statistics 4.3). */
const WORSE_BY = 0.1;

function guardrailTest(spec: Spec<'GuardrailPolicy'>['guardrails'][number]): GuardrailTest {
  if (spec.alerts !== undefined) {
    const { matchers, for: forMs, rearm, sources } = spec.alerts;
    return { kind: 'alerts', matchers: matchers.map(matcherOf), forMs, rearmMs: rearm, sources };
  }
  const { test } = spec;
  invariant(test !== undefined, `guardrail ${spec.name} has neither test nor alerts`);
  if (test.kind === 'threshold') return threshold(test);
  if (test.against === 'baseline') {
    return {
      kind: test.kind,
      against: 'baseline',
      windows: ['before'],
      worseBy: test.worseBy ?? WORSE_BY,
      unacceptable: test.unacceptable,
    };
  }
  invariant(test.limit !== undefined, `guardrail ${spec.name} has no limit`);
  return { kind: test.kind, against: 'limit', limit: test.limit, unacceptable: test.unacceptable };
}

type ThresholdSpec = Extract<NonNullable<Spec<'GuardrailPolicy'>['guardrails'][number]['test']>, { kind: 'threshold' }>;

function threshold(test: ThresholdSpec): GuardrailTest {
  const timing = { forMs: test.for, keepMs: test.keep, maxGapMs: test.maxGap };
  if (test.above !== undefined) {
    return {
      kind: 'threshold',
      direction: 'above',
      enter: test.above,
      leave: test.clearBelow ?? test.above,
      ...timing,
    };
  }
  invariant(test.below !== undefined, 'a threshold has neither above nor below');
  return { kind: 'threshold', direction: 'below', enter: test.below, leave: test.clearAbove ?? test.below, ...timing };
}

function matcherOf(text: string) {
  const parsed = parseMatcher(text);
  invariant('matcher' in parsed, `stored matcher cannot be parsed: ${text}`);
  return parsed.matcher;
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
