import { Random } from './random.mjs';
import {
  BUCKET_BOUNDS,
  INTERVAL_SEC,
  makeShop,
  measure,
  NOISE,
  PRE_TICKS,
  sharesOf,
  UNCHANGED,
  WATCH_TICKS,
  weatherOf,
} from './shop.mjs';

/** What is measured of every release, in the words of the format (test/fixtures/releases). */
const GUARDRAILS = [
  {
    id: 'order_success',
    kind: 'proportion',
    bad: 'orders_failed_total',
    total: 'orders_total',
    badRatio: 3,
    required: true,
  },
  {
    id: 'http_errors',
    kind: 'proportion',
    bad: 'http_errors_total',
    total: 'http_requests_total',
    badRatio: 3,
    required: true,
  },
  {
    id: 'pos_sync_errors',
    kind: 'count',
    events: 'pos_sync_errors_total',
    exposure: 'pos_sync_attempts_total',
    badRatio: 3,
    required: false,
  },
  {
    id: 'checkout_latency',
    kind: 'histogram',
    buckets: 'checkout_latency_bucket',
    badRatio: 1.5,
    required: true,
    settleTicks: 8,
  },
  {
    id: 'stock_update_latency',
    kind: 'gauge',
    value: 'stock_update_p95_ms',
    transform: 'log',
    badRatio: 1.5,
    required: false,
    settleTicks: 8,
  },
  {
    id: 'db_lock_wait',
    kind: 'gauge',
    value: 'db_lock_wait_ms',
    transform: 'log',
    badRatio: 3,
    required: false,
    settleTicks: 8,
  },
];

/** Degradations: what shows them, what they change, and how much. */
const EFFECTS = /** @type {const} */ ([
  ['order_success', 'order', [3, 3, 5, 10, 60]],
  ['http_errors', 'http', [3, 10]],
  ['pos_sync_errors', 'pos', [1.5, 3, 10]],
  ['checkout_latency', 'lat', [1.2, 1.5, 2]],
  ['checkout_latency', 'tail', [0.05, 0.15]],
  ['stock_update_latency', 'stock', [1.3, 2]],
  ['db_lock_wait', 'lock', [3]],
]);

/** What a tolerated release may do: ratios against history and against a control, ln of slower. */
const TOLERATED = { history: 1.1 * Math.exp(0.1645), control: 1.1, latency: Math.log(1.05) + 0.05 };

/**
 * One release with what is true of it; the same seed and number give the same release on every machine.
 * @param {number} seed @param {number} number
 * @param {{ good: number; undecidable: number }} shares of the releases
 */
