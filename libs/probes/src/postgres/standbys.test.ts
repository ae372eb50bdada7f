import { describe, expect, it } from '@jest/globals';
import { StandbyWatch, type StandbyReading } from './standbys.js';

const at = (lagS: number | null, replayed: number, written: number): StandbyReading => ({
  standby: 'one',
  lagS,
  replayed,
  written,
});

/** Readings a minute apart, and what is said of each. */
function said(...readings: readonly (StandbyReading | null)[]): readonly (number | null | undefined)[] {
  const watch = new StandbyWatch();
  return readings.map((reading, i) => watch.lags(reading === null ? [] : [reading], i * 60_000).get('one'));
}

describe('the lag of a standby', () => {
  it.each<[string, readonly (StandbyReading | null)[], readonly (number | null | undefined)[]]>([
    ['is nothing where all is replayed, whatever was measured before', [at(7, 100, 100), at(null, 100, 100)], [0, 0]],
    ['is what the primary measures while the standby moves', [at(0.2, 90, 100), at(0.3, 190, 200)], [0.2, 0.3]],
    ['is not known from one reading where the primary measures nothing', [at(null, 90, 100)], [null]],
    [
      'is at least the time since a position was seen that is not replayed yet',
      [at(0, 90, 100), at(0, 90, 150), at(0, 95, 200)],
      [0, 60, 120],
    ],
    ['is the larger of both', [at(0, 90, 100), at(300, 95, 150)], [0, 300]],
    ['is that of the primary again once the position is replayed', [at(0, 90, 100), at(1, 100, 150)], [0, 1]],
    ['begins anew with a standby that was gone', [at(0, 90, 100), null, at(0, 90, 100)], [0, undefined, 0]],
  ])('%s', (_, readings, lags) => {
    expect(said(...readings)).toEqual(lags);
  });

  it('is told of each standby for itself', () => {
    const watch = new StandbyWatch();
    const both = (a: number, b: number) => [
      { standby: 'a', lagS: null, replayed: a, written: 100 },
      { standby: 'b', lagS: null, replayed: b, written: 100 },
    ];
    watch.lags(both(100, 50), 0);
    expect([...watch.lags(both(100, 50), 30_000)]).toEqual([
      ['a', 0],
      ['b', 30],
    ]);
  });
});
