import { afterAll, describe, expect, test } from '@jest/globals';
import { CELLS, contradiction, lineOf, measure } from './cells.ts';
import { tableOf } from './table.ts';

/**
 * The cells of statistics 14 with fewer runs than they are accepted by: what these runs rule out fails, what they leave open does
 * not. `npm run sim -- --cells` measures the same cells in full.
 */
const SEED = 20261123;
const lines: (readonly string[])[] = [];

afterAll(() => {
  process.stdout.write(`\n${tableOf(lines)}\n`);
});

describe('what a watch finds and what it leaves alone', () => {
  test.each(CELLS.map((cell) => [cell.name, cell] as const))(
    '%s',
    (_, cell) => {
      const measured = measure(cell, cell.runs.short, SEED);
      lines.push(lineOf(cell, measured));
      expect(contradiction(cell.requirement, measured)).toBeNull();
    },
    120_000,
  );
});

test('the same seed gives the same runs, and another one others', () => {
  const [, , , , , cell] = CELLS;
  if (cell === undefined) throw new Error('there are no cells');
  const worse = { ...cell, name: 'order success 99 → 97 %, 10/min, independent' };
  const same = CELLS.find(({ name }) => name === worse.name) ?? cell;
  expect(measure(same, 20, 7)).toEqual(measure(same, 20, 7));
  expect(measure(same, 20, 7).medianMinutes.low).not.toBe(measure(same, 20, 8).medianMinutes.low);
});
