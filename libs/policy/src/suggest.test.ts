import { describe, expect, it } from '@jest/globals';
import { listed, nearest } from './suggest.js';

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

describe('a list for a message', () => {
  it('names everything where that is little', () => {
    expect(listed('b', ['a', 'b', 'a'])).toBe('a, b');
  });

  it('names what looks most like what was written where there is much', () => {
    const many = Array.from({ length: 90 }, (_, i) => `odoo.signal.number-${i}`);
    const text = listed('odoo.order.sucess', [...many, 'odoo.order.success', 'odoo.order.confirmed']);
    expect(text.split(', ')).toHaveLength(13);
    expect(text).toMatch(/^odoo\.order\.success, .*, …$/);
  });
});
