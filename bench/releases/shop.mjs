import { autoregressive } from './random.mjs';

export const INTERVAL_SEC = 15;
export const PRE_TICKS = 480;
export const WATCH_TICKS = 240;
export const BUCKET_BOUNDS = [0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.2, 2, 5];

/** Noise by its name: standard deviations of the logarithms of failure rates, traffic and latency. */
export const NOISE = {
  iid: { failures: 0, traffic: 0, latency: 0 },
  mild: { failures: 0.18, traffic: 0.12, latency: 0.04 },
  strong: { failures: 0.42, traffic: 0.3, latency: 0.1 },
};

/**
 * What is true of one shop, whatever is released.
 * @param {import('./random.mjs').Random} random @param {number} ordersPerMinute
 */
export function makeShop(random, ordersPerMinute) {
  return {
    ordersPerMinute,
    orderFailures: random.logBetween(0.006, 0.015),
    requestsPerOrder: random.between(4, 8),
    httpErrors: random.logBetween(0.002, 0.008),
    posPerOrder: 2,
    posErrors: random.logBetween(0.01, 0.03),
    latencySec: random.logBetween(0.09, 0.32),
    latencySpread: random.between(0.45, 0.8),
    stockMs: random.logBetween(420, 1700),
    stockSpread: random.between(0.06, 0.14),
    lockMs: random.logBetween(10, 40),
    /** How far two healthy windows of this shop lie apart. */
    drift: random.between(0.01, 0.07),
  };
}

/** @typedef {ReturnType<typeof makeShop>} Shop */
/** @typedef {{ failures: number; traffic: number; latency: number }} NoiseLevel */
/**
 * How a degradation changes the shop at a tick: factors, and the share of requests in a slow tail.
 * @typedef {{ order: number; http: number; pos: number; lat: number; tail: number; stock: number; lock: number }} Change
 */

/** @type {Change} */
export const UNCHANGED = { order: 1, http: 1, pos: 1, lat: 1, tail: 0, stock: 1, lock: 1 };

/**
 * What all arms of a window share: its drift, its noise, its season.
 * @param {import('./random.mjs').Random} random @param {Shop} shop @param {NoiseLevel} noise @param {number} ticks
 * @param {{ traffic: number; isSeasonal: boolean; promotionFrom: number | null }} window
 */
export function weatherOf(random, shop, noise, ticks, window) {
  const drifted = () => Math.exp(shop.drift * random.normal());
  const drift = {
    order: drifted(),
    http: drifted(),
    pos: drifted(),
    lat: drifted() ** 0.35,
    stock: drifted() ** 0.35,
    lock: drifted(),
  };
  const phase = random.between(0, 2 * Math.PI);
  const swing = window.isSeasonal ? random.between(0.1, 0.35) : 0;
  const traffic = autoregressive(random, ticks, 0.9, noise.traffic);
  const failures = {
    order: autoregressive(random, ticks, 0.8, noise.failures),
    http: autoregressive(random, ticks, 0.8, noise.failures),
    pos: autoregressive(random, ticks, 0.8, noise.failures),
  };
  const latency = autoregressive(random, ticks, 0.8, noise.latency);
  const stock = autoregressive(random, ticks, 0.8, noise.latency * 0.5);
  const lock = autoregressive(random, ticks, 0.55, 0.2);
  return Array.from({ length: ticks }, (_, tick) => {
    const isPromotion = window.promotionFrom !== null && tick >= window.promotionFrom;
    const rush = isPromotion ? 5 : 1;
    const season = 1 + swing * Math.sin(phase + (2 * Math.PI * tick) / 240);
    const load = window.traffic * rush * season * Math.exp(traffic[tick]);
    return {
      load,
      order: drift.order * Math.exp(failures.order[tick]),
      http: drift.http * Math.exp(failures.http[tick]),
      pos: drift.pos * Math.exp(failures.pos[tick]),
      lat: drift.lat * (isPromotion ? 1.08 : 1) * Math.exp(latency[tick]),
      stock: drift.stock * (isPromotion ? 1.03 : 1) * Math.exp(stock[tick]),
      lock: drift.lock * load ** 0.4 * Math.exp(lock[tick]),
    };
  });
}

