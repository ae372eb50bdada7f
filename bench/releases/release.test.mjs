import { describe, expect, it } from '@jest/globals';
import { readLabels, readRelease } from '@parapet/backtest';
import { makeRelease } from './release.mjs';

const SHARES = { good: 0.3, undecidable: 0.2 };
const SOME = Array.from({ length: 30 }, (_, number) => makeRelease(5, number, SHARES));

describe('a release made to order', () => {
  it('is the same for the same seed and number, and another for another', () => {
    const text = (/** @type {number} */ seed, /** @type {number} */ number) =>
      JSON.stringify(makeRelease(seed, number, SHARES).release.series);
    const one = JSON.stringify(SOME[7]?.release.series);
    expect(text(5, 7) === one).toBe(true);
    expect(text(6, 7) === one).toBe(false);
    expect(text(5, 8) === one).toBe(false);
  });

  it('is one that can be read, and says nothing of the truth', () => {
    for (const { release } of SOME) {
      expect(readRelease(JSON.parse(JSON.stringify(release)))).toMatchObject({ release: { id: release.id } });
      expect(Object.keys(release)).not.toEqual(expect.arrayContaining(['truth']));
    }
  });

  it('has a label that can be read, with all there is to know', () => {
    const read = readLabels(SOME.map(({ label }) => label));
    if ('faults' in read) throw new Error(JSON.stringify(read.faults));
    const kinds = (/** @type {'truth' | 'mode' | 'noise'} */ field) => new Set(read.value.map((label) => label[field]));
    expect(kinds('truth')).toEqual(new Set(['good', 'degraded', 'undecidable']));
    expect(kinds('mode')).toEqual(new Set(['historical', 'concurrent']));
    expect(kinds('noise')).toEqual(new Set(['iid', 'mild', 'strong']));
    for (const { truth, effects, onsetTick } of read.value) {
      expect(effects.length).toBe(truth === 'degraded' ? 1 : 0);
      expect(onsetTick === null).toBe(truth !== 'degraded');
    }
  });

  it('changes what its label says, as much as it says', () => {
    // Ten times the failed orders from the beginning on, at 178 orders a minute.
    const { release, label } = SOME[0] ?? makeRelease(5, 0, SHARES);
    expect(label).toMatchObject({ onsetTick: 0, effects: [{ parameter: 'order', size: 10, rampTicks: 0 }] });
    const failed = (/** @type {readonly (number | null)[]} */ values) =>
      values.map((value, i) => (i === 0 ? 0 : Math.max(0, Number(value) - Number(values[i - 1]))));
    const rate = (/** @type {number} */ from, /** @type {number} */ to) => {
      const sum = (/** @type {string} */ name) =>
        failed(/** @type {number[]} */ (release.series.watch[name]))
          .slice(from, to)
          .reduce((all, one) => all + one, 0);
      return sum('orders_failed_total') / sum('orders_total');
    };
    const usual = release.series.pre;
    const before =
      (Number(usual.orders_failed_total.at(-1)) - Number(usual.orders_failed_total[0])) /
      (Number(usual.orders_total.at(-1)) - Number(usual.orders_total[0]));
    expect(rate(1, 240) / before).toBeGreaterThan(8);
  });
});
