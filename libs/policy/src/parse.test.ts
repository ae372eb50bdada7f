import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { checkDocuments, documentDigest, type InForce, KINDS, parseDocuments } from './index.js';

const text = readFileSync(new URL('../fixtures/good-minimal.yaml', import.meta.url), 'utf8');

function inForce(): InForce[] {
  const parsed = parseDocuments([{ file: 'minimal.yaml', text }]);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.documents.map(({ tenant, kind, name, spec }) => ({ tenant, kind, name, spec }));
}

const policy = (name: string, signal: string) => ({
  apiVersion: 'parapet.dev/v1',
  kind: 'GuardrailPolicy',
  metadata: { tenant: 'acme-retail', name },
  spec: { guardrails: [{ name: 'a', signal, test: { kind: 'proportion', against: 'baseline' }, mode: 'act' }] },
});

describe('documents', () => {
  it('are stored as written, with kind, name, tenant, line and digest', () => {
    const parsed = parseDocuments([{ file: 'minimal.yaml', text }]);
    expect(
      'documents' in parsed && parsed.documents.map(({ kind, name, tenant, line }) => ({ kind, name, tenant, line })),
    ).toEqual([
      { kind: 'Tenant', name: 'acme-retail', tenant: 'acme-retail', line: 1 },
      { kind: 'Workload', name: 'odoo-retail', tenant: 'acme-retail', line: 7 },
      { kind: 'GuardrailPolicy', name: 'carts', tenant: 'acme-retail', line: 18 },
      { kind: 'DecisionPolicy', name: 'ask', tenant: 'acme-retail', line: 38 },
      { kind: 'SignalSource', name: 'scripts', tenant: 'acme-retail', line: 44 },
    ]);
    const ask = 'documents' in parsed ? parsed.documents.find((one) => one.name === 'ask') : undefined;
    expect(ask?.spec).toEqual({ rules: [{ name: 'ask', then: 'propose' }] });
    expect(ask?.digest).toBe(documentDigest({ rules: [{ then: 'propose', name: 'ask' }] }));
  });

  it('belong to no tenant of our own name, under which our heartbeat travels', () => {
    const document = { ...policy('other', 'checkout.failures'), metadata: { tenant: 'parapet', name: 'other' } };
    expect(checkDocuments([{ file: 'p.yaml', line: 3, document }], inForce())).toEqual({
      problems: [expect.objectContaining({ problem: '"parapet" is our own name and no tenant\'s' })],
    });
  });

  it('may name neighbours that are in force already', () => {
    const documents = [{ file: 'p.yaml', line: 3, document: policy('other', 'checkout.failures') }];
    expect(checkDocuments(documents)).toHaveProperty('problems');
    const parsed = checkDocuments(documents, inForce());
    expect('documents' in parsed && parsed.documents.map((one) => one.name)).toEqual(['other']);
  });

  it('are held against those in force that they would break', () => {
    const source = {
      apiVersion: 'parapet.dev/v1',
      kind: 'SignalSource',
      metadata: { tenant: 'acme-retail', name: 'scripts' },
    };
    const spec = {
      kind: 'samples',
      credentials: [{ env: 'S' }],
      environments: ['production'],
      signals: [{ name: 'shop.carts.open', unit: 'carts', badDirection: 'low' }],
    };
    const parsed = checkDocuments([{ file: 's.yaml', line: 1, document: { ...source, spec } }], inForce());
    expect(parsed).toEqual({
      problems: [
        expect.objectContaining({ file: 'stored GuardrailPolicy carts', field: '/spec/guardrails/0/signal' }),
        expect.objectContaining({ file: 'stored GuardrailPolicy carts', field: '/spec/guardrails/1/signal' }),
      ],
    });
  });

  it('over the wire keep the line that the sender gave', () => {
    const parsed = checkDocuments([{ file: 'p.yaml', line: 12, document: policy('p', 'nobody.knows') }], inForce());
    expect(parsed).toEqual({
      problems: [expect.objectContaining({ file: 'p.yaml', line: 12, field: '/spec/guardrails/0/signal' })],
    });
  });

  it('of two files may name each other, in any order', () => {
    const [first, ...rest] = text.split('---\n');
    const files = [
      { file: 'b.yaml', text: rest.join('---\n') },
      { file: 'a.yaml', text: first as string },
    ];
    expect(parseDocuments(files)).toHaveProperty('documents');
  });

  it('never repeat a secret that was written where a reference belongs', () => {
    const token = 'ppt_this-is-my-token';
    const parsed = parseDocuments([
      {
        file: 't.yaml',
        text: `apiVersion: parapet.dev/v1\nkind: Tenant\nmetadata: {name: a}\nspec:\n  environments: [{name: p}]\n  access: [{subject: x, roles: [viewer], credentials: [{sha256: ${token}}, ${token}]}]\n`,
      },
    ]);
    expect(parsed).toHaveProperty('problems');
    expect(JSON.stringify(parsed)).not.toContain(token);
  });

  it('never repeat the password of an address', () => {
    const workload = {
      apiVersion: 'parapet.dev/v1',
      kind: 'Workload',
      metadata: { tenant: 'a', name: 'b' },
      spec: { targets: [{ url: 'ftp://odoo:s3cret@db/odoo' }] },
    };
    const parsed = checkDocuments([{ file: 'w.yaml', line: 1, document: workload }]);
    expect(JSON.stringify(parsed)).toContain('ftp://…@db/odoo');
    expect(JSON.stringify(parsed)).not.toContain('s3cret');
  });

  it('that multiply by aliases are refused, not resolved', () => {
    const bomb = [
      'a: &a [x, x, x, x, x, x, x, x, x]',
      ...'bcdefg'.split('').map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[i]}`).join(', ')}]`),
    ].join('\n');
    expect(parseDocuments([{ file: 'bomb.yaml', text: bomb }])).toEqual({
      problems: [expect.objectContaining({ problem: expect.stringContaining('not YAML: Excessive alias count') })],
    });
  });

  it('are nothing or problems, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), (garbage) => {
        const parsed = parseDocuments([{ file: 'x.yaml', text: garbage }]);
        expect('problems' in parsed ? parsed.problems.length > 0 : parsed.documents.length === 0).toBe(true);
      }),
    );
  });

  it('that are any JSON at all are problems with a file and a line', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...KINDS), (spec, kind) => {
        const document = {
          apiVersion: 'parapet.dev/v1',
          kind,
          metadata: { tenant: 'acme-retail', name: 'acme-retail' },
          spec,
        };
        const parsed = checkDocuments([{ file: 'x.yaml', line: 4, document }]);
        expect(parsed).toEqual({
          problems: expect.arrayContaining([expect.objectContaining({ file: 'x.yaml', line: 4 })]),
        });
      }),
    );
  });
});