/** @typedef {ReturnType<typeof weatherOf>} Weather */

/**
 * What one arm measures in a window: cumulative counters, buckets of each interval, gauges.
 * @param {import('./random.mjs').Random} random @param {Shop} shop @param {Weather} weather @param {number} share of the traffic
 * @param {(tick: number) => Change} changeAt @param {ReadonlySet<number>} bursts ticks of a burst of errors at the tills
 */
export function measure(random, shop, weather, share, changeAt, bursts) {
  /** @type {Record<string, (number | null | number[])[]>} */
  const series = {
    orders_total: [],
    orders_failed_total: [],
    http_requests_total: [],
    http_errors_total: [],
    pos_sync_attempts_total: [],
    pos_sync_errors_total: [],
    checkout_latency_bucket: [],
    stock_update_p95_ms: [],
    db_lock_wait_ms: [],
  };
  const counters = Object.fromEntries(
    Object.keys(series)
      .filter((name) => name.endsWith('_total'))
      .map((name) => [name, random.whole(0, 5000)]),
  );
  weather.forEach((now, tick) => {
    const change = changeAt(tick);
    const orders = random.poisson(((shop.ordersPerMinute * INTERVAL_SEC) / 60) * share * now.load);
    const requests = random.poisson(orders * shop.requestsPerOrder);
    const burst = bursts.has(tick) ? random.whole(20, 200) : 0;
    const attempts = random.poisson(orders * shop.posPerOrder) + burst;
    const added = {
      orders_total: orders,
      orders_failed_total: random.binomial(orders, Math.min(0.9, shop.orderFailures * now.order * change.order)),
      http_requests_total: requests,
      http_errors_total: random.binomial(requests, Math.min(0.9, shop.httpErrors * now.http * change.http)),
      pos_sync_attempts_total: attempts,
      pos_sync_errors_total:
        random.binomial(attempts - burst, Math.min(0.9, shop.posErrors * now.pos * change.pos)) + burst,
    };
    for (const [name, increment] of Object.entries(added)) {
      counters[name] += increment;
      series[name].push(counters[name]);
    }
    series.checkout_latency_bucket.push(random.multinomial(orders, sharesOf(shop, now.lat * change.lat, change.tail)));
    const spread = Math.hypot(shop.stockSpread, 0.42 / Math.sqrt(Math.max(1, orders)));
    series.stock_update_p95_ms.push(
      orders === 0 ? null : rounded(shop.stockMs * now.stock * change.stock * Math.exp(spread * random.normal()), 1),
    );
    series.db_lock_wait_ms.push(rounded(shop.lockMs * now.lock * change.lock * Math.exp(0.22 * random.normal()), 2));
  });
  return series;
}

/** Shares of requests in each bucket. @param {Shop} shop @param {number} slower @param {number} tail */
export function sharesOf(shop, slower, tail) {
  const upTo = (/** @type {number} */ bound, /** @type {number} */ median) =>
    normalCumulative(Math.log(bound / median) / shop.latencySpread);
  const median = shop.latencySec * slower;
  const cumulative = [
    ...BUCKET_BOUNDS.map((bound) => (1 - tail) * upTo(bound, median) + tail * upTo(bound, 6 * median)),
    1,
  ];
  return cumulative.map((value, i) => value - (i === 0 ? 0 : cumulative[i - 1]));
}

/** @param {number} z Abramowitz and Stegun 26.2.17, to 7.5e-8. */
function normalCumulative(z) {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail =
    (Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI)) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return z > 0 ? 1 - tail : tail;
}

/** @param {number} value @param {number} digits */
function rounded(value, digits) {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
