// How many samples a second the pure judgement takes, with few and with many releases watched beside each other.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { GUARDRAILS_PER_RELEASE, KINDS } from './watches.mjs';

const run = promisify(execFile);
const MEASURE = fileURLToPath(new URL('./measure.mjs', import.meta.url));
/** Everything on one thread, the collector and the compiler included: what is counted is one core. */
const FLAGS = ['--expose-gc', '--single-threaded', '--max-old-space-size=4096'];
const FEW = { releases: 10, loops: 200 };
const MANY = { releases: 10_000, loops: 1 };

/**
 * @typedef {object} Cell
 * @property {number} releases watched beside each other
 * @property {number} samples how many were judged
 * @property {number} microsPerSample processor time
 * @property {number} collectorShare of that time, the part of the garbage collector
 * @property {number} bytesPerRelease specification, plan and state
 */

/**
 * @param {{ say: (line: string) => void }} o
 */
export async function judgement({ say }) {
  say('judging with 10 releases watched');
  const few = await cell(FEW);
  say('judging with 10 000 releases watched');
  const many = await cell(MANY);
  return { guardrails: GUARDRAILS_PER_RELEASE, kinds: KINDS, few, many };
}

/**
 * @param {{ releases: number; loops: number }} o
 * @returns {Promise<Cell>}
 */
async function cell({ releases, loops }) {
  const { stdout } = await run(process.execPath, [...FLAGS, MEASURE, String(releases), String(loops)]);
  return JSON.parse(stdout);
}

/**
 * What was measured, and what each figure is a ratio of.
 * @param {Awaited<ReturnType<typeof judgement>>} result
 */
export function judgementTable({ guardrails, kinds, few, many }) {
  const own = (/** @type {Cell} */ { microsPerSample, collectorShare }) => microsPerSample * (1 - collectorShare);
  const us = (/** @type {number} */ micros) => `${micros.toFixed(2)} µs`;
  const row = (/** @type {string} */ name, /** @type {string} */ a, /** @type {string} */ b) =>
    `${name.padEnd(58)}${a.padStart(14)}${b.padStart(18)}`;
  const rate = (/** @type {Cell} */ c) => Math.round(1e6 / c.microsPerSample).toLocaleString('en-US');
  const bytes = (/** @type {Cell} */ c) => `${(c.bytesPerRelease / 1024).toFixed(0)} KiB`;
  return [
    `${guardrails} guardrails a release (${kinds.join(', ')}), the verdict current after every sample, one core`,
    '',
    row('releases watched', String(few.releases), String(many.releases)),
    row('samples a second', rate(few), rate(many)),
    row('processor time a sample', us(few.microsPerSample), us(many.microsPerSample)),
    row('  of it the judgement, without the garbage collector', us(own(few)), us(own(many))),
    row('memory a release: specification, plan and state', bytes(few), bytes(many)),
    row('memory of all', '', `${((many.bytesPerRelease * many.releases) / 2 ** 20).toFixed(0)} MiB`),
    row(
      'ratio of the time a sample, many releases to few',
      '',
      (many.microsPerSample / few.microsPerSample).toFixed(2),
    ),
    row('  without the garbage collector', '', (own(many) / own(few)).toFixed(2)),
  ].join('\n');
}
