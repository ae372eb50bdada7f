import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from './json.js';

/** The example of RFC 8785, 3.2.2 and 3.2.3, and the text it must become. */
const RFC_INPUT = String.raw`{
  "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
  "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
  "literals": [null, true, false]
}`;
const RFC_OUTPUT = String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`;

describe('canonicalJson as RFC 8785 has it', () => {
  test('its example', () => {
    expect(canonicalJson(JSON.parse(RFC_INPUT))).toBe(RFC_OUTPUT);
  });

  test('members are sorted by UTF-16 code units, not by code points nor by letters', () => {
    const record = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\u{1f600}': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };
    // Read from the text: an object parsed from it would put keys that look like an index first.
    expect(canonicalJson(record).match(/(?<=:")[^"]+/g)).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
    expect(canonicalJson({ b: 0, a: 0, B: 0, ä: 0, '10': 0, '9': 0, '': 0 })).toBe(
      '{"":0,"10":0,"9":0,"B":0,"a":0,"b":0,"ä":0}',
    );
  });

  test.each([
    [0, '0'],
    [-0, '0'],
    [1, '1'],
    [-1.5, '-1.5'],
    [Number.MIN_VALUE, '5e-324'],
    [Number.MAX_VALUE, '1.7976931348623157e+308'],
    [2 ** 53, '9007199254740992'],
    [295147905179352830000, '295147905179352830000'],
    [1e21, '1e+21'],
    [9.999999999999997e22, '9.999999999999997e+22'],
    [0.000001, '0.000001'],
    [1e-7, '1e-7'],
    [333333333.33333325, '333333333.33333325'],
    [1424953923781206.25, '1424953923781206.2'],
  ])('the number %d is written %s', (number, text) => {
    expect(canonicalJson(number)).toBe(text);
  });

  test.each([
    ['the escapes with a letter', '\b\t\n\f\r"\\', '"\\b\\t\\n\\f\\r\\"\\\\"'],
    ['other controls in small hexadecimal', '\u0000\u001f', '"\\u0000\\u001f"'],
    ['a slash, DEL and line separators as they are', '/\u007f\u2028\u2029', '"/\u007f\u2028\u2029"'],
    ['letters unnormalised', 'A\u030a\u00c5', '"A\u030a\u00c5"'],
    ['a pair of surrogates as it is', '😀', '"😀"'],
    ['an unpaired surrogate as its escape, where the RFC would stop', 'a\ud83d', '"a\\ud83d"'],
  ])('writes %s', (_, text, expected) => {
    expect(canonicalJson(text)).toBe(expected);
  });

  test.each<[string, unknown, string]>([
    ['nothing in an object', {}, '{}'],
    ['nothing in an array', [], '[]'],
    ['no white space', { a: [1, { b: null }] }, '{"a":[1,{"b":null}]}'],
    ['an array in its own order', [3, 1, 2], '[3,1,2]'],
    ['sorted at every depth', { b: { d: 0, c: 0 }, a: [{ f: 0, e: 0 }] }, '{"a":[{"e":0,"f":0}],"b":{"c":0,"d":0}}'],
    ['no member that is undefined', { a: undefined, b: 1 }, '{"b":1}'],
    ['null for an item that is undefined', [undefined, 1], '[null,1]'],
    ['null for a hole', Array(2), '[null,null]'],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
    ['a member named __proto__', JSON.parse('{"__proto__":1}'), '{"__proto__":1}'],
  ])('writes %s', (_, value, expected) => {
    expect(canonicalJson(value)).toBe(expected);
  });

  test.each<[string, unknown]>([
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['undefined', undefined],
    ['a bigint', 1n],
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['a date, which would become {}', new Date(0)],
    ['a map, which would become {}', new Map([['a', 1]])],
    ['bytes, which would become an object of digits', new Uint8Array([1])],
  ])('refuses %s, at the top and inside', (_, value) => {
    expect(() => canonicalJson(value)).toThrow(/^cannot write .+ as JSON$/);
    if (value === undefined) return;
    expect(() => canonicalJson([value])).toThrow(/^cannot write .+ as JSON$/);
    expect(() => canonicalJson({ a: value })).toThrow(/^cannot write .+ as JSON$/);
  });
});

describe('canonicalJson of any JSON', () => {
  const json = fc.jsonValue({ stringUnit: 'binary' });

  test('parses to the same value', () => {
    fc.assert(
      fc.property(json, (value) => {
        // JSON has no -0, so the value is compared as JSON itself gives it back.
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('is the same text after parsing it', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  test('does not depend on the order of members', () => {
    const entries = fc.uniqueArray(fc.tuple(fc.string({ unit: 'binary' }), json), { selector: ([key]) => key });
    const orders = entries.chain((one) =>
      fc.tuple(fc.constant(one), fc.shuffledSubarray(one, { minLength: one.length, maxLength: one.length })),
    );
    fc.assert(
      fc.property(orders, ([one, other]) => {
        expect(canonicalJson(Object.fromEntries(one))).toBe(canonicalJson(Object.fromEntries(other)));
      }),
    );
  });
});
