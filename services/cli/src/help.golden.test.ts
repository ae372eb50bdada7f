import { describe, expect, it } from '@jest/globals';
import { golden } from '@parapet/testkit';
import { TestWorld } from '../test/fake-parapet.js';
import { run } from './run.js';

/** What people read who ask for help; a change of words is read like code. */

const COMMANDS: readonly (readonly string[])[] = [[], ['probe', 'run'], ['discover', 'odoo'], ['odoo', 'grant-sql']];

describe('the help', () => {
  it.each(COMMANDS.map((words) => [['parapet', ...words].join(' '), words] as const))(
    'of %s is as it was read',
    async (_, words) => {
      const world = new TestWorld({}, { columns: 100 });
      expect(await run([...words, '--help'], world)).toBe(0);
      const file = new URL(`../test/help/${['parapet', ...words].join('-')}.txt`, import.meta.url);
      expect(world.out).toBe(golden(file, world.out));
      // Nothing is cut off, and nothing is promised twice.
      expect(world.out.split('\n').every((line) => line.length <= 100)).toBe(true);
    },
  );
});
