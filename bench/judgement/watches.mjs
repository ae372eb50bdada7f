// Watches and samples to judge: eight guardrails a release, of the kinds that a retailer's policy has.

const SECOND = 1000;
const HOUR = 3600 * SECOND;
export const START = Date.UTC(2026, 10, 23, 9, 0);
export const INTERVAL = 15 * SECOND;
const DAY = 24 * HOUR;

/** @typedef {import('@parapet/guardrails').WatchSpec} WatchSpec */
/** @typedef {import('@parapet/guardrails').WatchedGuardrail} WatchedGuardrail */
/** @typedef {import('@parapet/guardrails').GuardrailTest} GuardrailTest */
/** @typedef {import('@parapet/signals').SampleValue} SampleValue */
/** @typedef {import('@parapet/signals').Baseline} Baseline */

const BOUNDS = [5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000];
const REQUESTS = [400, 1500, 5200, 9000, 6000, 3500, 2600, 400, 120, 60, 40, 20, 8];
const SHIFTS = [1.1, 1.25, 1.5, 2, 3];
const period = { fromMs: START - DAY, toMs: START };
const phi = { phi: 1.3, isAssumed: false };

/** @type {(events: number, exposure: number) => Baseline} */
const counts = (events, exposure) => ({ kind: 'counts', ...period, events, exposure, dispersion: phi, drift: 0.1 });
/** @type {Baseline} */
const values = {
  kind: 'values',
  ...period,
  m: 5760,
  mean: Math.log(180),
  longRunVariance: 0.02,
  deviation: 0.1,
  isAssumed: false,
  drift: 0.03,
};
/** @type {Baseline} */
const requests = {
  kind: 'histogram',
  ...period,
  bounds: BOUNDS,
  counts: REQUESTS,
  tailDispersions: BOUNDS.map(() => phi),
  scoreDispersions: SHIFTS.map((times) => ({ times, dispersion: phi })),
  drift: 0.03,
};

/** @type {{ against: 'baseline'; windows: readonly ['before']; worseBy: number; unacceptable: number }} */
const history = { against: 'baseline', windows: ['before'], worseBy: 0.1, unacceptable: 3 };

/** @type {readonly { name: string; bad: 'high' | 'low'; test: GuardrailTest; baseline: Baseline | null }[]} */
const GUARDRAILS = [
  { name: 'orders-confirmed', bad: 'low', test: { kind: 'proportion', ...history }, baseline: counts(1440, 144_000) },
  { name: 'payments', bad: 'low', test: { kind: 'proportion', ...history }, baseline: counts(700, 90_000) },
  { name: 'pos-sync', bad: 'low', test: { kind: 'proportion', ...history }, baseline: counts(300, 60_000) },
  { name: 'order-rate', bad: 'low', test: { kind: 'rate', ...history }, baseline: counts(100_000, DAY / SECOND) },
  {
    name: 'errors',
    bad: 'high',
    test: { kind: 'proportion', against: 'limit', limit: 0.01, unacceptable: 3 },
    baseline: counts(400, 90_000),
  },
  { name: 'p95', bad: 'high', test: { kind: 'gauge', transform: 'log', ...history, worseBy: 0.05 }, baseline: values },
  { name: 'latency', bad: 'high', test: { kind: 'histogram', ...history, worseBy: 0.05 }, baseline: requests },
  {
    name: 'queue',
    bad: 'high',
    test: {
      kind: 'threshold',
      direction: 'above',
      enter: 600,
      leave: 300,
      forMs: 60_000,
      keepMs: 0,
      maxGapMs: 60_000,
    },
    baseline: null,
  },
];

/** The kinds of the guardrails, for the report. */
export const KINDS = GUARDRAILS.map(({ test }) => test.kind);
export const GUARDRAILS_PER_RELEASE = GUARDRAILS.length;

/**
 * The specification of one release's watch.
 * @param {number} release
 * @returns {WatchSpec}
 */
export function specOf(release) {
  return {
    tenant: 'acme-retail',
    environment: `shop-${release}`,
    workload: 'odoo-retail',
    release: `rel_${String(release).padStart(26, '0')}`,
    name: `odoo-2026.11.${release}`,
    startMs: START,
    scope: null,
    policy: {
      name: 'checkout',
      revision: 1,
      warmUpMs: 120_000,
      durationMs: HOUR,
      coverage: 0.75,
      falseRollbackRate: 0.01,
      baselineMs: DAY,
      extendMs: HOUR,
      recoverWithinMs: 1_800_000,
    },
    guardrails: GUARDRAILS.map(({ name, bad, test, baseline }) => ({
      guardrail: {
        name,
        signal: name,
        where: {},
        test,
        mode: 'act',
        weight: 1,
        isRequired: true,
        staleAfterMs: 60_000,
      },
      signal: { unit: '', badDirection: bad, intervalMs: INTERVAL, latenessMs: 60_000 },
      // Each release has a baseline of its own, as it has in life.
      baselines: baseline === null ? [] : [{ window: 'before', baseline: structuredClone(baseline) }],
    })),
    volumes: [],
  };
}

/**
 * A healthy sample of one guardrail.
 * @param {number} guardrail
 * @param {number} seed
 * @returns {SampleValue}
 */
function valueOf(guardrail, seed) {
  const jitter = (seed * 2654435761) % 97;
  switch (GUARDRAILS[guardrail]?.test.kind) {
    case 'gauge':
      return { kind: 'gauge', value: 172 + jitter / 6 };
    case 'threshold':
      return { kind: 'gauge', value: 200 + jitter };
    case 'histogram':
      return { kind: 'histogram', bounds: BOUNDS, counts: REQUESTS.map((n) => Math.round(n / 200)), sum: null };
    case 'rate':
      return { kind: 'count', count: 17 + (jitter % 3), of: 15 };
    default: {
      const bad = jitter < 30 ? 1 : 0;
      return GUARDRAILS[guardrail]?.bad === 'high'
        ? { kind: 'count', count: bad, of: 25 }
        : { kind: 'count', count: 100 - bad, of: 100 };
    }
  }
}

/**
 * The inputs of one interval of one release: a sample for each guardrail.
 * @param {number} tick
 * @param {number} release
 * @returns {import('@parapet/guardrails').WatchInput[]}
 */
export function inputsOf(tick, release) {
  const atMs = START + (tick + 1) * INTERVAL;
  return GUARDRAILS.map(({ name }, i) => ({
    kind: 'observation',
    clockMs: atMs,
    observation: {
      signal: name,
      dimensions: {},
      fromMs: atMs - INTERVAL,
      atMs,
      value: valueOf(i, tick * 31 + release * 7 + i),
    },
  }));
}
