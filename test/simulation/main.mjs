#!/usr/bin/env node
// The simulations with a seed and a count of one's own: npm run sim -- --seed 7 --runs 500; npm run sim -- --cells
// Without arguments: whole days from anywhere, then every cell of the judgement in full.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const args = process.argv.slice(2);
if (args.includes('--cells')) process.exit(cells(args.filter((arg) => arg !== '--cells')));

const { values } = parseArgs({ options: { seed: { type: 'string' }, runs: { type: 'string' } } });
// One seed asked for is one day to look at; without a seed there are many, from another place each time.
const seed = values.seed ?? String(Math.floor(Math.random() * 1_000_000_000));
const runs = values.runs ?? (values.seed === undefined ? '300' : '1');
for (const [name, value] of Object.entries({ seed, runs })) {
  if (/^\d{1,10}$/.test(value) && Number(value) <= 0xffff_ffff && (name === 'seed' || Number(value) > 0)) continue;
  console.error(`--${name} is ${value}: it must be a whole number up to 4294967295`);
  process.exit(2);
}

console.log(`simulating from seed ${seed}, ${runs} times`);
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    'test/simulation',
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, PARAPET_SIM_SEED: seed, PARAPET_SIM_RUNS: runs } },
);
const judged = args.length === 0 ? cells([]) : 0;
process.exitCode = status || judged || (status === null ? 1 : 0);

/**
 * Measures the cells of `test/judgement`.
 * @param {readonly string[]} options
 * @returns {number} the exit code
 */
function cells(options) {
  const node = ['--disable-warning=ExperimentalWarning', 'test/judgement/main.mjs', ...options];
  return spawnSync(process.execPath, node, { cwd: root, stdio: 'inherit' }).status ?? 1;
}
