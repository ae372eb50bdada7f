import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { backoffMs, jitterMs } from './pace.js';
import { Turns } from './turns.js';

describe('the pause after failures', () => {
  test.each([
    ['the interval after the first', 60_000, 1, 0, 60_000],
    ['twice after the second', 60_000, 2, 0, 120_000],
    ['never longer than five minutes', 60_000, 30, 0, 300_000],
    ['unless the interval itself is longer', 3_600_000, 4, 0, 3_600_000],
    ['up to a fifth more by chance', 60_000, 1, 0.5, 66_000],
  ])('is %s', (_, everyMs, failures, chance, expected) => {
    expect(backoffMs(everyMs, failures, chance)).toBe(expected);
  });
});

test('a probe begins at most a tenth of its interval and five seconds late, always equally', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 1e7 }), (name, everyMs) => {
      const late = jitterMs(name, everyMs);
      expect(late).toBe(jitterMs(name, everyMs));
      expect(late).toBeGreaterThanOrEqual(0);
      expect(late).toBeLessThanOrEqual(Math.min(everyMs / 10, 5_000));
    }),
  );
  expect(new Set(['a', 'b', 'c', 'd'].map((name) => jitterMs(name, 60_000))).size).toBe(4);
});

describe('turns at a target', () => {
  test('one at a time and in order at one target, also after a failure; other targets do not wait', async () => {
    const turns = new Turns();
    const seen: string[] = [];
    const gates = new Map<string, () => void>();
    const work = (name: string) => async () => {
      seen.push(`${name} begins`);
      await new Promise<void>((resolve) => gates.set(name, resolve));
      if (name === 'a1') throw new Error('a1 failed');
      return name;
    };
    const a1 = turns.take('a', work('a1'));
    const a2 = turns.take('a', work('a2'));
    const b1 = turns.take('b', work('b1'));
    await new Promise(setImmediate);
    expect(seen).toEqual(['a1 begins', 'b1 begins']);
    gates.get('a1')?.();
    await expect(a1).rejects.toThrow('a1 failed');
    await new Promise(setImmediate);
    expect(seen).toEqual(['a1 begins', 'b1 begins', 'a2 begins']);
    gates.get('a2')?.();
    gates.get('b1')?.();
    expect(await Promise.all([a2, b1])).toEqual(['a2', 'b1']);
  });
});
