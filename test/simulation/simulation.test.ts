import { describe, expect, test } from '@jest/globals';
import { type Day, World } from './world.js';

/** `npm run sim -- --seed N --runs M` sets these; otherwise a few dozen seeds are simulated, the same each time. */
const FIRST = Number(process.env['PARAPET_SIM_SEED'] ?? 60);
const RUNS = Number(process.env['PARAPET_SIM_RUNS'] ?? 36);
const isAskedFor = process.env['PARAPET_SIM_SEED'] !== undefined;
/** Days on which what is rare happens: a request that never arrives, a failure after it was taken, no way back, a gap that a pass must not overlook, an answer to what has changed meanwhile. */
const RARE = isAskedFor ? [] : [122, 125, 136, 166, 192];
const SEEDS = [...Array.from({ length: RUNS }, (_, i) => FIRST + i), ...RARE];

/** What the everyday seeds have to come upon, so that promises are not kept for want of occasion. */
const OCCASIONS = [
  'verdict pass',
  'verdict inconclusive',
  'verdict fail',
  'decided auto',
  'decided propose',
  'decided observe',
  'proposal approved',
  'proposal rejected',
  'proposal expired',
  'proposal cancelled',
  'actuation done',
  'actuation failed',
  'actuation unknown',
  'verified',
  'not-verified',
  'guardrail-evaluation killed',
  'release-control killed',
  'rollback-actuation killed',
  'killed before a commit',
  'killed after a commit',
  'publish failed',
  'event repeated',
  'event delivered again',
  'signal repeated',
  'signal lost for good',
  'sample repeated',
  'answer dropped',
  'request lost',
  'request arrived late',
  'refused: changed',
  'refused: already-ended',
];

async function simulate(seed: number): Promise<Day> {
  try {
    return await new World(seed).run();
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`seed ${seed} (npm run sim -- --seed ${seed} repeats it): ${what}`, { cause });
  }
}

describe('releases of a shop on a day when things go wrong', () => {
  const seen = new Set<string>();

  test(
    `no promise is broken, on ${SEEDS.length} days from seed ${FIRST} on`,
    async () => {
      for (const seed of SEEDS) for (const what of (await simulate(seed)).seen) seen.add(what);
    },
    SEEDS.length * 10_000,
  );

  // One seed that was asked for need not meet everything.
  (isAskedFor ? test.skip : test)('between them these days met every end and every fault', () => {
    expect(OCCASIONS.filter((occasion) => !seen.has(occasion))).toEqual([]);
  });

  test('the same seed gives the same journal, byte for byte', async () => {
    const one = await simulate(FIRST);
    const other = await simulate(FIRST);
    expect(other.journal).toBe(one.journal);
  }, 60_000);
});
