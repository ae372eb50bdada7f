import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Bucket, draw } from './bucket.js';

const RATE = { perSecond: 10, burst: 3 };

describe('a source’s bucket', () => {
  it.each([
    ['is full at first', undefined, 0, 0],
    ['gives its last token', { tokens: 1, atMs: 0 }, 0, 0],
    ['has no half tokens to give', { tokens: 0.5, atMs: 0 }, 0, 50],
    ['says how long one token takes', { tokens: 0, atMs: 0 }, 0, 100],
    ['fills with time', { tokens: 0, atMs: 0 }, 100, 0],
    ['but is not there before', { tokens: 0, atMs: 0 }, 50, 50],
    ['takes a clock that went back for standing still', { tokens: 0, atMs: 1_000 }, 0, 100],
  ])('%s', (_, bucket: Bucket | undefined, nowMs, waitMs) => {
    expect(draw(bucket, RATE, nowMs).waitMs).toBe(waitMs);
  });

  it('is empty once it has given its last token', () => {
    expect(draw({ tokens: 1, atMs: 0 }, RATE, 0).bucket).toEqual({ tokens: 0, atMs: 0 });
  });

  it('gives no more than burst and rate allow, however it is asked', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30), { minLength: 1, maxLength: 200 }), (pauses) => {
        let bucket: Bucket | undefined;
        let nowMs = 0;
        let given = 0;
        for (const pause of pauses) {
          nowMs += pause;
          const taken = draw(bucket, RATE, nowMs);
          bucket = taken.bucket;
          if (taken.waitMs === 0) given++;
        }
        const sinceFirstMs = nowMs - (pauses[0] as number);
        expect(given).toBeLessThanOrEqual(RATE.burst + (sinceFirstMs * RATE.perSecond) / 1_000 + 1e-6);
      }),
    );
  });
});
