import { describe, expect, it } from '@jest/globals';
import { choose } from '@parapet/decisions';
import fc from 'fast-check';
import { checkDocuments, configurationOf } from '../index.js';

const CRITICALITIES = ['low', 'medium', 'high'] as const;
const REVERSIBILITIES = ['yes', 'partly', 'no', 'unknown'] as const;
const MODES = ['observe', 'propose', 'act'] as const;

const some = <T>(words: readonly T[]) => fc.subarray([...words], { minLength: 1 });
const rule = fc.record({
  name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  when: fc.record(
    { criticality: some(CRITICALITIES), reversibility: some(REVERSIBILITIES), mode: some(MODES) },
    { requiredKeys: [] },
  ),
  then: fc.constantFrom('observe', 'propose', 'auto'),
});
/** Half of the tables answer what is left, so that many are taken. */
const table = fc
  .tuple(
    fc.uniqueArray(rule, { maxLength: 4, selector: (one) => one.name }),
    fc.boolean(),
    fc.constantFrom('hold', 'roll-back'),
  )
  .map(([rules, isComplete, onExpiry]) => ({
    rules: isComplete ? [...rules, { name: 'rest', when: {}, then: 'propose' }] : rules,
    proposal: { onExpiry },
  }));

const TENANT = {
  apiVersion: 'parapet.dev/v1',
  kind: 'Tenant',
  metadata: { name: 'a' },
  spec: { environments: [{ name: 'p' }] },
};

function check(spec: unknown) {
  const policy = {
    apiVersion: 'parapet.dev/v1',
    kind: 'DecisionPolicy',
    metadata: { tenant: 'a', name: 'policy' },
    spec,
  };
  return checkDocuments([TENANT, policy].map((document, i) => ({ file: 'x.yaml', line: i + 1, document })));
}

/** The machine's own reading of a table that was taken. */
function policyOf(spec: unknown) {
  const documents = [TENANT, { kind: 'DecisionPolicy', spec }].map((document) => ({
    kind: document.kind,
    name: 'a',
    revision: 1,
    digest: '',
    spec: document.spec,
  }));
  const [policy] = configurationOf('a', documents).decisionPolicies;
  if (policy === undefined) throw new Error('no policy');
  return policy;
}

const CASES = CRITICALITIES.flatMap((criticality) =>
  REVERSIBILITIES.flatMap((reversibility) => MODES.map((mode) => ({ criticality, reversibility, mode }))),
);

describe('a decision table that is taken', () => {
  it('rolls nothing back by itself that has no way back or that guardrails may only propose, and leaves no failed release unanswered', () => {
    let taken = 0;
    fc.assert(
      fc.property(table, (spec) => {
        if ('problems' in check(spec)) return;
        taken++;
        const policy = policyOf(spec);
        for (const one of CASES.filter(({ mode }) => mode !== 'observe')) {
          const rule = policy.rules.find(
            ({ when }) =>
              (when.criticality?.includes(one.criticality) ?? true) &&
              (when.reversibility?.includes(one.reversibility) ?? true) &&
              (when.mode?.includes(one.mode) ?? true),
          );
          expect(rule).toBeDefined();
          if (rule?.then === 'auto')
            expect(one).toMatchObject({ mode: 'act', reversibility: expect.stringMatching(/^(yes|partly)$/) });
          if (rule?.then === 'propose' && spec.proposal.onExpiry === 'roll-back') expect(one.reversibility).toBe('yes');
          // What the table says is what the machine does: nothing was left for it to correct.
          expect(choose(policy, { ...one, obstacle: null }).outcome).toBe(rule?.then);
        }
      }),
      {
        numRuns: 500,
        examples: [[{ rules: [{ name: 'rest', when: {}, then: 'propose' }], proposal: { onExpiry: 'hold' } }]],
      },
    );
    expect(taken).toBeGreaterThan(20);
  });
});
