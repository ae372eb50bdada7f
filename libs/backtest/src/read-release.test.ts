import { describe, expect, it } from '@jest/globals';
import { record, recordWatching, steadyWindow, TICKS } from '../testing/record.js';
import { readRelease } from './read-release.js';

describe('a recorded release', () => {
  it('is read as it stands', () => {
    const read = readRelease(record({ late: [['failed', 3, 5]] }));
    expect(read).toMatchObject({
      release: {
        id: 'r1',
        intervalMs: 15_000,
        mode: 'historical',
        loadSeries: 'orders',
        series: { control: null },
        late: [{ series: 'failed', tick: 3, arrivesAtTick: 5 }],
      },
    });
  });

  it('may lack samples, a series, a window of history and the list of late samples', () => {
    const { failed: _, ...others } = steadyWindow() as { failed: number[] };
    const lost = Array.from({ length: TICKS }, () => null);
    const read = readRelease(
      record({ series: { pre: others, watch: { ...steadyWindow(), orders: lost } }, late: undefined }),
    );
    expect(read).toMatchObject({
      release: { series: { pre: { failed: lost }, lastWeek: {}, watch: { orders: lost } }, late: [] },
    });
  });

  it.each<[string, Record<string, unknown> | unknown[] | null, string]>([
    ['no object', [], ''],
    ['no release', null, ''],
    ['an id that is no text', record({ id: 7 }), '/id'],
    ['an interval of nothing', record({ intervalSec: 0 }), '/intervalSec'],
    ['half a tick', record({ watchTicks: 1.5 }), '/watchTicks'],
    ['more ticks than anybody records', record({ preTicks: 1e9 }), '/preTicks'],
    ['a mode of another word', record({ mode: 'canary' }), '/mode'],
    ['bounds out of order', record({ bucketBounds: [0.5, 0.1] }), '/bucketBounds'],
    ['no guardrails', record({ guardrails: [] }), '/guardrails'],
    ['a guardrail of another kind', record({ guardrails: [{ id: 'a', kind: 'mean' }] }), '/guardrails/0/kind'],
    ['a guardrail without its series', record({ guardrails: [{ id: 'a', kind: 'gauge' }] }), '/guardrails/0/value'],
    [
      'two guardrails of an id',
      record({
        guardrails: [
          { id: 'a', kind: 'gauge', value: 'wait' },
          { id: 'a', kind: 'gauge', value: 'wait' },
        ],
      }),
      '/guardrails',
    ],
    ['no series', record({ series: null }), '/series'],
    ['no watch', record({ series: {} }), '/series/watch'],
    ['a part without the rest', record({ mode: 'concurrent', canaryShare: 0.1 }), '/series/control'],
    ['a part of unknown size', record({ mode: 'concurrent', canaryShare: null }), '/canaryShare'],
    ['too few values', recordWatching({ failed: [1, 2] }), '/series/watch/failed'],
    ['a value that is no number', recordWatching({ wait: Array(TICKS).fill('30') }), '/series/watch/wait/0'],
    [
      'buckets that do not fit the bounds',
      recordWatching({ buckets: Array(TICKS).fill([1, 2]) }),
      '/series/watch/buckets/0',
    ],
    ['counts below zero', recordWatching({ buckets: Array(TICKS).fill([1, -2, 3]) }), '/series/watch/buckets/0'],
    ['a load that nobody recorded', record({ loadSeries: 'visits' }), '/loadSeries'],
    ['a late sample of nothing', record({ late: [['visits', 1, 2]] }), '/late/0'],
    ['a late sample that comes early', record({ late: [['failed', 3, 2]] }), '/late/0'],
    ['a late sample outside the watch', record({ late: [['failed', TICKS, TICKS + 1]] }), '/late/0'],
  ])('is refused with %s', (_what, json, field) => {
    const read = readRelease(json);
    expect('faults' in read ? read.faults.map((fault) => fault.field) : []).toContain(field);
  });

  it('tells everything that is wrong at once', () => {
    const read = readRelease(record({ id: '', mode: 'x', loadSeries: 'visits' }));
    expect('faults' in read ? read.faults.map((fault) => fault.field) : []).toEqual(['/id', '/mode', '/loadSeries']);
  });
});
