import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { problem, TestWorld } from '../test/fake-parapet.js';
import { fake, folder, ok, parapet } from '../test/harness.js';
import { run } from './run.js';

describe('parapet apply', () => {
  const example = fileURLToPath(new URL('../../../examples/config/odoo-retail', import.meta.url));
  const applied = ok({
    revision: 3,
    changes: [
      { kind: 'Tenant', name: 'acme-retail', change: 'created' },
      { kind: 'Workload', name: 'odoo-retail', change: 'unchanged' },
    ],
  });

  it('sends every document of a folder with its file and line', async () => {
    const world = await parapet(applied);
    expect(await run(['apply', '-f', example], world)).toBe(0);
    const { documents, dryRun } = fake.asked[0]!.body as {
      documents: { file: string; line: number; document: { kind: string } }[];
      dryRun: boolean;
    };
    expect(documents.map(({ document }) => document.kind)).toEqual([
      'TradingCalendar',
      'DecisionPolicy',
      'GuardrailPolicy',
      'SignalSource',
      'SignalSource',
      'Tenant',
      'Workload',
    ]);
    expect(documents[4]).toMatchObject({ file: join(example, 'signal-sources.yaml'), line: 17 });
    expect(dryRun).toBe(false);
    expect(world.out).toBe(
      'CHANGE     KIND      NAME\ncreated    Tenant    acme-retail\nunchanged  Workload  odoo-retail\nrevision 3 is in force\n',
    );
  });

  it('gives problems found by Parapet the lines that only the files know', async () => {
    const file = join(folder, 'policy.yaml');
    writeFileSync(
      file,
      '# a comment\napiVersion: parapet.dev/v1\nkind: GuardrailPolicy\nmetadata: { tenant: a, name: b }\nspec:\n  guardrails:\n    - name: x\n      signal: nobody.knows\n',
    );
    const found = {
      file,
      line: 2,
      field: '/spec/guardrails/0/signal',
      problem: 'nobody declares it',
      allowed: 'odoo.order.success',
    };
    const world = await parapet(() => problem(422, 'invalid-configuration', '1 problem', { problems: [found] }));
    expect(await run(['apply', '-f', file], world)).toBe(3);
    expect(world.err).toBe(
      `${file}:8 /spec/guardrails/0/signal: nobody declares it (allowed: odoo.order.success)\none problem; nothing was changed\n`,
    );
  });

  it('does not send what cannot be read, and tells every other problem with it', async () => {
    const bad = join(folder, 'bad');
    rmSync(bad, { recursive: true, force: true });
    mkdirSync(bad);
    writeFileSync(join(bad, 'a.yaml'), 'a: [\n');
    writeFileSync(join(bad, 'b.yml'), 'kind: Tennant\n');
    writeFileSync(join(bad, 'notes.txt'), 'not configuration');
    const world = await parapet(applied);
    expect(await run(['apply', '-f', bad, '--json'], world)).toBe(3);
    expect(JSON.parse(world.err)).toMatchObject({
      error: 'invalid-configuration',
      problems: [{ file: join(bad, 'a.yaml') }, { file: join(bad, 'b.yml'), line: 1, field: '/kind' }],
    });
    expect(fake.asked).toEqual([]);
  });

  it('with --dry-run changes nothing and says so', async () => {
    const world = await parapet(applied);
    await run(['apply', '-f', example, '--dry-run'], world);
    expect(fake.asked[0]?.body).toMatchObject({ dryRun: true });
    expect(world.out).toContain('nothing was changed (--dry-run)');
  });

  it('with --offline needs neither Parapet nor a token', async () => {
    const world = new TestWorld();
    expect(await run(['apply', '-f', example, '--offline'], world)).toBe(0);
    expect(world.out).toBe('7 documents, nothing wrong with them\n');
    const bad = fileURLToPath(new URL('../../../libs/policy/fixtures/bad-decision-table.yaml', import.meta.url));
    expect(await run(['apply', '-f', bad, '--offline'], world)).toBe(3);
    expect(world.err).toContain('did you mean "high"?');
  });

  it.each([
    ['a path that is not there', () => join(folder, 'nowhere'), /cannot read .*nowhere: ENOENT/],
    [
      'files without documents',
      () => {
        writeFileSync(join(folder, 'empty.yaml'), '# nothing\n');
        return join(folder, 'empty.yaml');
      },
      /there are no documents/,
    ],
  ])('ends 3 for %s', async (_what, path, message) => {
    const world = await parapet(applied);
    expect(await run(['apply', '-f', path()], world)).toBe(3);
    expect(world.err).toMatch(message);
  });
});
