import { beforeEach, describe, expect, it } from '@jest/globals';
import type { SignalBatch } from '@parapet/contracts';
import { MINUTE_MS, type Sample, type SignalDeclaration } from '@parapet/signals';
import { CONFIGURATION, ENVIRONMENT, TENANT } from '../../testing/shop.js';
import { environmentIn, type Environment } from '../environment.js';
import { foldBatch } from '../fold.js';
import { Writes } from '../writes.js';

const NOW_MS = Date.parse('2026-11-23T12:00:00Z');
const DAY_MS = 86_400_000;

const declared = (name: string, temporality: SignalDeclaration['temporality']) => ({
  name,
  unit: 'orders',
  badDirection: 'low' as const,
  temporality,
  dimensions: [],
  intervalMs: MINUTE_MS,
  latenessMs: 4 * MINUTE_MS,
});
const configuration = {
  ...CONFIGURATION,
  signalSources: CONFIGURATION.signalSources.map((source) => ({
    ...source,
    signals: [declared('orders', 'delta'), declared('visits', 'cumulative')],
  })),
};

const sample = (signal: string, minutesAgo: number, count: number, of = 100): Sample => ({
  signal,
  atMs: NOW_MS - minutesAgo * MINUTE_MS,
  value: { kind: 'count', count, of },
  dimensions: { store: 'lyon' },
  key: `${signal}@${minutesAgo}`,
});

let environment: Environment;
let ignored: string[];
let writes: Writes;

beforeEach(() => {
  environment = environmentIn({ environments: new Map(), position: 0, clockMs: 0 }, TENANT, ENVIRONMENT);
  ignored = [];
  writes = new Writes();
});

function fold(samples: readonly Sample[], isHistory = true): void {
  const batch: SignalBatch = {
    receipt: 'rcp_1',
    part: 1,
    parts: 1,
    tenant: TENANT,
    environment: ENVIRONMENT,
    source: 'shop',
    samples,
    alerts: null,
    ...(isHistory ? { isHistory } : {}),
  };
  const around = { configuration, publicUrl: '', onIgnored: (_: string, why: string) => void ignored.push(why) };
  foldBatch(around, environment, batch, NOW_MS, { clockMs: NOW_MS, trace: undefined }, writes);
}

/** What is written to history: how long ago, and what was counted. */
const kept = () =>
  writes.rollUps().map(({ rollUp }) => [(NOW_MS - rollUp.minuteMs) / MINUTE_MS, rollUp.count, rollUp.of]);

describe('samples of the past', () => {
  it('become the minutes of history that they speak of', () => {
    fold([sample('orders', 3, 1), sample('orders', 2, 2)]);
    expect(kept()).toEqual([
      [4, 1, 100],
      [3, 2, 100],
    ]);
  });

  it('sent again, in whole or in part and however often, count once', () => {
    fold([sample('orders', 3, 1), sample('orders', 2, 2)]);
    fold([sample('orders', 3, 1), sample('orders', 2, 2)]);
    fold([sample('orders', 2, 2), sample('orders', 1, 4)]);
    expect(kept()).toEqual([
      [4, 1, 100],
      [3, 2, 100],
      [2, 4, 100],
    ]);
    expect(ignored).toEqual(['repeated', 'repeated', 'repeated']);
  });

  it('of counters are differenced among themselves, and a reset leaves a gap', () => {
    fold([sample('visits', 4, 10, 50), sample('visits', 3, 12, 80), sample('visits', 2, 1, 90)]);
    expect(kept()).toEqual([[4, 2, 30]]);
    expect(ignored).toEqual(['reset']);
  });

  it('leave the present alone: a live counter goes on from its own last value, and live samples repeat as ever', () => {
    fold([sample('visits', 1, 1_000, 2_000)], false);
    fold([sample('visits', 9, 10, 50), sample('visits', 8, 12, 80)]);
    fold([sample('visits', 0, 1_001, 2_003)], false);
    expect(kept()).toEqual([
      [9, 2, 30],
      [1, 1, 3],
    ]);
  });

  it('older than history is kept are taken and not written', () => {
    fold([{ ...sample('orders', 0, 1), atMs: NOW_MS - 36 * DAY_MS }]);
    expect(kept()).toEqual([]);
  });

  it('of a signal that nobody declares are ignored', () => {
    fold([sample('unknown', 3, 1)]);
    expect([kept(), ignored]).toEqual([[], ['undeclared']]);
  });

  it('that are gaps leave no trace', () => {
    fold([{ ...sample('orders', 3, 1), value: { kind: 'gap', reason: 'no-series' } }, sample('orders', 2, 2)]);
    expect(kept()).toEqual([[3, 2, 100]]);
  });
});
