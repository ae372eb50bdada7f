// What reading a remote write costs on one core, before anything is stored: messages of two thousand series, some or all of them declared.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MEASURE = fileURLToPath(new URL('./measure.mjs', import.meta.url));
/** The collector and the compiler on the same thread: what is counted is one core. */
const FLAGS = ['--single-threaded'];
const SHARES = [0, 0.1, 1];

/**
 * @typedef {{ samples: number; accepted: number; micros: number; bytes: number }} Cell
 * @param {{ say: (line: string) => void }} o
 */
export async function series({ say }) {
  const rows = [];
  for (const version of ['1', '2']) {
    say(`reading remote writes of version ${version}.0`);
    /** @type {Cell[]} */
    const cells = [];
    for (const share of SHARES) {
      const { stdout } = await run(process.execPath, [...FLAGS, MEASURE, version, String(share)]);
      cells.push(JSON.parse(stdout));
    }
    rows.push({ version, cells });
  }
  return rows;
}

/** The result as a page of text. @param {Awaited<ReturnType<typeof series>>} rows */
export function seriesTable(rows) {
  const cellsOf = (/** @type {Cell[]} */ cells, /** @type {(cell: Cell) => string} */ shown) =>
    cells.map((cell) => shown(cell).padStart(14)).join('');
  const perSecond = ({ samples, micros }) => Math.round((samples / micros) * 1e6).toLocaleString('en');
  const each = ({ samples, micros }) => (micros / samples).toFixed(2);
  return [
    `${'of 2 000 series of a message are declared'.padEnd(52)}${SHARES.map((share) => `${share * 100} %`.padStart(14)).join('')}`,
    ...rows.flatMap(({ version, cells }) => [
      `${`remote write ${version}.0: samples a second, one core`.padEnd(52)}${cellsOf(cells, perSecond)}`,
      `${'  processor time a sample, µs'.padEnd(52)}${cellsOf(cells, each)}`,
    ]),
  ].join('\n');
}
