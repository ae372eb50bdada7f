import type { Mode } from '@parapet/guardrails';
import { unreachable } from '@parapet/kernel';
import type { Criticality, DecisionMade, ReleaseStep, Reversibility } from './events.js';
import type { DecisionPolicy, DecisionRule } from './policy.js';

const CRITICALITIES: readonly Criticality[] = ['low', 'medium', 'high'];
const MODES: readonly Mode[] = ['observe', 'propose', 'act'];
type Choice = DecisionMade['outcome'];

/** A release may raise its workload's criticality, never lower it. */
export function effectiveCriticality(ofWorkload: Criticality, asked: Criticality | undefined): Criticality {
  if (asked === undefined) return ofWorkload;
  return CRITICALITIES.indexOf(asked) > CRITICALITIES.indexOf(ofWorkload) ? asked : ofWorkload;
}

/** The worst of the steps; nobody said anything: unknown. */
export function reversibilityOf(steps: readonly ReleaseStep[]): Reversibility {
  if (steps.length === 0) return 'unknown';
  if (steps.some((step) => step.reversible === 'no')) return 'no';
  if (steps.some((step) => step.reversible === 'partly')) return 'partly';
  return 'yes';
}

/** Whether the evidence supports more than it did before. */
export function isStronger(mode: Mode, than: Mode): boolean {
  return MODES.indexOf(mode) > MODES.indexOf(than);
}

/** What a decision rests on. */
export interface Case {
  readonly criticality: Criticality;
  readonly reversibility: Reversibility;
  readonly mode: Mode;
  /** Why going back is not possible by itself right now (nothing to go back to, component held); null if it is. */
  readonly obstacle: string | null;
}

/**
 * Chooses what follows from a failed release: the first rule that matches, capped by what the evidence and the release allow.
 *
 * The caps stand here and not in the table, so that no configuration can make an irreversible release go back by itself.
 */
export function choose(policy: DecisionPolicy, facts: Case): DecisionMade {
  const rule = policy.rules.find((candidate) => matches(candidate, facts));
  const wanted: Choice = rule?.then ?? 'propose';
  const named =
    rule === undefined ? `no rule of ${policy.name} matches: people are asked` : `${policy.name}: ${rule.name}`;
  const [outcome, why] = capped(wanted, facts);
  return {
    type: 'DecisionMade',
    outcome,
    rule: why === null ? named : `${named}; ${why}`,
    criticality: facts.criticality,
    reversibility: facts.reversibility,
  };
}

function capped(wanted: Choice, facts: Case): readonly [Choice, string | null] {
  switch (facts.mode) {
    case 'observe':
      return ['observe', wanted === 'observe' ? null : 'the guardrails in breach only observe'];
    case 'propose':
      return wanted === 'auto' ? ['propose', 'the guardrails in breach may at most propose'] : [wanted, null];
    case 'act':
      return wanted === 'auto' ? automatic(facts) : [wanted, null];
    default:
      return unreachable(facts.mode);
  }
}

function automatic(facts: Case): readonly [Choice, string | null] {
  const canBeUndone = facts.reversibility === 'yes' || facts.reversibility === 'partly';
  if (!canBeUndone) {
    const said = facts.reversibility === 'no' ? 'is irreversible' : 'never said whether it can be undone';
    return ['propose', `the release ${said}, so it never goes back by itself`];
  }
  return facts.obstacle === null ? ['auto', null] : ['propose', `${facts.obstacle}, so people are asked`];
}

function matches(rule: DecisionRule, facts: Case): boolean {
  const { criticality, reversibility, mode } = rule.when;
  return (
    (criticality === undefined || criticality.includes(facts.criticality)) &&
    (reversibility === undefined || reversibility.includes(facts.reversibility)) &&
    (mode === undefined || mode.includes(facts.mode))
  );
}
