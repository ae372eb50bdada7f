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

test('a measurement begins at most a tenth of its interval and half a minute late, by chance alone', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e7 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (everyMs, chance) => {
        const late = jitterMs(everyMs, chance);
        expect(late).toBe(Math.floor(chance * Math.min(everyMs / 10, 30_000)));
        expect(late).toBeGreaterThanOrEqual(0);
        expect(late).toBeLessThanOrEqual(Math.min(everyMs / 10, 30_000));
      },
    ),
  );
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
    const a1 = turns.take('a', 1, work('a1'));
    const a2 = turns.take('a', 1, work('a2'));
    const b1 = turns.take('b', 1, work('b1'));
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

  /** Work that ends when told, and what has begun. */
  function workshop() {
    const [begun, ends]: [string[], Map<string, () => void>] = [[], new Map()];
    const turns = new Turns();
    const ask = (name: string, limit: number) =>
      turns.take('shop', limit, async () => {
        begun.push(name);
        await new Promise<void>((resolve) => ends.set(name, resolve));
      });
    const settled = () => new Promise(setImmediate);
    return { begun, ask, settled, end: async (name: string) => (ends.get(name)?.(), await settled()) };
  }

  test('as many at once as the limit says, and no more', async () => {
    const { begun, ask, settled, end } = workshop();
    const all = ['a', 'b', 'c', 'd'].map((name) => ask(name, 2));
    await settled();
    expect(begun).toEqual(['a', 'b']);
    await end('b');
    expect(begun).toEqual(['a', 'b', 'c']);
    for (const name of ['a', 'c', 'd']) await end(name);
    await Promise.all(all);
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
  });

  test('the more careful of two probes is joined by none, and overtaken by none', async () => {
    const { begun, ask, settled, end } = workshop();
    const all = [ask('bold-1', 2), ask('careful', 1), ask('bold-2', 2)];
    await settled();
    expect(begun).toEqual(['bold-1']);
    await end('bold-1');
    expect(begun).toEqual(['bold-1', 'careful', 'bold-2']);
    for (const name of ['careful', 'bold-2']) await end(name);
    await Promise.all(all);
  });

  test('never more at once than any of them allows', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 20 }), async (limits) => {
        const turns = new Turns();
        let running = 0;
        await Promise.all(
          limits.map((limit) =>
            turns.take('shop', limit, async () => {
              running++;
              expect(running).toBeLessThanOrEqual(Math.max(...limits));
              // Whoever begins finds fewer than its own limit at work.
              expect(running).toBeLessThanOrEqual(limit);
              await new Promise(setImmediate);
              running--;
            }),
          ),
        );
        expect(running).toBe(0);
      }),
    );
  });
});
