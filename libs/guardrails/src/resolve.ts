import { unreachable } from '@parapet/kernel';
import type { ControlArm, Guardrail, GuardrailTest, Where } from './guardrail.js';
import type { ReleaseScope } from './watch-spec.js';

/** The arms of a canary, as samples name them in the dimension `arm`. */
const CANARY: Where = { arm: 'canary' };
const STABLE: Where = { arm: 'stable' };

/** What a release leaves without itself, to compare with; null where it leaves nothing. */
function restOf(scope: ReleaseScope | null): ControlArm | null {
  if (scope === null) return null;
  switch (scope.kind) {
    case 'percent':
      return scope.percent < 100 ? { kind: 'where', where: STABLE } : null;
    case 'values':
      return scope.values.length === 0
        ? null
        : { kind: 'rest', dimension: scope.dimension, released: [...scope.values].sort() };
    default:
      return unreachable(scope);
  }
}

/**
 * The test as the watch of a release begins: `auto` becomes a control where the release leaves a rest, else history; a control
 * that nobody described is that rest.
 */
export function resolveTest(test: GuardrailTest, scope: ReleaseScope | null): GuardrailTest {
  if (!('against' in test)) return test;
  const rest = restOf(scope);
  if (test.against === 'auto') {
    if (rest === null) return { ...test, against: 'baseline' };
    const { windows: _, ...compared } = test;
    return { ...compared, against: 'control', control: rest };
  }
  const isUndescribed =
    test.against === 'control' && test.control.kind === 'rest' && test.control.released.length === 0;
  return isUndescribed && rest !== null ? { ...test, control: rest } : test;
}

/** The guardrail as the watch of a release begins: its test settled, and of a canary only the samples of the canary. */
export function resolveGuardrail(guardrail: Guardrail, scope: ReleaseScope | null): Guardrail {
  const test = resolveTest(guardrail.test, scope);
  if (test === guardrail.test) return guardrail;
  const isCanary = 'against' in test && test.against === 'control' && test.control.kind === 'where';
  return { ...guardrail, test, where: isCanary ? { ...guardrail.where, ...CANARY } : guardrail.where };
}
