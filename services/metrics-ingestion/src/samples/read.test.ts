import { describe, expect, it } from '@jest/globals';
import type { Sample } from '@parapet/signals';
import { handIn, NOW_MS, plain } from '../../test/outside.js';
import { samplesDoor } from './door.js';

const SAMPLE = { signal: 'shop.carts.open', at: '2026-11-23T09:15:00Z', value: 41 };
const { value: _value, ...BARE } = SAMPLE;
const HISTOGRAM = { bounds: [0.1, 0.3, 1], counts: [5, 9, 2, 0], sum: 4.1 };
const body = (more: object, base: object = SAMPLE) => JSON.stringify({ samples: [SAMPLE, { ...base, ...more }] });
const bare = (more: object) => body(more, BARE);
const ahead = (ms: number) => new Date(NOW_MS + ms).toISOString();

describe('samples that are refused', () => {
  it.each([
    ['a list', '[]', 422, 'invalid', ''],
    ['no samples', '{}', 422, 'invalid', '/samples'],
    ['samples that are an object', '{"samples":{}}', 422, 'invalid', '/samples'],
    ['10 001 of them', JSON.stringify({ samples: Array(10_001).fill(SAMPLE) }), 413, 'too-large', '/samples'],
    ['one that is a number', '{"samples":[41]}', 422, 'invalid', '/samples/0'],
    ['no signal', body({ signal: undefined }), 422, 'invalid', '/samples/1/signal'],
    ['an empty signal', body({ signal: '' }), 422, 'invalid', '/samples/1/signal'],
    ['a signal that is not declared', body({ signal: 'shop.carts.closed' }), 422, 'invalid', '/samples/1/signal'],
    [
      'a signal named like a part of every object',
      body({ signal: 'constructor' }),
      422,
      'invalid',
      '/samples/1/signal',
    ],
    ['no time', body({ at: undefined }), 422, 'invalid', '/samples/1/at'],
    ['year 1', body({ at: '0001-01-01' }), 422, 'invalid', '/samples/1/at'],
    ['a time that is a number', body({ at: 1_763_888_400 }), 422, 'invalid', '/samples/1/at'],
    ['five minutes and a millisecond ahead', body({ at: ahead(300_001) }), 422, 'future', '/samples/1/at'],
    ['no value', bare({}), 422, 'invalid', '/samples/1'],
    ['value and count', body({ count: 1, of: 2 }), 422, 'invalid', '/samples/1'],
    ['value and histogram', body({ histogram: HISTOGRAM }), 422, 'invalid', '/samples/1'],
    ['value with of', body({ of: 2 }), 422, 'invalid', '/samples/1/of'],
    ['of alone', bare({ of: 2 }), 422, 'invalid', '/samples/1'],
    ['count without of', bare({ count: 2 }), 422, 'invalid', '/samples/1/of'],
    ['a value that is a text', body({ value: '41' }), 422, 'invalid', '/samples/1/value'],
    ['infinity in other words', body({ value: 'Infinity' }), 422, 'invalid', '/samples/1/value'],
    ['a value that is true', body({ value: true }), 422, 'invalid', '/samples/1/value'],
    ['a count below zero', bare({ count: -1, of: 2 }), 422, 'invalid', '/samples/1/count'],
    ['of below zero', bare({ count: 1, of: -2 }), 422, 'invalid', '/samples/1/of'],
    ['a histogram that is a list', bare({ histogram: [] }), 422, 'invalid', '/samples/1/histogram'],
    ['no bounds', bare({ histogram: { counts: [1] } }), 422, 'invalid', '/samples/1/histogram/bounds'],
    [
      'bounds that do not rise',
      bare({ histogram: { ...HISTOGRAM, bounds: [0.1, 0.1, 1] } }),
      422,
      'invalid',
      '/samples/1/histogram/bounds/1',
    ],
    [
      'an infinite bound',
      bare({ histogram: { ...HISTOGRAM, bounds: [0.1, 0.3, '+Inf'] } }),
      422,
      'invalid',
      '/samples/1/histogram/bounds/2',
    ],
    [
      'as many counts as bounds',
      bare({ histogram: { ...HISTOGRAM, counts: [5, 9, 2] } }),
      422,
      'invalid',
      '/samples/1/histogram/counts',
    ],
    [
      'a bucket below zero',
      bare({ histogram: { ...HISTOGRAM, counts: [5, -9, 2, 0] } }),
      422,
      'invalid',
      '/samples/1/histogram/counts/1',
    ],
    [
      'a sum that is a text',
      bare({ histogram: { ...HISTOGRAM, sum: '4.1' } }),
      422,
      'invalid',
      '/samples/1/histogram/sum',
    ],
    ['a gap of no known reason', bare({ gap: 'lunch' }), 422, 'invalid', '/samples/1/gap'],
    ['dimensions as a list', body({ dimensions: [] }), 422, 'invalid', '/samples/1/dimensions'],
    ['a dimension that is a number', body({ dimensions: { store: 2 } }), 422, 'invalid', '/samples/1/dimensions/store'],
    [
      'a dimension that is not declared',
      body({ dimensions: { cashier: 'till-7' } }),
      422,
      'invalid',
      '/samples/1/dimensions/cashier',
    ],
    [
      'an environment of somebody else',
      body({ dimensions: { environment: 'qa' } }),
      422,
      'invalid',
      '/samples/1/dimensions/environment',
    ],
    ['an arm that is neither', body({ dimensions: { arm: 'control' } }), 422, 'invalid', '/samples/1/dimensions/arm'],
    ['an empty key', body({ key: '' }), 422, 'invalid', '/samples/1/key'],
    ['a key without end', body({ key: 'k'.repeat(1_025) }), 422, 'invalid', '/samples/1/key'],
  ])('%s', (_, text, status, code, field) => {
    const { refusal } = handIn(samplesDoor(), text);
    expect({ status: refusal?.status, code: refusal?.code, field: refusal?.field }).toEqual({ status, code, field });
  });
});

