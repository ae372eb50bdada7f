import { beforeEach, describe, expect, it } from '@jest/globals';
import { AskedByHand, BAD, counted, DOWN, OF, signal, SOURCE, TOO_MUCH } from '../../test/asked-by-hand.js';
import { LiveAsking } from './live.js';

/** Scraped every 5 s and asked every 60 s: an instant can be asked about 10 s after it. */

let hand: AskedByHand;
let live: LiveAsking;

beforeEach(async () => {
  hand = new AskedByHand();
  live = new LiveAsking(OF, SOURCE, [signal('a'), signal('b')], 60_000, hand.client, hand.ports);
  expect(await at(610)).toBe(60);
  expect(hand.look()).toEqual([]);
});

/** One round at a second; how many seconds it wants to pause. */
async function at(second: number): Promise<number> {
  hand.nowMs = second * 1000;
  return (await live.round()) / 1000;
}

describe('asking for the present', () => {
  it('asks for each signal at each instant, when it is long enough ago', async () => {
    expect([await at(669), hand.look()]).toEqual([1, []]);
    expect(await at(670)).toBe(60);
    expect(hand.look()).toEqual(['ask sum(a) 660', 'a@660 660', 'ask sum(b) 660', 'b@660 660']);
    expect([await at(671), hand.look()]).toEqual([59, []]);
  });

  it('asks for what was missed as one interval, in order', async () => {
    expect(await at(855)).toBe(55);
    expect(hand.look().slice(0, 4)).toEqual(['ask sum(a) 660-840', 'a@660 660', 'a@720 720', 'a@780 780']);
  });

  it('catches up in pieces after a long time away', async () => {
    expect(await at(610 + 400 * 60)).toBe(0.25);
    expect(hand.look()[0]).toBe('ask sum(a) 660-18600');
    expect(await at(610 + 400 * 60)).toBe(60);
    expect(hand.look()[0]).toBe('ask sum(a) 18660-24600');
  });

  it('leaves it to the instance whose turn it is', async () => {
    hand.isOurs = false;
    expect([await at(670), hand.look()]).toEqual([2, []]);
  });

  it('tries again within the interval, and tells a gap before it is over', async () => {
    hand.answer = () => DOWN;
    const pauses: number[] = [];
    let second = 670;
    while (second < 730) {
      const pause = await at(second);
      pauses.push(pause);
      second += pause;
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 29]);
    // The second signal is not asked for where nobody answers the first.
    expect(hand.look()).toEqual([...Array<string>(6).fill('ask sum(a) 660'), 'a@660 unreachable', 'b@660 unreachable']);
  });

  it('asks again for an instant that was told as a gap, once somebody answers', async () => {
    hand.answer = () => DOWN;
    for (const second of [670, 671, 673, 677, 685, 729]) await at(second);
    hand.look();
    hand.answer = (_, instants) => counted(instants);
    await at(730);
    expect(hand.look()).toEqual([
      'ask sum(a) 660-720',
      'a@660 660',
      'a@720 720',
      'ask sum(b) 660-720',
      'b@660 660',
      'b@720 720',
    ]);
  });

  it('goes on with other signals where one is too much, and asks for less of it', async () => {
    hand.answer = (query, instants) =>
      query === 'sum(a)' && instants.toMs > 40_000_000 ? TOO_MUCH : counted(instants);
    await at(670 + 60 * 1_000);
    expect(hand.look().filter((line) => line.startsWith('ask'))).toEqual([
      'ask sum(a) 660-18600',
      'ask sum(b) 660-18600',
    ]);
    hand.answer = (query, instants) => (query === 'sum(a)' ? TOO_MUCH : counted(instants));
    await at(672 + 60 * 1_000);
    await at(674 + 60 * 1_000);
    const asked = hand.look().filter((line) => line.startsWith('ask sum(a)'));
    expect(asked).toEqual(['ask sum(a) 18660-36600', 'ask sum(a) 18660-27600']);
  });

  it('says once that a query is refused, does not ask again, and goes on telling the gap', async () => {
    hand.answer = (query, instants) => (query === 'sum(a)' ? BAD : counted(instants));
    await at(670);
    await at(790);
    expect(hand.look().filter((line) => !/^(ask sum\(b\)|b@)/.test(line))).toEqual([
      'ask sum(a) 660',
      'refused bad-query: a: parse error',
      'a@660 bad-query',
      'a@780 bad-query',
    ]);
  });

  it('stores nothing twice where the stream did not answer: the same is asked and stored again', async () => {
    hand.failures.push(new Error('the stream is away'));
    await expect(at(670)).rejects.toThrow('the stream is away');
    expect(hand.look()).toEqual(['ask sum(a) 660']);
    await at(671);
    expect(hand.look()).toEqual(['ask sum(a) 660', 'a@660 660', 'ask sum(b) 660', 'b@660 660']);
  });
});