export function makeRelease(seed, number, shares) {
  const random = new Random(seed, number);
  const draw = random.uniform();
  const truth = draw < shares.good ? 'good' : draw < shares.good + shares.undecidable ? 'undecidable' : 'degraded';
  const tags = ['seasonal', 'warmup', 'burst', 'reset', 'missing', 'late', 'promotion'].filter((tag) =>
    random.chance(TAG_CHANCE[tag] ?? 0),
  );
  const noiseName = random.oneOf(['iid', 'iid', 'mild', 'mild', 'strong']);
  const isShared = truth !== 'undecidable' && random.chance(0.4);
  const share = isShared ? random.oneOf([0.1, 0.1, 0.2, 0.5, 0.5]) : null;
  const ordersPerMinute = rounded(
    truth === 'undecidable' ? random.logBetween(0.1, 0.3) : random.logBetween(truth === 'good' ? 8 : 2, 5000),
  );
  if (truth === 'undecidable' && random.chance(0.6)) tags.push('absent');

  const shop = makeShop(random, ordersPerMinute);
  const effect = truth === 'degraded' ? effectOf(random) : null;
  const hour = Math.exp(0.3 * random.normal());
  const windowOf = (/** @type {Partial<Parameters<typeof weatherOf>[4]>} */ own) => ({
    traffic: hour,
    isSeasonal: tags.includes('seasonal'),
    promotionFrom: null,
    ...own,
  });
  const noise = NOISE[noiseName];
  const quiet = () => UNCHANGED;
  const none = new Set();
  const promotionFrom = tags.includes('promotion') ? random.whole(10, 130) : null;
  const watchWeather = weatherOf(
    random,
    shop,
    noise,
    WATCH_TICKS,
    windowOf({ traffic: hour * Math.exp(0.08 * random.normal()), promotionFrom }),
  );
  // Cold caches are those of the new version: what does not get it stays warm.
  const newWeather = tags.includes('warmup')
    ? watchWeather.map((now, tick) => (tick < 8 ? warmedUp(now, tick) : now))
    : watchWeather;
  const changeAt = changeOf(effect);
  const bursts = new Set(tags.includes('burst') ? [random.whole(5, WATCH_TICKS - 5)] : []);
  const series = {
    pre: measure(random, shop, weatherOf(random, shop, noise, PRE_TICKS, windowOf({ traffic: 1 })), 1, quiet, none),
    lastWeek: measure(random, shop, weatherOf(random, shop, noise, WATCH_TICKS, windowOf({})), 1, quiet, none),
    watch: measure(random, shop, newWeather, share ?? 1, changeAt, bursts),
    ...(share === null ? {} : { control: measure(random, shop, watchWeather, 1 - share, quiet, none) }),
  };
  const late = spoil(random, series.watch, tags);
  const expectedNats = effect === null ? null : nats(shop, noise, watchWeather, share, effect, changeAt);
  const id = `g${seed}-${String(number).padStart(5, '0')}`;
  const release = {
    id,
    intervalSec: INTERVAL_SEC,
    preTicks: PRE_TICKS,
    watchTicks: WATCH_TICKS,
    mode: isShared ? 'concurrent' : 'historical',
    canaryShare: share,
    loadSeries: 'http_requests_total',
    bucketBounds: BUCKET_BOUNDS,
    guardrails: GUARDRAILS,
    series,
    late,
  };
  const label = {
    id,
    truth,
    onsetTick: effect?.onsetTick ?? null,
    effects:
      effect === null
        ? []
        : [
            {
              guardrail: effect.guardrail,
              parameter: effect.parameter,
              size: effect.size,
              rampTicks: effect.rampTicks,
            },
          ],
    detectability:
      expectedNats === null ? null : expectedNats >= 30 ? 'strong' : expectedNats >= 12 ? 'moderate' : 'weak',
    expectedNats: expectedNats === null ? null : Math.round(expectedNats * 10) / 10,
    ordersPerMinute,
    noise: noiseName,
    mode: release.mode,
    tags,
  };
  return { release, label };
}

/** @type {Readonly<Record<string, number>>} */
const TAG_CHANCE = { seasonal: 0.45, warmup: 0.3, burst: 0.15, reset: 0.4, missing: 0.2, late: 0.35, promotion: 0.18 };

/** @param {Random} random */
function effectOf(random) {
  const [guardrail, parameter, sizes] = random.oneOf(EFFECTS);
  return {
    guardrail,
    parameter,
    size: random.oneOf(/** @type {readonly number[]} */ (sizes)),
    onsetTick: random.chance(0.5) ? 0 : random.whole(30, 150),
    rampTicks: random.chance(0.25) ? 40 : 0,
  };
}

/** How the new version differs at a tick. @param {ReturnType<typeof effectOf> | null} effect */
function changeOf(effect) {
  return (/** @type {number} */ tick) => {
    if (effect === null || tick < effect.onsetTick) return UNCHANGED;
    const reached = effect.rampTicks === 0 ? 1 : Math.min(1, (tick - effect.onsetTick + 1) / effect.rampTicks);
    const full = effect.parameter === 'tail' ? effect.size : effect.size - 1;
    return { ...UNCHANGED, [effect.parameter]: effect.parameter === 'tail' ? full * reached : 1 + full * reached };
  };
}

/** @param {ReturnType<typeof weatherOf>[number]} now @param {number} tick */
function warmedUp(now, tick) {
  const cold = 1 + 0.9 * (1 - tick / 8);
  return { ...now, lat: now.lat * cold, stock: now.stock * cold, lock: now.lock * cold };
}

/**
 * Restarts, lost and late samples of the watch; answers which samples are late.
 * @param {Random} random @param {ReturnType<typeof measure>} watch @param {readonly string[]} tags
 * @returns {[string, number, number][]}
 */
