import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fitsText, outsideSeriesOf } from './outside-series-of.js';

describe('a text in which * stands for anything', () => {
  it.each([
    ['500', '500', true],
    ['500', '5000', false],
    ['5*', '503', true],
    ['5*', '5', true],
    ['5*', '250', false],
    ['*5', '205', true],
    ['/shop/*/pay', '/shop/lyon/pay', true],
    ['/shop/*/pay', '/shop/pay', false],
    ['a*a', 'a', false],
    ['*', '', true],
    ['**', 'x', true],
    ['5..', '503', false],
    ['*ab*ab', 'ab', false],
    ['*ab*ab', 'xabyab', true],
  ])('%s and %s: %s', (pattern, text, fits) => {
    expect(fitsText(pattern, text)).toBe(fits);
  });

  it('means what the regular expression .* means', () => {
    const piece = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.'), maxLength: 8 });
    fc.assert(
      fc.property(piece, fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 }), (pattern, text) => {
        const expression = pattern
          .split('*')
          .map((part) => part.replaceAll('.', '\\.'))
          .join('.*');
        expect(fitsText(pattern, text)).toBe(new RegExp(`^${expression}$`, 's').test(text));
      }),
    );
  });
});

it('every declared dimension has a label, its own name where nothing else is said', () => {
  expect(outsideSeriesOf({ metric: 'm', where: { code: '5*' }, dimensions: { store: 'shop_id' } }, ['route'])).toEqual({
    metric: 'm',
    where: { code: ['5*'] },
    of: null,
    dimensions: { route: 'route', store: 'shop_id' },
    bounds: null,
  });
});
