import { expect, test } from '@jest/globals';
import { streamSizesOf } from './streams.js';

test.each([
  ['nothing set', {}, {}],
  ['empty texts', { PARAPET_SIGNALS_GIB: '', PARAPET_EVENTS_GIB: '', PARAPET_STREAM_REPLICAS: '' }, {}],
  ['a larger store of signals', { PARAPET_SIGNALS_GIB: '20' }, { signalsBytesMax: 20 * 1024 ** 3 }],
  ['half a GiB of events', { PARAPET_EVENTS_GIB: '0.5' }, { eventsBytesMax: 1024 ** 3 / 2 }],
  ['a cluster of three', { PARAPET_STREAM_REPLICAS: '3' }, { replicas: 3 }],
])('%s', (_, environment, sizes) => {
  expect(streamSizesOf(environment)).toEqual(sizes);
});

test.each([
  [{ PARAPET_SIGNALS_GIB: 'much' }, 'PARAPET_SIGNALS_GIB is "much": a size in GiB above 0'],
  [{ PARAPET_SIGNALS_GIB: '0' }, 'PARAPET_SIGNALS_GIB is "0"'],
  [{ PARAPET_EVENTS_GIB: '-1' }, 'PARAPET_EVENTS_GIB is "-1"'],
  [{ PARAPET_STREAM_REPLICAS: '2' }, 'PARAPET_STREAM_REPLICAS is "2": 1, or 3 or 5 in a cluster'],
])('%j is refused in one sentence', (environment, sentence) => {
  expect(() => streamSizesOf(environment)).toThrow(sentence);
});
