import { invariant, unreachable } from '@parapet/kernel';
import type { GuardrailTest } from '../guardrail.js';
import type { WatchedGuardrail, WatchSpec } from '../watch-spec.js';
import { burnRateTest } from './burn-rate.js';
import { countControlTest } from './count-control.js';
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
      return test.against === 'control'
        ? countControlTest(spec, withTest(watched, test))
        : countTest(spec, withTest(watched, test));
    case 'gauge':
      invariant(test.against !== 'auto', unsettled(name));
      return gaugeTest(spec, withTest(watched, test));
    case 'histogram':
      invariant(test.against !== 'auto', unsettled(name));
      return histogramTest(spec, withTest(watched, test));
    case 'burn-rate':
      return burnRateTest(spec, withTest(watched, test));
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
