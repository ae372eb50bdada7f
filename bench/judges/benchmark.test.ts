import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { rowsOf } from './benchmark.ts';
import { blockOf, MARKERS, tableOf, withBlock } from './table.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(`${ROOT}/${file}`);
const PAGES = ['libs/guardrails/README.md', 'bench/README.md'];

describe('the table of judges', () => {
  // Judging sixty releases by twelve rules takes some seconds.
  test('is what the pages say; `npm run bench -- --judges --write` writes it', () => {
    const policy = 'examples/policies/odoo-retail.yaml';
    const rows = rowsOf({
      releases: gunzipSync(read('test/fixtures/releases/releases.jsonl.gz')).toString('utf8'),
      labels: read('test/fixtures/releases/labels.json').toString('utf8'),
      policy: { file: policy, text: read(policy).toString('utf8') },
    });
    const table = tableOf([...rows]);
    for (const page of PAGES) expect({ page, table: blockOf(read(page).toString('utf8')) }).toEqual({ page, table });
  }, 300_000);

  test('is written between its markers and nowhere else', () => {
    const page = `# before\n\n${MARKERS.begin}\nold\n${MARKERS.end}\n\nafter\n`;
    const written = withBlock(page, 'new');
    expect(written).toBe(`# before\n\n${MARKERS.begin}\n\nnew\n\n${MARKERS.end}\n\nafter\n`);
    expect(blockOf(written)).toBe('new');
    expect(withBlock(written, 'new')).toBe(written);
    expect(blockOf('no markers')).toBeNull();
    expect(() => withBlock('no markers', 'new')).toThrow(/needs <!-- begin/);
  });
});
