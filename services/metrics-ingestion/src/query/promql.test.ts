import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  dueAtMs,
  eachInstant,
  fresh,
  instantsAfter,
  instantsIn,
  newestInstant,
  POINTS_MAX,
  windowed,
} from './promql.js';

describe('a query', () => {
  it.each([
    ['sum(increase(a[$window]))', 60_000, 'sum(increase(a[60s]))'],
    ['increase(a[$window]) / increase(b[$window])', 500, 'increase(a[500ms]) / increase(b[500ms])'],
    ['sum(a)', 60_000, 'sum(a)'],
  ])('%s over %d ms', (query, windowMs, asked) => {
    expect(windowed(query, windowMs)).toBe(asked);
  });

  it.each([
    'up',
    ' job:errors:ratio ',
    'up{job="odoo"}',
    'up{job="a}b", path=~"\\"{.*"}',
    "up{job='a}b'}",
    'up{job=`a}b`}',
    '{__name__="up", job="odoo"}',
  ])('that is a selector is asked with its age: %s', (query) => {
    expect(fresh(query, 30_000)).toBe(`(${query}) and (timestamp(${query}) >= time() - 30)`);
  });

  it.each(['sum(up)', 'up + 1', 'up[1m]', 'up offset 5m', 'a or b', 'up{job="odoo"} > 1', '{}', '1'])(
    'that calculates is asked as it is: %s',
    (query) => {
      expect(fresh(query, 30_000)).toBe(query);
    },
  );
});

describe('instants', () => {
  it('the newest one is long enough ago that asking twice gives the same, and the same for whoever asks', () => {
    expect(newestInstant(100_000, 15_000, 10_000)).toBe(80_000);
    expect(newestInstant(109_999, 15_000, 10_000)).toBe(80_000);
    expect(newestInstant(110_000, 15_000, 10_000)).toBe(90_000);
  });

  it('the next can be asked about exactly when it becomes the newest', () => {
    const whole = (max: number) => fc.integer({ min: 1_000, max });
    fc.assert(
      fc.property(whole(10_000_000), whole(60_000), whole(300_000), (askedMs, scrapeMs, everyMs) => {
        const dueMs = dueAtMs(askedMs, scrapeMs, everyMs);
        expect(newestInstant(dueMs, scrapeMs, everyMs)).toBeGreaterThan(askedMs);
        expect(newestInstant(dueMs - 1, scrapeMs, everyMs)).toBeLessThanOrEqual(askedMs);
      }),
    );
  });

  it('go on at the next multiple where the interval was changed, up to the newest', () => {
    expect(instantsAfter(105_000, 240_000, 60_000, 300)).toEqual({ fromMs: 120_000, toMs: 240_000, stepMs: 60_000 });
  });

  it('are never more than can be answered at once', () => {
    expect(instantsIn(instantsAfter(0, 100_000, 1, 100_000))).toBe(POINTS_MAX);
  });

  it('after one that was asked follow all others, once each, in parts that can be answered', () => {
    const input = fc.record({ asked: fc.nat(1_000), due: fc.nat(2_000), most: fc.integer({ min: 1, max: 500 }) });
    fc.assert(
      fc.property(input, ({ asked, due, most }) => {
        const seen: number[] = [];
        for (let at = asked; at < due; ) {
          const part = instantsAfter(at, due, 1, most);
          expect(instantsIn(part)).toBeLessThanOrEqual(most);
          seen.push(...eachInstant(part));
          at = part.toMs;
        }
        expect(seen).toEqual(Array.from({ length: Math.max(0, due - asked) }, (_, i) => asked + 1 + i));
      }),
    );
  });
});
