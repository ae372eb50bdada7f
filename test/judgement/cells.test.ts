import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from '@jest/globals';
import { CELLS, contradiction, lineOf, measure, requiredOf } from './cells.ts';
import { shareOf } from './limits.ts';
import { tableOf, writtenIn } from './table.ts';

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
    300_000,
  );
});

test('the same seed gives the same runs, and another one others', () => {
  const cell = CELLS.find(({ name }) => name === 'order success 99 → 97 %, 10/min, independent');
  if (cell === undefined) throw new Error('there is no such cell');
  const [one, same, other] = [measure(cell, 20, 7), measure(cell, 20, 7), measure(cell, 20, 8)];
  expect(same).toEqual(one);
  expect(other.medianMinutes).not.toEqual(one.medianMinutes);
});

test('the page shows every cell with what is required of it', () => {
  const page = readFileSync(new URL('../../libs/guardrails/README.md', import.meta.url), 'utf8');
  expect(writtenIn(page)).toEqual(CELLS.map(({ name, requirement }) => [name, requiredOf(requirement)]));
});

describe('what runs contradict', () => {
  const measured = (hits: number, runs: number, low: number) => ({
    runs,
    share: shareOf(hits, runs),
    premature: 0,
    medianMinutes: { value: low, low, high: low },
  });
  const found = { kind: 'found', atLeast: 0.99, withinMinutes: 3 } as const;
  test.each<[string, Parameters<typeof contradiction>, string | null]>([
    ['3 of 100 may be luck', [{ kind: 'false', atMost: 0.01 }, measured(3, 100, 0)], null],
    ['30 of 1000 are not', [{ kind: 'false', atMost: 0.01 }, measured(30, 1000, 0)], 'at least 2.03 %'],
    ['97 of 100 may be luck', [found, measured(97, 100, 3)], null],
    ['960 of 1000 are not', [found, measured(960, 1000, 3)], 'at most 97.13 %'],
    ['a median above what may be', [found, measured(1000, 1000, 3.25)], 'the median is at least 3.25 min'],
    ['without it nothing happens', [{ kind: 'needed', falseAtLeast: 0.3 }, measured(1, 100, 0)], 'at most 5.45 %'],
    ['what is only measured', [{ kind: 'measured' }, measured(0, 100, 60)], null],
  ])('%s', (_, [requirement, runs], said) => {
    const found = contradiction(requirement, runs);
    if (said === null) expect(found).toBeNull();
    else expect(found).toContain(said);
  });
});
