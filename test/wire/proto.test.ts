import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, cpSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BIN = join(ROOT, 'node_modules', '.bin');
const PROTO = join(ROOT, 'proto');
const GENERATED = join(ROOT, 'libs/contracts/src/generated/parapet/v1');

function buf(folder: string, ...args: string[]): string {
  const env = {
    ...process.env,
    PATH: `${BIN}${delimiter}${process.env['PATH'] ?? ''}`,
    BUF_CACHE_DIR: join(scratch, 'cache'),
  };
  return execFileSync(join(BIN, 'buf'), args, {
    cwd: folder,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** What buf says when it objects. */
function objection(folder: string, ...args: string[]): string {
  try {
    buf(folder, ...args);
    return '';
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'parapet-proto-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('proto/', () => {
  it('is well formed', () => {
    expect(objection(PROTO, 'lint')).toBe('');
  });

  it('breaks nothing that the baseline promised', () => {
    expect(objection(PROTO, 'breaking', '--against', 'baseline.binpb')).toBe('');
  });

  it.each([
    ['a renamed field', 'string headline = 6;', 'string title = 6;', 'changed name from "headline" to "title"'],
    ['a removed field', 'string page = 13;', '', 'Previously present field "13"'],
    [
      'a text that becomes a number',
      'string on_expiry = 11;',
      'double on_expiry = 11;',
      'changed type from "string" to "double"',
    ],
  ])('objects to %s', (_what, before, after, complaint) => {
    const changed = mkdtempSync(join(scratch, 'changed-'));
    cpSync(PROTO, changed, { recursive: true });
    const file = join(changed, 'parapet/v1/proposal.proto');
    const text = readFileSync(file, 'utf8');
    expect(text).toContain(before);
    writeFileSync(file, text.replace(before, after));
    expect(objection(changed, 'breaking', '--against', 'baseline.binpb')).toContain(complaint);
  });

  it('is what the TypeScript was generated from (npm run proto)', () => {
    const template = parse(readFileSync(join(PROTO, 'buf.gen.yaml'), 'utf8')) as {
      clean?: boolean;
      plugins: { out: string }[];
    };
    const out = join(scratch, 'generated');
    const plugins = template.plugins.map((plugin) => ({ ...plugin, out }));
    buf(PROTO, 'generate', '--template', JSON.stringify({ ...template, clean: false, plugins }));
    const fresh = join(out, 'parapet/v1');
    expect(readdirSync(GENERATED).sort()).toEqual(readdirSync(fresh).sort());
    for (const file of readdirSync(fresh)) {
      expect({ file, text: readFileSync(join(GENERATED, file), 'utf8') }).toEqual({
        file,
        text: readFileSync(join(fresh, file), 'utf8'),
      });
    }
  });
});
