import { unreachable } from '@parapet/kernel';
import { weightOf } from '../combine.js';
import type { WatchedGuardrail, WatchSpec } from '../watch-spec.js';
import type { RuleTest, StatisticalTest } from './guardrail-test.js';

/** A guardrail's test whatever its state is made of; null for alerts, which are judged by views instead of observations. */
export type AnyTest = StatisticalTest<unknown, unknown> | RuleTest<unknown> | null;

/** The test of one guardrail, made ready for one watch. */
export function testOf(_spec: WatchSpec, watched: WatchedGuardrail): AnyTest {
  const { test } = watched.guardrail;
  switch (test.kind) {
    case 'proportion':
    case 'rate':
    case 'gauge':
    case 'histogram':
    case 'burn-rate':
    case 'threshold':
      throw new Error(`no test of kind ${test.kind}`);
    case 'alerts':
      return null;
    default:
      return unreachable(test);
  }
}

/** What follows from a watch's specification, worked out once. */
export interface WatchPlan {
  readonly tests: readonly AnyTest[];
  /** Each guardrail's share of the evidence; 1 for one that only observes. */
  readonly weights: readonly number[];
  /** The guardrails that judge a signal, by its name. */
  readonly routes: ReadonlyMap<string, readonly number[]>;
}

/** Specifications never change, so a plan belongs to its object for good. */
const PLANS = new WeakMap<WatchSpec, WatchPlan>();

/** The plan of a watch; the same specification object has the same plan. */
export function planWatch(spec: WatchSpec): WatchPlan {
  const known = PLANS.get(spec);
  if (known !== undefined) return known;
  const routes = new Map<string, number[]>();
  spec.guardrails.forEach(({ guardrail: { signal } }, i) => {
    if (signal !== null) routes.set(signal, [...(routes.get(signal) ?? []), i]);
  });
  const plan: WatchPlan = {
    tests: spec.guardrails.map((watched) => testOf(spec, watched)),
    weights: spec.guardrails.map((watched) => weightOf(spec, watched)),
    routes,
  };
  PLANS.set(spec, plan);
  return plan;
}
