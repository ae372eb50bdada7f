import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AskedSource } from './ask-signal.js';
import { AskedByHand, BAD, counted, DOWN, OF, SLOW, SOURCE, TOO_MUCH } from '../../test/asked-by-hand.js';
import { HistoryFill, historyStart, nextPart } from './history.js';
import { eachInstant, type Instants, instantsIn } from './promql.js';
import type { AskedSignal } from './samples.js';

const DAY_MS = 86_400_000;
const source = (historyMs: number) => ({ historyMs }) as AskedSource;
const signal = (count: string): AskedSignal => ({
  name: 'orders',
  dimensions: [],
  query: { asks: { kind: 'count', count, of: null }, labels: {} },
});

describe('the past of a signal', () => {
  it.each([
    ['by the minute, however often the present is asked', 'increase(a[$window])', 15_000, 60_000],
    ['as often as the present, where that is less often', 'increase(a[$window])', 120_000, 120_000],
    ['exactly as the present, where the query has a window of its own', 'orders:increase30s', 30_000, 30_000],
  ])('%s', (_, query, everyMs, stepMs) => {
    const { historyMs } = historyStart(source(DAY_MS + 1), signal(query), everyMs, 0);
    expect([historyMs % stepMs, DAY_MS - historyMs < stepMs]).toEqual([0, true]);
  });

  it('is asked for once, from the oldest to where the present begins, in parts', () => {
    const input = fc.record({
      steps: fc.nat(3_000),
      points: fc.integer({ min: 1, max: 1_440 }),
      stepMs: fc.constantFrom(60_000, 90_000),
      beganMs: fc.integer({ min: 0, max: DAY_MS }),
    });
    fc.assert(
      fc.property(input, ({ steps, points, stepMs, beganMs }) => {
        let filledToMs = beganMs - steps * stepMs;
        const asked: number[] = [];
        for (;;) {
          const part = nextPart({ beganMs, askedToMs: beganMs, filledToMs }, stepMs, points);
          if (part === null) break;
          expect(instantsIn(part)).toBeLessThanOrEqual(points);
          asked.push(...eachInstant(part));
          filledToMs = part.toMs;
        }
        expect(asked).toEqual(Array.from({ length: steps }, (_, i) => beganMs - (steps - 1 - i) * stepMs));
      }),
      { numRuns: 50 },
    );
  });

  it('that was asked for with other steps ends at most one step early', () => {
    expect(nextPart({ beganMs: 100_000, askedToMs: 0, filledToMs: 60_000 }, 60_000, 10)).toBeNull();
  });
});

