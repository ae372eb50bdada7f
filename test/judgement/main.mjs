#!/usr/bin/env node
// Every cell in full, a process each: npm run sim -- --cells [--only TEXT] [--runs N] [--seed N] [--jobs N] [--json] [--write]
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    runs: { type: 'string' },
    seed: { type: 'string', default: '20261123' },
    jobs: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    // One cell by its place, in this process; what the others are started with.
    cell: { type: 'string' },
  },
});
for (const name of /** @type {const} */ (['runs', 'seed', 'jobs', 'cell'])) {
  const text = values[name];
  if (text === undefined || (/^\d{1,10}$/.test(text) && (name === 'cell' || name === 'seed' || Number(text) > 0)))
    continue;
  console.error(`--${name} is ${text}: it must be a whole number`);
  process.exit(2);
}
if (values.write && values.only !== undefined) {
  console.error('--write writes the whole table, which --only does not measure');
  process.exit(2);
}
const root = fileURLToPath(new URL('../..', import.meta.url));
const self = fileURLToPath(import.meta.url);

if (values.cell === undefined) {
  // The cells run what is built: at its full speed, which a test runner's context does not have.
  const build = spawnSync('node_modules/.bin/tsc', ['-b', 'libs/guardrails'], { cwd: root, stdio: 'inherit' });
  if (build.status !== 0) process.exit(build.status ?? 1);
}
const { CELLS, contradiction, lineOf, measure } = await import('./cells.ts');
const { tableOf, withBlock } = await import('./table.ts');
const seed = Number(values.seed);

if (values.cell === undefined) await all();
else one(Number(values.cell));

/** @param {number} index */
function one(index) {
  const cell = CELLS[index];
  if (cell === undefined) throw new Error(`there is no cell ${index}`);
  const measured = measure(cell, Number(values.runs ?? cell.runs.long), seed);
  const result = {
    name: cell.name,
    line: lineOf(cell, measured),
    contradiction: contradiction(cell.requirement, measured),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

async function all() {
  const indices = CELLS.flatMap((cell, i) => (cell.name.includes(values.only ?? '') ? [i] : []));
  if (indices.length === 0) {
    console.error(`--only ${values.only}: no cell's name holds that`);
    process.exit(2);
  }
  /** @type {Map<number, { name: string; line: string[]; contradiction: string | null }>} */
  const results = new Map();
  const queue = [...indices];
  const work = async () => {
    for (let index = queue.shift(); index !== undefined; index = queue.shift()) {
      const result = await child(index);
      results.set(index, result);
      process.stderr.write(
        `${results.size}/${indices.length} ${result.line.filter((text) => text !== '').join(' · ')}\n`,
      );
    }
  };
  await Promise.all(Array.from({ length: Math.min(Number(values.jobs), indices.length) }, work));
  const done = indices.flatMap((index) => results.get(index) ?? []);
  const table = tableOf(done.map(({ line }) => line));
  process.stdout.write(values.json ? `${JSON.stringify(done, null, 2)}\n` : `seed ${seed}\n\n${table}\n`);
  if (values.write) {
    const page = `${root}libs/guardrails/README.md`;
    writeFileSync(page, withBlock(readFileSync(page, 'utf8'), table));
  }
  for (const { name, contradiction: what } of done) {
    if (what === null) continue;
    const { explained } = CELLS.find((cell) => cell.name === name) ?? {};
    process.stderr.write(`NOT REACHED: ${name}: ${what}${explained === undefined ? '' : `; ${explained}`}\n`);
    if (explained === undefined) process.exitCode = 1;
  }
}

/**
 * @param {number} index
 * @returns {Promise<{ name: string; line: string[]; contradiction: string | null }>}
 */
function child(index) {
  const args = ['--disable-warning=ExperimentalWarning', self, '--cell', String(index), '--seed', String(seed)];
  if (values.runs !== undefined) args.push('--runs', values.runs);
  return new Promise((resolve, reject) => {
    const process_ = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    process_.stdout.setEncoding('utf8').on('data', (part) => (text += part));
    process_.on('error', reject);
    process_.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(text));
      else reject(new Error(`cell ${index} ended with ${code}`));
    });
  });
}
