import { matchesWhere, type Observation } from '@parapet/signals';
import { armsOf } from '../arms.js';
import type { WatchedGuardrail, WatchSpec } from '../watch-spec.js';

/** What an observation is of: something that got the release, something that did not, or nothing of this guardrail. */
export type Membership = 'exposed' | 'bystander' | null;

/** Tells observations of one guardrail apart, by their dimensions. */
export type MembershipOf = (dimensions: Observation['dimensions']) => Membership;

/** Shared by the many guardrails that look at all samples of their signal. */
const ALL_EXPOSED: MembershipOf = () => 'exposed';

/**
 * Where the release reaches only some stores, tenants or pods, the others are bystanders of every guardrail, whatever it compares
 * with: a symptom that they share is not the release's doing.
 */
export function membershipsOf(spec: WatchSpec, { guardrail }: WatchedGuardrail): MembershipOf {
  const { test, where } = guardrail;
  if ('against' in test && test.against === 'control') {
    const armOf = armsOf(guardrail);
    return (dimensions) => {
      const arm = armOf(dimensions);
      return arm === 'watched' ? 'exposed' : arm === 'control' ? 'bystander' : null;
    };
  }
  const reach = reachOf(spec);
  if (reach === null && Object.keys(where).length === 0) return ALL_EXPOSED;
  if (reach === null) return (dimensions) => (matchesWhere(where, dimensions) ? 'exposed' : null);
  // A guardrail of one released store has the other stores as bystanders: its own store is no condition for them.
  const { [reach.dimension]: _, ...rest } = where;
  return (dimensions) => {
    if (!matchesWhere(rest, dimensions)) return null;
    const value = Object.hasOwn(dimensions, reach.dimension) ? (dimensions[reach.dimension] as string) : null;
    if (value !== null && !reach.values.includes(value)) return 'bystander';
    return matchesWhere(where, dimensions) ? 'exposed' : null;
  };
}

/** The dimension whose values tell what got the release; null where all of it did. */
function reachOf({ scope }: WatchSpec): { readonly dimension: string; readonly values: readonly string[] } | null {
  if (scope === null) return null;
  return scope.kind === 'values' ? scope : { dimension: 'arm', values: ['canary'] };
}

/** Whether a guardrail can see anything that did not get the release. */
export function hasBystanders(spec: WatchSpec, { guardrail: { test } }: WatchedGuardrail): boolean {
  return spec.scope !== null || ('against' in test && test.against === 'control');
}

/** What did not get the release, as people call it: `other stores`. */
export function othersOf({ scope }: WatchSpec, { guardrail: { test } }: WatchedGuardrail): string {
  if (scope?.kind === 'values') return `other ${scope.dimension}s`;
  const isRest = 'against' in test && test.against === 'control' && test.control.kind === 'rest';
  return isRest && test.control.kind === 'rest' ? `other ${test.control.dimension}s` : 'the parts';
}
