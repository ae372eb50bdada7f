import { beforeEach, describe, expect, it } from '@jest/globals';
import { AskedByHand, BAD, counted, DOWN, OF, signal, SLOW, SOURCE, TOO_MUCH } from '../../test/asked-by-hand.js';
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
    // One question at a time where nobody is there: by turns, so that none is asked for after all others only.
    const asked = ['a', 'b', 'a', 'b', 'a', 'b'].map((name) => `ask sum(${name}) 660`);
    expect(hand.look()).toEqual([...asked, 'b@660 unreachable', 'a@660 unreachable']);
  });

  it.each([
    ['takes too long', SLOW],
    ['is never answered', DOWN],
  ])('one query that %s keeps no other from being asked, in its time', async (_, outcome) => {
    hand.answer = (query, instants) => (query === 'sum(a)' ? outcome : counted(instants));
    expect([await at(670), hand.look()]).toEqual([1, ['ask sum(a) 660']]);
    expect([await at(671), hand.look()]).toEqual([2, ['ask sum(b) 660', 'b@660 660', 'ask sum(a) 660']]);
    expect([await at(729), hand.look()]).toEqual([1, ['ask sum(a) 660', 'a@660 unreachable']]);
    expect([await at(730), hand.look()[0]]).toEqual([8, 'ask sum(b) 720']);
  });

  it('asks for less of what takes too long, and for more again once it is answered', async () => {
    const long = 670 + 60 * 1_000;
    hand.answer = (query) => (query === 'sum(a)' ? SLOW : counted({ fromMs: 0, toMs: 0, stepMs: 1 }));
    await at(long);
    await at(long + 1);
    hand.answer = (_, instants) => counted(instants);
    await at(long + 3);
    await at(long + 4);
    const asked = hand.look().filter((line) => line.startsWith('ask sum(a)'));
    expect(asked).toEqual([
      'ask sum(a) 660-18600',
      'ask sum(a) 660-9600',
      'ask sum(a) 660-5100',
      'ask sum(a) 5160-14100',
    ]);
  });

  it('a query that claims several values for one place is told of once, and asked again: pods that overlap soon do not', async () => {
    const two = ({ toMs }: { toMs: number }) => [1, 2].map((n) => ({ labels: {}, points: new Map([[toMs, n]]) }));
    hand.answer = (query, instants) =>
      query === 'sum(a)' ? { kind: 'series', series: two(instants), warnings: [] } : counted(instants);
    await at(670);
    await at(730);
    hand.answer = (_, instants) => counted(instants);
    await at(790);
    hand.answer = (_, instants) => ({ kind: 'series', series: two(instants), warnings: [] });
    await at(850);
    const several = expect.stringContaining('several series for a{}');
    expect(hand.look().filter((line) => !/^(ask sum\(b\)|b@|refused bad-query: b)/.test(line))).toEqual([
      'ask sum(a) 660',
      'a@660 bad-query',
      several,
      'ask sum(a) 720',
      'a@720 bad-query',
      'ask sum(a) 780',
      'a@780 780',
      'ask sum(a) 840',
      'a@840 bad-query',
      several,
    ]);
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
