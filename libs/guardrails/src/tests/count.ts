import { countsOf, DISPERSION_ASSUMED } from '@parapet/signals';
import { againstBaseline } from '../against-baseline.js';
import { type AnchoredCounts, CountMixture } from '../anchored-counts.js';
import { planAnchors } from '../anchors.js';
import type { CountKernel } from '../count-kernel.js';
import { countHistoryOf } from '../count-history.js';
import { proportionBounds, rateBounds } from '../effect-size.js';
import type { BaselineWindow, GuardrailTest } from '../guardrail.js';
import { finite, logMeanExp } from '../log-space.js';
import { proportionLimit } from '../proportion-limit.js';
import { rateLimit } from '../rate-limit.js';
import type { WatchedGuardrail, WatchSpec } from '../watch-spec.js';
import { countWords } from '../words.js';
import type { Described, Standing, StatisticalTest } from './guardrail-test.js';

/** A proportion or a rate compared with a declared limit or with history. */
export type CountAlone = Extract<GuardrailTest, { kind: 'proportion' | 'rate'; against: 'limit' | 'baseline' }>;
type Watched = WatchedGuardrail & { readonly guardrail: { readonly test: CountAlone } };

/** Everything that speaks for an acceptable release, not capped. */
export interface CountAcceptance {
  events: number;
  exposure: number;
}

/**
 * Counts against a limit (statistics 5.1, 5.2) or against history (5.3), over beginnings and sizes (7). Of two windows of history
 * the one that shows less decides whether it is worse, and their mean whether it is acceptable (4.2, 9).
 */
export function countTest(spec: WatchSpec, watched: Watched): StatisticalTest<AnchoredCounts, CountAcceptance> {
  const { test } = watched.guardrail;
  const badDirection = watched.signal?.badDirection ?? 'high';
  const kernels = kernelsOf(watched);
  const mixture = new CountMixture(planAnchors(spec, watched), kernels);
  return {
    kind: 'statistical',
    abstains: kernels.length === 0 ? 'no-baseline' : null,
    start: () => mixture.start(),
    observe: (state, { observation, newestAtMs }) => {
      const { value } = observation;
      if (value.kind !== 'count') return null;
      const { events, exposure } = countsOf(test.kind, badDirection, value.count, value.of);
      return mixture.observe(state, observation.atMs, newestAtMs, events, exposure);
    },
    evidence: (state) => leastOf(mixture.evidence(state)),
    samples: (state) => state.exposure,
    startAcceptance: () => ({ events: 0, exposure: 0 }),
    accept: (acceptance, { observation: { value } }) => {
      if (value.kind !== 'count') return acceptance;
      const { events, exposure } = countsOf(test.kind, badDirection, value.count, value.of);
      acceptance.events += events;
      acceptance.exposure += exposure;
      return acceptance;
    },
    acceptance: ({ events, exposure }) =>
      finite(
        logMeanExp(kernels.map((kernel) => kernel.acceptable(events, exposure))),
        'evidence of an acceptable release',
      ),
    describe: (state, standing) => {
      const byKernel = mixture.evidence(state);
      const least = byKernel.indexOf(leastOf(byKernel));
      const window = windowOf(watched, least);
      return describeCounts(spec, watched, { kernel: kernels[least] ?? null, window }, state, standing);
    },
  };
}

/** The evidence that every window supports; nothing where there is none. */
function leastOf(evidences: readonly number[]): number {
  return evidences.length === 0 ? 0 : Math.min(...evidences);
}

/** A limit's one kernel, or one for each window of history that can be used; windows that are alike are one. */
function kernelsOf(watched: Watched): readonly CountKernel[] {
  const { test } = watched.guardrail;
  if (test.against === 'limit') {
    const o = { limit: test.limit, unacceptable: test.unacceptable, phi: dispersionOf(watched) };
    return [test.kind === 'rate' ? rateLimit(o) : proportionLimit(o)];
  }
  const { worseBy, unacceptable } = test;
  return countHistoryOf(watched).map(({ events, exposure, intervalExposure, phi, drift }) =>
    againstBaseline({
      baselineEvents: events,
      baselineExposure: exposure,
      worseBy,
      unacceptable,
      drift,
      phi,
      intervalExposure,
      bad: directionOf(watched),
    }),
  );
}

/** The largest dispersion that any window of history shows, or what is assumed without one. */
/** The window of history that a kernel compares with; null where it is a limit. */
function windowOf({ guardrail, baselines }: Watched, kernel: number): BaselineWindow | null {
  if (guardrail.test.against === 'limit') return null;
  return baselines.filter(({ baseline }) => baseline.kind === 'counts')[kernel]?.window ?? null;
}

function dispersionOf({ baselines }: Watched): number {
  const known = baselines.flatMap(({ baseline }) => (baseline.kind === 'counts' ? [baseline.dispersion.phi] : []));
  return known.length === 0 ? DISPERSION_ASSUMED.phi : Math.max(...known);
}

function directionOf({ guardrail, signal }: Watched): 'more' | 'fewer' {
  return guardrail.test.kind === 'rate' && signal?.badDirection === 'low' ? 'fewer' : 'more';
}

function describeCounts(
  spec: WatchSpec,
  watched: Watched,
  { kernel, window }: { readonly kernel: CountKernel | null; readonly window: BaselineWindow | null },
  { events, exposure }: CountAcceptance,
  { verdict, evidence }: Standing,
): Described {
  const { name, test } = watched.guardrail;
  // A share that is bad when low is shown as the share of good ones, as its signal is.
  const isRest = test.kind === 'proportion' && watched.signal?.badDirection === 'low';
  const shown = (rate: number) => (isRest ? 1 - rate : rate);
  const most = test.kind === 'proportion' ? 1 : Number.POSITIVE_INFINITY;
  const numbers = {
    ...(exposure > 0 ? { observed: shown(events / exposure) } : {}),
    ...shownBounds(boundsOf(spec, watched, kernel, events, exposure), isRest),
    ...(kernel === null ? {} : { limit: shown(Math.min(kernel.tolerated, most)) }),
    ...(kernel === null || test.against === 'limit' ? {} : { baseline: shown(kernel.reference) }),
  };
  const words = countWords({
    name,
    form: test.kind,
    isRest,
    bad: directionOf(watched),
    events,
    exposure,
    reference: kernel?.reference ?? null,
    isLimit: test.against === 'limit',
    isEarlierWeeks: window === 'same-hours',
    evidence: evidence ?? 0,
    isPass: verdict === 'pass',
    isBreach: verdict === 'breach',
    sinceMs: spec.startMs,
  });
  return { numbers, words };
}

/** Bounds of the rate; the dispersion widens them as it lowers the evidence: fewer counts speak. */
function boundsOf(
  spec: WatchSpec,
  watched: Watched,
  kernel: CountKernel | null,
  events: number,
  exposure: number,
): { readonly low: number; readonly high: number } | null {
  if (kernel === null || !(exposure > 0)) return null;
  const phi = dispersionOf(watched);
  const alpha = spec.policy.falseRollbackRate;
  return watched.guardrail.test.kind === 'proportion'
    ? proportionBounds(events / phi, exposure / phi, alpha)
    : rateBounds(events / phi, exposure / phi, kernel.reference, alpha);
}

function shownBounds(bounds: ReturnType<typeof boundsOf>, isRest: boolean) {
  if (bounds === null) return {};
  return isRest
    ? { observedLow: 1 - bounds.high, observedHigh: 1 - bounds.low }
    : { observedLow: bounds.low, observedHigh: bounds.high };
}
