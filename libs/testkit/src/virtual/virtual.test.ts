import { describe, expect, test } from '@jest/globals';
import { Chance } from './chance.js';
import { VirtualClock } from './clock.js';

const run = (clock: VirtualClock, untilMs = 1e6) =>
  clock.run(
    untilMs,
    () => false,
    () => undefined,
  );

describe('time that passes only when nothing is left to do', () => {
  test('things happen in the order of their instants, and of two at once the one asked for first', async () => {
    const clock = new VirtualClock(1000);
    const seen: string[] = [];
    for (const [name, ms] of [
      ['d', 30],
      ['b', 10],
      ['c', 10],
      ['a', 0],
    ] as const) // prettier-ignore
      clock.after(ms, () => void seen.push(`${name}@${clock.nowMs()}`));
    await run(clock);
    expect(seen).toEqual(['a@1000', 'b@1010', 'c@1010', 'd@1030']);
  });

  test('what one thing started is settled before the next, and a pause is kept', async () => {
    const clock = new VirtualClock(0);
    const seen: string[] = [];
    clock.after(5, async () => {
      for (let i = 0; i < 20; i++) await Promise.resolve();
      seen.push(`slow@${clock.nowMs()}`);
      await clock.pause(10);
      seen.push(`paused@${clock.nowMs()}`);
    });
    clock.after(6, () => void seen.push('next'));
    await run(clock);
    expect(seen).toEqual(['slow@5', 'next', 'paused@15']);
  });

  test('the first failure ends the run, even of what nobody waits for', async () => {
    const clock = new VirtualClock(0);
    clock.after(1, () => clock.follow(Promise.reject(new Error('fell over'))));
    clock.after(2, () => {
      throw new Error('never reached');
    });
    await expect(run(clock)).rejects.toThrow('fell over');
  });

  test('nothing happens after the instant that ends it', async () => {
    const clock = new VirtualClock(0);
    let isDone = false;
    clock.after(11, () => {
      isDone = true;
    });
    await run(clock, 10);
    expect(isDone).toBe(false);
  });
});

describe('chance that can be repeated', () => {
  const draws = (chance: Chance) => Array.from({ length: 50 }, () => chance.next());

  test('the same seed gives the same draws, another one others', () => {
    expect(draws(new Chance(7))).toEqual(draws(new Chance(7)));
    expect(draws(new Chance(8))).not.toEqual(draws(new Chance(7)));
  });

  test('a part draws for itself: how much it draws moves nobody else', () => {
    const one = new Chance(7);
    draws(one.apart('target'));
    expect(draws(one)).toEqual(draws(new Chance(7)));
    expect(draws(new Chance(7).apart('target'))).not.toEqual(draws(new Chance(7).apart('people')));
  });

  test('draws lie within their bounds, about as often as asked', () => {
    const chance = new Chance(3);
    const all = Array.from({ length: 2000 }, () => chance.between(2, 4));
    expect(new Set(all)).toEqual(new Set([2, 3, 4]));
    expect(chance.count(2000, 0.25)).toBeGreaterThan(400);
    expect(chance.count(2000, 0.25)).toBeLessThan(600);
    expect(chance.count(10, 0)).toBe(0);
    expect(chance.count(10, 1)).toBe(10);
  });
});
