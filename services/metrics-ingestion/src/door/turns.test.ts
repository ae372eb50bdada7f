import { describe, expect, it } from '@jest/globals';
import { Turns } from './turns.js';

/** Which messages had their turn between two looks at the network. */
async function looks(turns: Turns, messages: number): Promise<readonly (readonly number[])[]> {
  const seen: number[][] = [[]];
  let left = messages;
  const all = Array.from({ length: messages }, async (_, i) => {
    await turns.next();
    seen.at(-1)?.push(i);
    left--;
  });
  while (left > 0) {
    await new Promise((resolve) => setImmediate(resolve));
    seen.push([]);
  }
  await Promise.all(all);
  return seen.filter((one) => one.length > 0);
}

describe('turns', () => {
  it('are given in the order of asking, so many between two looks at the network', async () => {
    expect(await looks(new Turns(3), 8)).toEqual([
      [0, 1, 2],
      [3, 4, 5],
      [6, 7],
    ]);
  });

  it('come again after a pause', async () => {
    const turns = new Turns(2);
    expect((await looks(turns, 2)).flat()).toEqual([0, 1]);
    expect((await looks(turns, 4)).flat()).toEqual([0, 1, 2, 3]);
  });
});
