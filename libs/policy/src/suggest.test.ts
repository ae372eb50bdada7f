import { describe, expect, it } from '@jest/globals';
import { nearest } from './suggest.js';

describe('a mistyped word', () => {
  it.each([
    ['treshold', ['threshold', 'proportion'], 'threshold'],
    ['agianst', ['against', 'kind'], 'against'],
    ['WorkLoad', ['Tenant', 'Workload'], 'Workload'],
    ['mode', ['code', 'mode'], 'mode'],
    ['prod', ['production', 'staging'], null],
    ['x', ['observe', 'act'], null],
    ['anything', [], null],
  ])('%s of %j is taken for %s', (word, candidates, expected) => {
    expect(nearest(word, candidates)).toBe(expected);
  });
});