describe('samples that are taken', () => {
  const taken = (text: string): readonly Sample[] =>
    (handIn(samplesDoor(), text).taken?.batches ?? []).flatMap((batch) => batch.samples);

  it.each([
    ['a number', body({ value: 41.5 }), { kind: 'gauge', value: 41.5 }],
    ['zero', body({ value: 0 }), { kind: 'gauge', value: 0 }],
    ['a number below zero', body({ value: -3 }), { kind: 'gauge', value: -3 }],
    ['no number: a gap', body({ value: 'NaN' }), { kind: 'gap', reason: 'not-a-number' }],
    ['infinite: a gap', body({ value: '+Inf' }), { kind: 'gap', reason: 'not-finite' }],
    ['infinite below: a gap', body({ value: '-Inf' }), { kind: 'gap', reason: 'not-finite' }],
    [
      'beyond a double: a gap',
      body({}).replace(/"value":41}\]/, '"value":1e999}]'),
      { kind: 'gap', reason: 'not-finite' },
    ],
    ['a count', bare({ count: 3, of: 812 }), { kind: 'count', count: 3, of: 812 }],
    ['a count of nothing', bare({ count: 0, of: 0 }), { kind: 'count', count: 0, of: 0 }],
    ['a count of no number: a gap', bare({ count: 'NaN', of: 812 }), { kind: 'gap', reason: 'not-a-number' }],
    ['a count of infinitely many: a gap', bare({ count: 3, of: '+Inf' }), { kind: 'gap', reason: 'not-finite' }],
    ['a histogram', bare({ histogram: HISTOGRAM }), { kind: 'histogram', ...HISTOGRAM }],
    [
      'a histogram without sum',
      bare({ histogram: { bounds: [], counts: [3] } }),
      { kind: 'histogram', bounds: [], counts: [3], sum: null },
    ],
    [
      'a histogram with a bucket of no number: a gap',
      bare({ histogram: { bounds: [1], counts: [1, 'NaN'] } }),
      { kind: 'gap', reason: 'not-a-number' },
    ],
    ['a gap with its reason', bare({ gap: 'unreachable' }), { kind: 'gap', reason: 'unreachable' }],
  ])('%s', (_, text, value) => {
    expect(handIn(samplesDoor(), text).refusal).toBeNull();
    expect(plain(taken(text)[1]?.value)).toEqual(value);
  });

  it('an empty list stores nothing', () => {
    expect(handIn(samplesDoor(), '{"samples":[]}').taken).toEqual({ batches: [], records: [] });
  });

  it('a signal that a probe would bring along', () => {
    const [, sample] = taken(
      body({ signal: 'odoo.pos.sync.delay', dimensions: { company: '1', till: '7', store: 'lyon-2' } }),
    );
    expect(sample).toMatchObject({
      signal: 'odoo.pos.sync.delay',
      dimensions: { company: '1', till: '7', store: 'lyon-2' },
    });
  });

  it('up to five minutes ahead, and however late', () => {
    expect(taken(body({ at: ahead(300_000) }))[1]?.atMs).toBe(NOW_MS + 300_000);
    expect(taken(body({ at: '2020-01-01T00:00:00Z' }))[1]?.atMs).toBe(Date.parse('2020-01-01T00:00:00Z'));
  });

  it('to the environment that it names, else to the first; each batch without the name', () => {
    const text = JSON.stringify({
      samples: [
        { ...SAMPLE, dimensions: { environment: 'staging', till: '1' } },
        { ...SAMPLE, dimensions: { till: '2' } },
        { ...SAMPLE, dimensions: { environment: 'staging', till: '3', arm: 'canary' } },
      ],
    });
    const batches = handIn(samplesDoor(), text).taken?.batches ?? [];
    expect(
      plain(
        batches.map(({ environment, samples, alerts }) => [environment, samples.map((one) => one.dimensions), alerts]),
      ),
    ).toEqual([
      ['production', [{ till: '2' }], null],
      ['staging', [{ till: '1' }, { till: '3', arm: 'canary' }], null],
    ]);
  });

  it('the key is the sender’s, else signal, dimensions in any order, and time', () => {
    const key = (more: object) => taken(body(more))[1]?.key;
    expect(key({ key: 'lyon-2/09:15' })).toBe('lyon-2/09:15');
    const said = { store: 'lyon-2', till: '7' };
    const swapped = { till: '7', store: 'lyon-2' };
    expect(key({ dimensions: said })).toBe(key({ dimensions: swapped }));
    const keys = [
      key({}),
      key({ dimensions: said }),
      key({ dimensions: { till: '7' } }),
      key({ at: ahead(0) }),
      key({ signal: 'odoo.pos.orders' }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(key({ at: '2026-11-23T10:15:00+01:00' })).toBe(key({}));
  });

  it('marks a sample whose text could not be kept', () => {
    const [whole, marked] = taken(body({ dimensions: { store: 'lyon\u0000' } }));
    expect([whole?.isAltered, marked?.isAltered, marked?.dimensions['store']]).toEqual([undefined, true, 'lyon\uFFFD']);
  });
});

describe('more series than a signal may have', () => {
  it('are refused with their message, and those that are known go on', () => {
    const door = samplesDoor();
    const tills = (from: number, n: number) =>
      JSON.stringify({
        samples: Array.from({ length: n }, (_, i) => ({ ...SAMPLE, dimensions: { till: `${from + i}` } })),
      });
    expect(handIn(door, tills(0, 10_000)).refusal).toBeNull();
    expect(handIn(door, tills(10_000, 10_000)).refusal).toBeNull();
    expect(handIn(door, tills(19_999, 2)).refusal).toMatchObject({
      status: 422,
      field: '/samples/1/dimensions',
      detail: expect.stringContaining('one series more than the 20000 that shop.carts.open may have'),
    });
    expect(handIn(door, tills(19_990, 10)).refusal).toBeNull();
  });
});
