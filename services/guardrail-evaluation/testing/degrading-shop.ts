import type { SignalBatch } from '@parapet/contracts';
import type { Guardrail, GuardrailPolicy } from '@parapet/guardrails';
import type { Sample, SampleValue } from '@parapet/signals';
import { MINUTE, POLICY, TENANT } from './shop.js';

/** A shop that trades as usual for half an hour, gets a release, and then gets slower and loses orders; the same for the same seed. */

export const SECONDS = 200;
const HISTORY_MINUTES = 30;
/** How long after the release it gets worse. */
const WORSE_AFTER = 90;
const BOUNDS = [0.1, 0.3, 1, 3];

const every = { where: {}, weight: 1, isRequired: true, staleAfterMs: 20 * MINUTE } as const;
const against = { against: 'baseline', windows: ['before', 'same-hours'] } as const;
const GUARDRAILS: readonly Guardrail[] = [
  {
    ...every,
    name: 'order-success',
    signal: 'shop.orders',
    mode: 'act',
    test: { kind: 'proportion', ...against, worseBy: 0.1, unacceptable: 3 },
  },
  {
    ...every,
    name: 'checkout-latency',
    signal: 'checkout.latency',
    mode: 'propose',
    test: { kind: 'histogram', ...against, worseBy: 0.05, unacceptable: 2 },
  },
  {
    ...every,
    name: 'picking-queue',
    signal: 'picking.queue',
    mode: 'propose',
    test: { kind: 'gauge', transform: 'log', ...against, worseBy: 0.1, unacceptable: 3 },
  },
  {
    ...every,
    name: 'payment-budget',
    signal: 'shop.payments',
    mode: 'propose',
    isRequired: false,
    test: {
      kind: 'burn-rate',
      objective: 0.99,
      rows: [{ longMs: 2 * MINUTE, shortMs: MINUTE / 2, factor: 10 }],
      badMin: 3,
      scope: 'release',
    },
  },
];

/** Four guardrails of four kinds, each on a signal of its own; payments are a counter, of which nothing may be forgotten. */
export const SHOP_POLICY: GuardrailPolicy = {
  ...POLICY,
  durationMs: 60 * MINUTE,
  baselineMs: HISTORY_MINUTES * MINUTE,
  guardrails: GUARDRAILS,
};

/** A number below 1, and the next; the same for the same seed (mulberry32). */
export function chanceOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Half an hour of usual trade up to the release, a message a minute. */
export function usualTrade(seed: number, environment: string, startMs: number): readonly SignalBatch[] {
  const chance = chanceOf(seed);
  return Array.from({ length: HISTORY_MINUTES }, (_, i) => {
    const minuteMs = startMs - (HISTORY_MINUTES - i) * MINUTE;
    const samples = [10, 30, 50].flatMap((second) => momentOf(chance, minuteMs + second * 1000, startMs));
    return batchOf(environment, `usual ${i}`, samples);
  });
}

/** What is heard of the release, a message a second. */
export function degradingTrade(seed: number, environment: string, startMs: number): readonly SignalBatch[] {
  const chance = chanceOf(seed + 1);
  return Array.from({ length: SECONDS }, (_, i) => {
    const samples = momentOf(chance, startMs + (i + 1) * 1000, startMs);
    return batchOf(environment, `second ${i}`, samples);
  });
}

function momentOf(chance: () => number, atMs: number, startMs: number): readonly Sample[] {
  const worseForMs = Math.max(0, atMs - startMs - WORSE_AFTER * 1000);
  const isWorse = worseForMs > 0;
  const payments = (50 * (atMs - startMs + 2 * HISTORY_MINUTES * MINUTE)) / 1000;
  const orders = 40 + Math.floor(chance() * 40);
  const bad = Array.from({ length: orders }, chance).filter((c) => c < (isWorse ? 0.12 : 0.01)).length;
  const slow = isWorse ? 0.45 : 0.15;
  const counts = [0, 0, 0, 0, 0];
  for (let i = 0; i < orders; i++) {
    const place = Math.min(4, Math.floor(-Math.log(1 - chance()) / (1 - slow)));
    counts[place] = (counts[place] as number) + 1;
  }
  const queue = 20 * Math.exp(0.2 * (chance() - 0.5)) * (isWorse ? 1.6 : 1);
  return [
    sampleOf('shop.orders', atMs, { kind: 'count', count: orders - bad, of: orders }),
    sampleOf('checkout.latency', atMs, { kind: 'histogram', bounds: BOUNDS, counts, sum: null }),
    sampleOf('picking.queue', atMs, { kind: 'gauge', value: queue }),
    sampleOf('shop.payments', atMs, {
      kind: 'count',
      count: Math.floor(payments / 200) + (8 * worseForMs) / 1000,
      of: payments,
    }),
  ];
}

function sampleOf(signal: string, atMs: number, value: SampleValue): Sample {
  return { signal, atMs, value, dimensions: {}, key: `${signal}/${atMs}` };
}

function batchOf(environment: string, name: string, samples: readonly Sample[]): SignalBatch {
  const receipt = `${environment} ${name}`;
  return { receipt, part: 1, parts: 1, tenant: TENANT, environment, source: 'shop', samples, alerts: null };
}