function spoil(random, watch, tags) {
  const counters = Object.keys(watch).filter((name) => name.endsWith('_total'));
  if (tags.includes('reset')) {
    const from = random.whole(10, WATCH_TICKS - 10);
    // The process that restarts counts from zero; what it had counted since the last sample is lost.
    for (const name of counters) {
      const before = Number(watch[name][from]);
      watch[name] = watch[name].map((value, tick) => (tick < from ? value : Number(value) - before));
    }
  }
  if (tags.includes('absent'))
    for (const name of [...counters.filter((one) => !one.startsWith('pos')), 'checkout_latency_bucket'])
      watch[name] = watch[name].map(() => null);
  if (tags.includes('missing')) {
    const from = random.whole(10, WATCH_TICKS - 70);
    const length = random.chance(0.4) ? random.whole(20, 50) : 0;
    const lost = random.between(0.02, 0.08);
    for (const name of Object.keys(watch))
      watch[name] = watch[name].map((value, tick) =>
        (tick >= from && tick < from + length) || random.chance(lost) ? null : value,
      );
  }
  if (!tags.includes('late')) return [];
  return Array.from({ length: random.whole(15, 35) }, () => {
    const tick = random.whole(5, WATCH_TICKS - 6);
    return /** @type {[string, number, number]} */ ([
      random.oneOf(Object.keys(watch)),
      tick,
      tick + random.whole(1, 4),
    ]);
  })
    .sort((a, b) => a[1] - b[1])
    .filter((one, i, all) => all.findIndex((other) => other[0] === one[0] && other[1] === one[1]) === i);
}

/**
 * Rough information that the watch holds against a tolerated release: expected log likelihood ratios from the known parameters.
 * @param {ReturnType<typeof makeShop>} shop @param {{ failures: number; latency: number }} noise @param {ReturnType<typeof weatherOf>} weather
 * @param {number | null} share @param {ReturnType<typeof effectOf>} effect @param {(tick: number) => Record<string, number>} changeAt
 */
function nats(shop, noise, weather, share, effect, changeAt) {
  const perTick = ((shop.ordersPerMinute * INTERVAL_SEC) / 60) * (share ?? 1);
  const correlated = 9;
  let sum = 0;
  let variance = 1;
  for (let tick = effect.onsetTick; tick < weather.length; tick++) {
    const orders = perTick * weather[tick].load;
    const size = changeAt(tick)[effect.parameter];
    switch (effect.parameter) {
      case 'order':
      case 'http':
      case 'pos': {
        const rate = {
          order: shop.orderFailures,
          http: shop.httpErrors * shop.requestsPerOrder,
          pos: shop.posErrors * shop.posPerOrder,
        }[effect.parameter];
        const expected = orders * rate;
        const tolerated = share === null ? TOLERATED.history : TOLERATED.control;
        if (share === null) variance = Math.max(variance, 1 + expected * noise.failures ** 2 * correlated);
        if (size > tolerated) sum += countNats(expected, size, tolerated, share);
        break;
      }
      case 'lat':
      case 'tail': {
        const [usual, worse] = [
          sharesOf(shop, Math.exp(TOLERATED.latency), 0),
          sharesOf(shop, effect.parameter === 'lat' ? size : 1, effect.parameter === 'tail' ? size : 0),
        ];
        const each = worse.reduce((total, p, i) => total + (p > 0 ? p * Math.log(p / Math.max(usual[i], 1e-9)) : 0), 0);
        if (share === null)
          variance = Math.max(variance, 1 + (orders * noise.latency ** 2 * correlated) / shop.latencySpread ** 2);
        if (effect.parameter === 'tail' || Math.log(size) > TOLERATED.latency)
          sum += orders * each * (share === null ? 1 : 1 - share);
        break;
      }
      default: {
        const spread =
          effect.parameter === 'lock' ? 0.3 : Math.hypot(shop.stockSpread, 0.42 / Math.sqrt(Math.max(1, orders)));
        const longRun =
          spread ** 2 * (effect.parameter === 'lock' ? 2 : 1) +
          (share === null ? (noise.latency * 0.5) ** 2 * correlated : 0);
        const beyond = Math.max(0, Math.log(size) - TOLERATED.latency);
        sum += (Math.min(1, orders) * beyond ** 2) / (2 * longRun * (share === null ? 1 : 2));
      }
    }
  }
  return sum / variance;
}

/** @param {number} expected @param {number} size @param {number} tolerated @param {number | null} share */
function countNats(expected, size, tolerated, share) {
  if (share === null) return expected * (size * Math.log(size / tolerated) - size + tolerated);
  const odds = share / (1 - share);
  const part = (/** @type {number} */ ratio) => (ratio * odds) / (ratio * odds + 1);
  const [usual, worse] = [part(tolerated), part(size)];
  return expected * (size * Math.log(worse / usual) + (1 / odds) * Math.log((1 - worse) / (1 - usual)));
}

/** @param {number} value to three digits */
function rounded(value) {
  return Number(value.toPrecision(3));
}
