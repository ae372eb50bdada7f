/** A small recorded release as it stands in a file: one guardrail of each kind, ten minutes before it and ten of watch. */
export const TICKS = 40;

type Json = Record<string, unknown>;

const counter = (perTick: number, start = 100) => Array.from({ length: TICKS }, (_, i) => start + perTick * (i + 1));
const each = <T>(value: T) => Array.from({ length: TICKS }, () => value);

/** Steady values of a window: 1 failed order of 100 a tick, buckets and a gauge that do not move much. */
export function steadyWindow(share = 1): Json {
  return {
    orders: counter(100 * share),
    failed: counter(share),
    attempts: counter(200 * share),
    errors: counter(2 * share),
    buckets: each([60 * share, 30 * share, 10 * share]),
    wait: Array.from({ length: TICKS }, (_, i) => 30 + (i % 3)),
  };
}

/** A record of everything going on as before; `change` replaces fields of it. */
export function record(change: Json = {}): Json {
  return {
    id: 'r1',
    intervalSec: 15,
    preTicks: TICKS,
    watchTicks: TICKS,
    mode: 'historical',
    canaryShare: null,
    loadSeries: 'orders',
    bucketBounds: [0.1, 0.5],
    guardrails: [
      { id: 'order_success', kind: 'proportion', bad: 'failed', total: 'orders', badRatio: 3, required: true },
      { id: 'pos_sync_errors', kind: 'count', events: 'errors', exposure: 'attempts' },
      { id: 'checkout_latency', kind: 'histogram', buckets: 'buckets' },
      { id: 'db_lock_wait', kind: 'gauge', value: 'wait', transform: 'log' },
    ],
    series: { pre: steadyWindow(), lastWeek: steadyWindow(), watch: steadyWindow() },
    late: [],
    ...change,
  };
}

/** A record whose watch has some series replaced. */
export function recordWatching(series: Json, change: Json = {}): Json {
  return record({
    series: { pre: steadyWindow(), lastWeek: steadyWindow(), watch: { ...steadyWindow(), ...series } },
    ...change,
  });
}
