import { invariant, unreachable } from '@parapet/kernel';
import type { GuardrailTest } from '../guardrail.js';
import type { WatchedGuardrail, WatchSpec } from '../watch-spec.js';
import { countTest } from './count.js';
import { gaugeTest } from './gauge.js';
import type { RuleTest, StatisticalTest } from './guardrail-test.js';
import { histogramTest } from './histogram.js';
import { thresholdTest } from './threshold.js';

/** A guardrail's test whatever its state is made of; null for alerts, which are judged by views instead of observations. */
export type AnyTest = StatisticalTest<unknown, unknown> | RuleTest<unknown> | null;

/** The test of one guardrail, made ready for one watch. */
export function testOf(spec: WatchSpec, watched: WatchedGuardrail): AnyTest {
  const { name, test } = watched.guardrail;
  switch (test.kind) {
    case 'proportion':
    case 'rate':
      invariant(test.against !== 'auto', unsettled(name));
      invariant(test.against !== 'control', `no test of ${test.kind} against control`);
      return countTest(spec, withTest(watched, test));
    case 'gauge':
      return gaugeTest(spec, withTest(watched, test));
    case 'histogram':
      return histogramTest(spec, withTest(watched, test));
    case 'burn-rate':
      throw new Error(`no test of kind ${test.kind}`);
    case 'threshold':
      return thresholdTest(spec, withTest(watched, test));
    case 'alerts':
      return null;
    default:
      return unreachable(test);
  }
}

/** The guardrail with its test by kind, as a factory wants it. */
function withTest<T extends GuardrailTest>(
  watched: WatchedGuardrail,
  test: T,
): WatchedGuardrail & { readonly guardrail: { readonly test: T } } {
  return { ...watched, guardrail: { ...watched.guardrail, test } };
}

function unsettled(name: string): string {
  return `what guardrail ${name} is compared with was settled before its watch began`;
}
