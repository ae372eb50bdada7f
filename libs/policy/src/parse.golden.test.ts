import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { golden } from '@parapet/testkit';
import { describeProblem, parseDocuments } from './index.js';

const FIXTURES = new URL('../fixtures/', import.meta.url);
const EXAMPLES = new URL('../../../examples/config/', import.meta.url);

const yamlIn = (folder: URL) => readdirSync(fileURLToPath(folder)).filter((file) => file.endsWith('.yaml'));
const read = (folder: URL, file: string) => ({ file, text: readFileSync(new URL(file, folder), 'utf8') });

describe('fixtures', () => {
  it.each(yamlIn(FIXTURES).filter((file) => file.startsWith('good-')))('%s is taken', (file) => {
    const parsed = parseDocuments([read(FIXTURES, file)]);
    expect('problems' in parsed ? parsed.problems.map(describeProblem) : []).toEqual([]);
  });

  it.each(yamlIn(FIXTURES).filter((file) => file.startsWith('bad-')))(
    '%s: every problem at once, with line and what is allowed',
    (file) => {
      const parsed = parseDocuments([read(FIXTURES, file)]);
      const text =
        'problems' in parsed
          ? parsed.problems.map((problem) => `${describeProblem(problem)}\n`).join('')
          : 'no problem\n';
      expect(text).toBe(golden(new URL(file.replace('.yaml', '.problems.txt'), FIXTURES), text));
      expect(text).not.toBe('no problem\n');
    },
  );
});

describe('examples', () => {
  it.each(readdirSync(fileURLToPath(EXAMPLES)))('config/%s is taken whole and is about one tenant', (name) => {
    const folder = new URL(`${name}/`, EXAMPLES);
    const parsed = parseDocuments(yamlIn(folder).map((file) => read(folder, file)));
    expect('problems' in parsed ? parsed.problems.map(describeProblem) : []).toEqual([]);
    // An empty folder has no problems either; an example declares at least whom and what it guards.
    const documents = 'documents' in parsed ? parsed.documents : [];
    expect(documents.map((document) => document.kind)).toEqual(
      expect.arrayContaining(['Tenant', 'Workload', 'GuardrailPolicy', 'DecisionPolicy']),
    );
    expect(new Set(documents.map((document) => document.tenant)).size).toBe(1);
  });
});
