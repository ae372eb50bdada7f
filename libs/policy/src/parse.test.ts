import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { parseDocuments, describeProblem } from './index.js';

const EXAMPLE = new URL('../../../examples/config/odoo-retail/', import.meta.url);

describe('x', () => {
  it('y', () => {
    const files = readdirSync(fileURLToPath(EXAMPLE)).map((file) => ({ file, text: readFileSync(new URL(file, EXAMPLE), 'utf8') }));
    const r = parseDocuments(files);
    if ('problems' in r) throw new Error(r.problems.map(describeProblem).join('\n'));
    expect(r.documents.length).toBe(6);
  });
});
