import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { snapped } from '../../test/snappy.js';
import { Refused } from '../door/refusal.js';
import { unsnapped } from './snappy.js';

const statusOf = (raw: Buffer): number | null => {
  try {
    unsnapped(raw);
    return null;
  } catch (error) {
    if (error instanceof Refused) return error.refusal.status;
    throw error;
  }
};
/** Texts that repeat themselves near and far, as labels do. */
const REPETITIVE = fc
  .array(
    fc.constantFrom('http_requests_total', 'aaaa', 'instance', '\0', 'é', 'odoo-web-7d9f8b6c5', 'x'.repeat(3_000)),
    {
      maxLength: 200,
    },
  )
  .map((parts) => Buffer.from(parts.join('')));

describe("Snappy's block format", () => {
  it('gives back whatever another implementation has compressed', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          REPETITIVE,
          fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)),
        ),
        (bytes) => {
          expect(unsnapped(snapped(bytes)).equals(bytes)).toBe(true);
        },
      ),
    );
  });

  it.each<[string, number[], number | null]>([
    ['nothing at all', [], 400],
    ['nothing, declared', [0], null],
    ['a literal', [3, 2 << 2, 1, 2, 3], null],
    ['a literal that is cut off', [3, 2 << 2, 1, 2], 400],
    ['less than it declares', [4, 2 << 2, 1, 2, 3], 400],
    ['more than it declares', [2, 2 << 2, 1, 2, 3], 400],
    ['a copy of what is not there yet', [4, 1, 1], 400],
    ['a copy from before the beginning', [8, 3 << 2, 1, 2, 3, 4, 1, 5], 400],
    ['a copy from nowhere', [8, 3 << 2, 1, 2, 3, 4, 1, 0], 400],
    ['a copy that repeats itself', [5, 0, 7, 1, 1], null],
    ['a copy beyond the end', [4, 0, 7, 1, 1], 400],
    ['an offset that is cut off', [5, 0, 7, 2, 1], 400],
    ['a long length that is cut off', [5, 63 << 2, 1, 0], 400],
    ['a length without end', [0x80, 0x80, 0x80, 0x80, 0x80, 0], 400],
    ['more than a hundred times its size', [0xf5, 0x03, 0, 7, 1], 413],
    ['8 MiB and a byte, declared in four bytes', [0x81, 0x80, 0x80, 0x04], 413],
    ['four gigabytes, declared in five', [0xff, 0xff, 0xff, 0xff, 0x0f], 413],
  ])('%s', (_, bytes, status) => {
    expect(statusOf(Buffer.from(bytes))).toBe(status);
  });

  it('of random bytes nothing is made but what they declare', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect([null, 400, 413]).toContain(statusOf(Buffer.from(bytes)));
      }),
      { numRuns: 2_000 },
    );
  });
});
