import { countsOf, DISPERSION_ASSUMED } from '@parapet/signals';
import { againstBaseline } from './against-baseline.js';
import { type MixturePlan, planMixture } from './anchored-mixture.js';
import { weightOf } from './combine.js';
import type { CountKernel } from './count-kernel.js';
import { proportionLimit } from './proportion-limit.js';
import { rateLimit } from './rate-limit.js';
import type { WatchedGuardrail, WatchSpec } from './watch-spec.js';

/** The test of a count guardrail, or null where there is nothing to compare with. */
export function kernelOf(watched: WatchedGuardrail): CountKernel | null {
  const { test } = watched.guardrail;
  if (test.kind !== 'proportion' && test.kind !== 'rate') return null;
  const baseline = watched.baselines[0]?.baseline ?? null;
  const phi = (baseline?.kind === 'counts' ? baseline.dispersion : DISPERSION_ASSUMED).phi;
  if (test.against === 'limit') {
    const o = { limit: test.limit, unacceptable: test.unacceptable, phi };
    return test.kind === 'rate' ? rateLimit(o) : proportionLimit(o);
  }
  if (test.against !== 'baseline' || baseline?.kind !== 'counts') return null;
  return againstBaseline({
    baselineEvents: baseline.events,
    baselineExposure: baseline.exposure,
    worseBy: test.worseBy,
    unacceptable: test.unacceptable,
    drift: baseline.drift,
    phi,
    bad: test.kind === 'rate' && watched.signal?.badDirection === 'low' ? 'fewer' : 'more',
  });
}

/** Anchors and caps of a count guardrail. */
export function planOf(spec: WatchSpec, watched: WatchedGuardrail): MixturePlan {
  return planMixture({
    startMs: spec.startMs,
    durationMs: spec.policy.durationMs,
    intervalMs: watched.signal?.intervalMs ?? spec.policy.durationMs,
    latenessMs: watched.signal?.latenessMs ?? 0,
    alpha: spec.policy.falseRollbackRate,
    weight: weightOf(spec, watched),
  });
}

/** Events and exposure of a `count of` pair as the guardrail reads it. */
export function countsFor(
  watched: WatchedGuardrail,
  count: number,
  of: number,
): { readonly events: number; readonly exposure: number } {
  const form = watched.guardrail.test.kind === 'rate' ? 'rate' : 'proportion';
  return countsOf(form, watched.signal?.badDirection ?? 'high', count, of);
}
