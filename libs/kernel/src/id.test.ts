import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type IdKind, idMaker, isId, isSlug } from './id.js';

const KINDS: readonly IdKind[] = ['rel', 'prp', 'pln', 'act', 'evt', 'evd', 'rcp', 'req', 'ans'];
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** Bytes that look random and are the same in every run. */
function counted(seed: number): (bytes: Uint8Array) => void {
  let state = seed;
  return (bytes) => {
    for (let i = 0; i < bytes.length; i++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      bytes[i] = state >>> 24;
    }
  };
}

/** A clock that shows each of these in turn. */
function clockOf(readings: readonly number[]): () => number {
  const rest = [...readings];
  return () => rest.shift() as number;
}

/** The ids made while the clock showed these, without their kind. */
function ulids(readings: readonly number[], random = counted(7)): string[] {
  const makeId = idMaker(clockOf(readings), random);
  return readings.map(() => makeId('evt').slice('evt_'.length));
}

describe('idMaker', () => {
  test.each(KINDS)('an id of kind %s is that kind and a ULID', (kind) => {
    const id = idMaker(() => 1_700_000_000_000, counted(1))(kind);
    expect(id.slice(0, 4)).toBe(`${kind}_`);
    expect(id.slice(4)).toMatch(ULID);
    expect(KINDS.filter((one) => isId(id, one))).toEqual([kind]);
  });

  test.each([
    { ms: 0, digits: '0000000000', sentence: 'the first millisecond' },
    { ms: 1_469_918_176_385, digits: '01ARYZ6S41', sentence: 'the example of the ULID specification' },
    { ms: 2 ** 48 - 1, digits: '7ZZZZZZZZZ', sentence: 'the last millisecond that fits' },
    { ms: 1.9, digits: '0000000001', sentence: 'a fraction is cut' },
  ])('$sentence: $ms is written $digits', ({ ms, digits }) => {
    expect(ulids([ms])[0]?.slice(0, 10)).toBe(digits);
  });

  test('within a millisecond the chance is counted up, with carry', () => {
    const random = (bytes: Uint8Array): void => {
      bytes.fill(0);
      bytes.fill(31, 14);
    };
    expect(ulids([5, 5, 5], random).map((id) => id.slice(10))).toEqual([
      '00000000000000ZZ',
      '0000000000000100',
      '0000000000000101',
    ]);
  });

  test('chance used up moves on to the next millisecond instead of beginning again', () => {
    const fills = [255, 3];
    const random = (bytes: Uint8Array): void => void bytes.fill(fills.shift() as number);
    expect(ulids([5, 5, 5], random)).toEqual([
      `0000000005${'Z'.repeat(16)}`,
      `0000000006${'3'.repeat(16)}`,
      `0000000006${'3'.repeat(15)}4`,
    ]);
  });

  test('a clock set back keeps the time of the newest id until it is past it again', () => {
    const times = ulids([100, 40, 99, 100, 101]).map((id) => id.slice(0, 10));
    expect(times).toEqual(['0000000034', '0000000034', '0000000034', '0000000034', '0000000035']);
  });

  test('whatever the clock does, ids grow, so none is used twice', () => {
    const readings = fc.array(fc.oneof(fc.nat(3), fc.nat(2 ** 40), fc.double({ min: 0, max: 9, noNaN: true })), {
      minLength: 2,
      maxLength: 40,
    });
    fc.assert(
      fc.property(readings, fc.nat(), fc.boolean(), (clock, seed, isWorn) => {
        const random = isWorn ? (bytes: Uint8Array) => void bytes.fill(255) : counted(seed);
        const ids = ulids(clock, random);
        expect(ids).toEqual([...new Set(ids)].sort());
        for (const id of ids) expect(id).toMatch(ULID);
      }),
    );
  });

  test('two makers with chance of their own do not meet within a millisecond', () => {
    const [one, other] = [counted(1), counted(2)].map((random) => ulids(Array(100).fill(5), random));
    expect(new Set([...(one as string[]), ...(other as string[])]).size).toBe(200);
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 48])('a clock at %d breaks what ids rely on', (ms) => {
    expect(() => ulids([ms])).toThrow('which no ULID can hold');
  });
});

const BODY = '01ARYZ6S41TSV4RRFFQ69G5FAV';

test.each([
  ['an id of the kind', `rel_${BODY}`, true],
  ['an id of another kind', `prp_${BODY}`, false],
  ['no kind', BODY, false],
  ['a kind there is not', `foo_${BODY}`, false],
  ['lower case', `rel_${BODY.toLowerCase()}`, false],
  ['a letter Crockford leaves out', `rel_${BODY.slice(0, 25)}U`, false],
  ['one character short', `rel_${BODY.slice(0, 25)}`, false],
  ['one character long', `rel_${BODY}0`, false],
  ['a line break behind it', `rel_${BODY}\n`, false],
  ['a subject wildcard behind it', `rel_${BODY}.>`, false],
  ['nothing', '', false],
])('isId of a release: %s', (_, text, expected) => {
  expect(isId(text, 'rel')).toBe(expected);
});

test.each([
  ['a word', 'acme-retail', true],
  ['a digit first', '1-shop', true],
  ['one letter', 'a', true],
  ['forty characters', 'a'.repeat(40), true],
  ['forty-one characters', 'a'.repeat(41), false],
  ['nothing', '', false],
  ['a hyphen first', '-a', false],
  ['upper case', 'Acme', false],
  ['a letter beyond ASCII', 'café', false],
  ['a dot, which parts subjects', 'a.b', false],
  ['a star, which is a wildcard', '*', false],
  ['a slash, which parts paths', 'a/b', false],
  ['a space', 'a b', false],
  ['a line break behind it', 'a\n', false],
])('isSlug: %s', (_, text, expected) => {
  expect(isSlug(text)).toBe(expected);
});