describe('filling the baseline', () => {
  const DAY = 1_440;
  const WEEK = { ...SOURCE, historyMs: 7 * DAY_MS } as AskedSource;
  const NOW_MS = 100 * DAY_MS;
  let hand: AskedByHand;

  beforeEach(() => {
    hand = new AskedByHand();
    hand.nowMs = NOW_MS;
  });

  const filling = (...names: string[]) =>
    new HistoryFill(
      OF,
      WEEK,
      names.map((name) => windowedSignal(name)),
      60_000,
      hand.client,
      hand.ports,
    );
  const windowedSignal = (name: string): AskedSignal => ({
    name,
    dimensions: ['store'],
    query: { asks: { kind: 'value', value: `sum(${name})` }, labels: { store: 'store' } },
  });

  /** Rounds until it is done, or has asked so often; how many points each question was about. */
  async function run(fill: HistoryFill, most = 50): Promise<readonly (readonly [string, number])[]> {
    for (let i = 0; i < most && (await fill.round()) !== null; i++);
    return hand.look().flatMap((line) => {
      const [, query, from, to] = /^ask sum\((\w+)\) (\d+)-(\d+)$/.exec(line) ?? [];
      return query === undefined ? [] : [[query, (Number(to) - Number(from)) / 60 + 1] as const];
    });
  }

  it('asks for a day after the other, one signal after the other, and then never again', async () => {
    const week = Array<number>(7).fill(DAY);
    expect(await run(filling('a', 'b'))).toEqual([...week.map((n) => ['a', n]), ...week.map((n) => ['b', n])]);
    expect(await run(filling('a', 'b'))).toEqual([]);
  });

  it('goes on where another process ended', async () => {
    await run(filling('a'), 3);
    hand.failures.push(new Error('killed'));
    await expect(filling('a').round()).rejects.toThrow('killed');
    hand.look();
    expect(await run(filling('a'))).toEqual(
      Array<number>(4)
        .fill(DAY)
        .map((n) => ['a', n]),
    );
  });

  it('asks for smaller parts where a day is too much, and for no less than half an hour', async () => {
    hand.answer = () => TOO_MUCH;
    expect((await run(filling('a'), 9)).map(([, points]) => points)).toEqual([1440, 720, 360, 180, 90, 45, 30, 30, 30]);
    hand.answer = () => DOWN;
    expect((await run(filling('a'), 3)).map(([, points]) => points)).toEqual([1440, 1440, 1440]);
  });

  it('pauses longer after each failure, and at least a moment after each part', async () => {
    const fill = filling('a');
    hand.answer = () => DOWN;
    expect([await fill.round(), await fill.round(), await fill.round()]).toEqual([1_000, 2_000, 4_000]);
    hand.answer = (_, instants) => counted(instants);
    expect(await fill.round()).toBeGreaterThanOrEqual(250);
  });

  it('leaves out a signal whose query is refused', async () => {
    hand.answer = (query, instants) => (query === 'sum(a)' ? BAD : counted(instants));
    expect((await run(filling('a', 'b'))).map(([query]) => query)).toEqual(['a', ...Array<string>(7).fill('b')]);
  });

  it('one query that takes too long keeps the past of no other waiting', async () => {
    hand.answer = (query, instants) => (query === 'sum(a)' ? SLOW : counted(instants));
    expect((await run(filling('a', 'b'), 9)).map(([query]) => query)).toEqual(['a', ...Array<string>(8).fill('b')]);
  });

  it('of a place whose pods followed each other is whole but for the minutes that two of them claim', async () => {
    const halves = (instants: Instants) => {
      const all = [...eachInstant(instants)];
      const middle = all.length / 2;
      return [all.slice(0, middle + 1), all.slice(middle)].map((part, i) => ({
        labels: { pod: String(i) },
        points: new Map(part.map((atMs) => [atMs, i] as const)),
      }));
    };
    hand.answer = (_, instants) => ({ kind: 'series', series: halves(instants), warnings: [] });
    const fill = filling('a');
    for (let i = 0; i < 7; i++) await fill.round();
    const past = hand.look().filter((line) => line.startsWith('past '));
    expect(past.length).toBe(7 * (DAY - 1));
    expect(new Set(past.map((line) => line.split(' ').at(-1)))).toEqual(new Set(['0', '1']));
    expect(await fill.round()).toBeNull();
  });

  it('waits while the stream has no room for it, and while another instance asks', async () => {
    hand.hasRoom = false;
    expect([await filling('a').round(), hand.look()]).toEqual([60_000, []]);
    hand.isOurs = false;
    expect([await filling('a').round(), hand.look()]).toEqual([2_000, []]);
  });

  it('is shorter where there are very many series', async () => {
    const fill = filling('a');
    hand.answer = (_, instants) => {
      const all = Array.from(
        { length: 400 },
        (_one, i) => [{ store: String(i) }, new Map([[instants.toMs, 1]])] as const,
      );
      return { kind: 'series', series: all.map(([labels, points]) => ({ labels, points })), warnings: [] };
    };
    // A million samples of 400 series are 2 500 minutes: after the first day asked for only the last of the seven are left.
    expect(await run(fill)).toEqual([
      ['a', DAY],
      ['a', DAY],
      ['a', 2_500 - DAY],
    ]);
  });
});
