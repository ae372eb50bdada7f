import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Chance } from '@parapet/testkit';
import { mutant } from '../test/fuzz/mutate.js';
import { SEEDS } from '../test/fuzz/seeds.js';
import { Stack } from '../test/fuzz/stack.js';
import { DOORS } from './app.module.js';

/**
 * Malformed bodies at every door, through the whole HTTP side of the service. `npm run fuzz` sends 200 000 to each;
 * `FUZZ_BODIES`, `FUZZ_SEED` and `FUZZ_DOOR` choose otherwise. What breaks is shown with its seed and its number.
 */

const BODIES = Number(process.env['FUZZ_BODIES'] ?? 2_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_123);
const DOOR = process.env['FUZZ_DOOR'] ?? '';
const TAKEN = [200, 202, 204];
/** All that interfaces 2 says of a message; 503 only where the machine is too slow for the deadline. */
const STATUSES = new Set([...TAKEN, 400, 401, 413, 415, 422, 503]);

describe('whatever a door is handed', () => {
  let stack: Stack;
  const unheard: unknown[] = [];
  const note = (error: unknown) => unheard.push(error);
  beforeAll(async () => {
    process.on('unhandledRejection', note).on('uncaughtException', note);
    stack = await Stack.open();
  });
  afterAll(async () => {
    process.off('unhandledRejection', note).off('uncaughtException', note);
    await stack?.close();
  });

  it.each(DOORS.filter(({ name }) => name.includes(DOOR)).map((door) => [door.name, door] as const))(
    'the door of %s answers as it should, and goes on',
    async (name, door) => {
      const seeds = SEEDS[name];
      const counts: Record<string, number> = {};
      for (let i = 0; i < BODIES; i++) {
        const handed = mutant(seeds, new Chance(SEED).apart(`${name} ${i}`));
        const { status, headers, text } = await stack.hand(door, handed);
        counts[status] = (counts[status] ?? 0) + 1;
        const isRight =
          STATUSES.has(status) &&
          (TAKEN.includes(status) || isWorded(door.wordRefusal, String(headers['content-type']), text));
        if (!isRight || stack.defects.length > 0 || unheard.length > 0) {
          const found = { status, text, defects: stack.defects, unheard: unheard.map(String) };
          const body = handed.body.subarray(0, 2_000).toString('latin1');
          throw new Error(`seed ${SEED}, number ${i}: ${JSON.stringify({ ...found, headers: handed.headers, body })}`);
        }
      }
      if (BODIES > 10_000) process.stdout.write(`${name}: ${BODIES} bodies, ${JSON.stringify(counts)}\n`);
      // Shaped so that both ends are reached; without that nothing was tried.
      const taken = TAKEN.reduce((sum, status) => sum + (counts[status] ?? 0), 0);
      expect(Math.min(taken, BODIES - taken)).toBeGreaterThan(BODIES / 100);

      const good = seeds[0] as (typeof seeds)[number];
      expect(good.encoding === null ? (await stack.hand(door, goodRequest(good))).status : 202).toBeLessThan(300);
    },
    3_600_000,
  );
});

function goodRequest({ body, contentType }: { body: Buffer; contentType: string }) {
  return { body, headers: { 'content-type': contentType } };
}

/** A refusal is a problem document, unless the door has words of its own. */
function isWorded(own: unknown, contentType: string, text: string): boolean {
  if (own !== undefined) return true;
  const { code, detail, requestId } = JSON.parse(text) as Record<string, unknown>;
  return (
    contentType.startsWith('application/problem+json') &&
    [code, detail, requestId].every((one) => typeof one === 'string')
  );
}
