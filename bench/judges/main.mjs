#!/usr/bin/env node
// The peers' decision rules and ours on the same labelled releases. Nothing in the table depends on the machine.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The pages that hold the table. */
export const PAGES = ['libs/guardrails/README.md', 'bench/README.md'];

/**
 * Judges, and says how it goes.
 * @param {{ releases?: string; labels?: string; policy?: string; say?: (line: string) => void }} [o]
 */
export async function judges(o = {}) {
  const { rowsOf } = await import('./benchmark.ts');
  const text = (/** @type {string} */ file) => {
    const bytes = readFileSync(new URL(file, `file://${ROOT}`));
    return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  };
  const policy = o.policy ?? 'examples/policies/odoo-retail.yaml';
  const benchmark = {
    releases: text(o.releases ?? 'test/fixtures/releases/releases.jsonl.gz'),
    labels: text(o.labels ?? 'test/fixtures/releases/labels.json'),
    policy: { file: policy, text: text(policy) },
  };
  const rows = [];
  for (const row of rowsOf(benchmark)) {
    o.say?.(`${row.name}: ${row.all.falseRollbacks.count} false rollbacks, ${row.strong.missed.count} strong missed`);
    rows.push(row);
  }
  return rows;
}

/** The command; also behind `npm run bench -- --judges`. */
export async function main(/** @type {string[]} */ args) {
  const { values } = parseArgs({
    args,
    options: {
      releases: { type: 'string' },
      labels: { type: 'string' },
      policy: { type: 'string' },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  });
  const { tableOf, withBlock } = await import('./table.ts');
  const { json, write, ...files } = values;
  const rows = await judges({ ...files, say: (line) => void process.stderr.write(`${line}\n`) });
  process.stdout.write(json ? `${JSON.stringify(rows, null, 2)}\n` : `${tableOf(rows)}\n`);
  if (!write) return;
  for (const page of PAGES) {
    const url = new URL(page, `file://${ROOT}`);
    writeFileSync(url, withBlock(readFileSync(url, 'utf8'), tableOf(rows)));
    process.stderr.write(`written: ${page}\n`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
