import { describe, expect, test } from '@jest/globals';
import { readCursor, writeCursor } from './requests.js';

const DAY_MS = 24 * 3_600_000;
const place = { at: '2026-11-23T09:00:00.000Z', id: 'rel_1' };

describe('a cursor', () => {
  test('leads back to its place for a day', () => {
    const cursor = writeCursor(place, 1000);
    expect(readCursor(cursor, 1000 + DAY_MS)).toEqual(place);
    expect(() => readCursor(cursor, 1001 + DAY_MS)).toThrow(/begin the list anew/);
  });

  test.each([
    '',
    'x',
    'e30',
    Buffer.from('["2026-11-23T09:00:00Z"]').toString('base64url'),
    Buffer.from('["\'; drop","x",0]').toString('base64url'),
  ])('of %j is none of ours', (text) => {
    expect(() => readCursor(text, 0)).toThrow(/not one of ours/);
  });

  test('may be absent', () => {
    expect(readCursor(undefined, 0)).toBeNull();
  });
});
