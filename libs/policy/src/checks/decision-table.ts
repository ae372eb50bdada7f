import type { Criticality, Reversibility } from '@parapet/decisions';
import type { Mode } from '@parapet/guardrails';
import type { CheckedDocumentOf } from '../document.js';
import { type ConfigurationProblem, problemAt } from '../problem.js';
import type { Spec } from '../schema/kinds.js';

type Rule = Spec<'DecisionPolicy'>['rules'][number];

interface Case {
  readonly criticality: Criticality;
  readonly reversibility: Reversibility;
  readonly mode: Mode;
}

const CRITICALITIES = ['low', 'medium', 'high'] as const;
const REVERSIBILITIES = ['yes', 'partly', 'no', 'unknown'] as const;
const MODES = ['observe', 'propose', 'act'] as const;

const CASES: readonly Case[] = CRITICALITIES.flatMap((criticality) =>
  REVERSIBILITIES.flatMap((reversibility) => MODES.map((mode) => ({ criticality, reversibility, mode }))),
);

/** Evidence that may only be observed never fails a release: a rule may name it, and none has to. */
const mayFail = (one: Case): boolean => one.mode !== 'observe';
const FAILING = CASES.filter(mayFail);

/** Reads a decision table as the machine will, case by case, and says where it would do what it must not, or nothing. */
export function checkDecisionTable(document: CheckedDocumentOf<'DecisionPolicy'>): ConfigurationProblem[] {
  const { rules } = document.parsed;
  const answers = CASES.map((one) => ({ one, index: rules.findIndex((rule) => holds(rule, one)) }));
  return [
    ...twice(document, rules),
    ...rules.flatMap((rule, index) =>
      checkRule(
        document,
        rule,
        index,
        answers.filter((answer) => answer.index === index).map((answer) => answer.one),
      ),
    ),
    ...unanswered(
      document,
      answers.filter((answer) => answer.index === -1 && mayFail(answer.one)).map((answer) => answer.one),
    ),
    ...checkExpiry(
      document,
      answers
        .filter((answer) => rules[answer.index]?.then === 'propose' && mayFail(answer.one))
        .map((answer) => answer.one),
    ),
  ];
}

function holds(rule: Rule, one: Case): boolean {
  const { criticality, reversibility, mode } = rule.when;
  return (
    (criticality?.includes(one.criticality) ?? true) &&
    (reversibility?.includes(one.reversibility) ?? true) &&
    (mode?.includes(one.mode) ?? true)
  );
}

function checkRule(
  document: CheckedDocumentOf<'DecisionPolicy'>,
  rule: Rule,
  index: number,
  cases: readonly Case[],
): ConfigurationProblem[] {
  if (cases.length === 0) {
    return [
      problemAt(
        document.where,
        ['spec', 'rules', index],
        `rule "${rule.name}" is never reached: the rules above answer every case of it`,
        'a place further up, or nothing',
      ),
    ];
  }
  if (rule.then !== 'auto') return [];
  const at = (text: string, allowed: string) =>
    problemAt(document.where, ['spec', 'rules', index, 'then'], text, allowed);
  const oneWay = [...new Set(cases.map((one) => one.reversibility))].filter(
    (word) => word === 'no' || word === 'unknown',
  );
  const problems: ConfigurationProblem[] = [];
  if (oneWay.length > 0) {
    problems.push(
      at(
        `rule "${rule.name}" would roll back by itself a release whose reversibility is ${oneWay.join(' or ')}`,
        'reversibility: [yes, partly] under when',
      ),
    );
  }
  if (cases.some((one) => one.mode !== 'act')) {
    problems.push(
      at(`rule "${rule.name}" would roll back by itself on evidence that may only propose`, 'mode: act under when'),
    );
  }
  return problems;
}

function unanswered(document: CheckedDocumentOf<'DecisionPolicy'>, cases: readonly Case[]): ConfigurationProblem[] {
  const first = cases[0];
  if (first === undefined) return [];
  const example = `criticality ${first.criticality}, reversibility ${first.reversibility}, mode ${first.mode}`;
  const text = `no rule answers ${cases.length} of ${FAILING.length} cases, among them ${example}`;
  return [problemAt(document.where, ['spec', 'rules'], text, 'a last rule without when')];
}

/** What happens by itself after nobody answered must be possible to undo. */
function checkExpiry(document: CheckedDocumentOf<'DecisionPolicy'>, proposed: readonly Case[]): ConfigurationProblem[] {
  if (document.parsed.proposal.onExpiry !== 'roll-back') return [];
  const others = [...new Set(proposed.map((one) => one.reversibility))].filter((word) => word !== 'yes');
  if (others.length === 0) return [];
  const text = `roll-back is only allowed where every proposed release is reversible: rules propose with reversibility ${others.join(', ')}`;
  return [problemAt(document.where, ['spec', 'proposal', 'onExpiry'], text, 'hold, accept')];
}

function twice(document: CheckedDocumentOf<'DecisionPolicy'>, rules: readonly Rule[]): ConfigurationProblem[] {
  return rules.flatMap((rule, i) =>
    rules.findIndex((one) => one.name === rule.name) === i
      ? []
      : [problemAt(document.where, ['spec', 'rules', i, 'name'], `"${rule.name}" stands here twice`, 'each name once')],
  );
}
