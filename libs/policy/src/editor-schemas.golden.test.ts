import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { golden } from '@parapet/testkit';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parseAllDocuments } from 'yaml';
import { editorSchemas, fileOf } from './editor-schemas.js';

const DOCS = new URL('../../../docs/schemas/', import.meta.url);
const EXAMPLE = new URL('../../../examples/config/odoo-retail/', import.meta.url);
const FIXTURES = new URL('../fixtures/', import.meta.url);

/** As an editor does it, with the schema that chooses by kind. */
function editor() {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  for (const [kind, schema] of editorSchemas()) if (kind !== 'any') ajv.addSchema(schema);
  return ajv.compile(editorSchemas().get('any') as object);
}

function documentsOf(folder: URL, prefix: string): [string, unknown][] {
  const files = readdirSync(fileURLToPath(folder)).filter((file) => file.startsWith(prefix) && file.endsWith('.yaml'));
  return files.flatMap((file) =>
    [...parseAllDocuments(readFileSync(new URL(file, folder), 'utf8'))].map((document, i): [string, unknown] => [
      `${file}#${i}`,
      document.toJS(),
    ]),
  );
}

describe('docs/schemas', () => {
  it.each([...editorSchemas()])('holds the schema of %s as the code has it', (kind, schema) => {
    const text = `${JSON.stringify(schema, null, 2)}\n`;
    expect(text).toBe(golden(new URL(fileOf(kind), DOCS), text));
  });

  it.each([...documentsOf(EXAMPLE, ''), ...documentsOf(FIXTURES, 'good-')])(
    'an editor finds nothing wrong with %s',
    (_name, document) => {
      const validate = editor();
      expect(validate(document) || validate.errors).toBe(true);
    },
  );

  it('an editor finds an unknown key, a wrong word and a wrong length of time', () => {
    const validate = editor();
    const [, document] = documentsOf(FIXTURES, 'bad-shapes.yaml')[0] as [string, unknown];
    expect(validate(document)).toBe(false);
    const complaints = (validate.errors ?? []).map((error) => `${error.instancePath} ${error.keyword}`);
    expect(complaints).toEqual(
      expect.arrayContaining([
        '/apiVersion const',
        '/spec/watch/duration pattern',
        '/spec/watch additionalProperties',
        '/spec/guardrails/0/mode enum',
      ]),
    );
  });
});
