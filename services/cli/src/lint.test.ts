import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import type { LintView } from '@parapet/contracts';
import { problem, TestWorld } from '../test/fake-parapet.js';
import { fake, folder, ok, parapet } from '../test/harness.js';
import { run } from './run.js';

const EXAMPLE = fileURLToPath(new URL('../../../examples/config/odoo-retail', import.meta.url));
const BAD = fileURLToPath(new URL('../../../libs/policy/fixtures/bad-guardrails-out-of-reach.yaml', import.meta.url));
const VIEW: LintView = {
  problems: [],
  guardrails: [
    {
      policy: 'checkout',
      environment: 'production',
      guardrail: 'order-success',
      state: 'ok',
      words: 'returns data',
      selfTest: 'saw failures times 3 after 5 min, and nothing without a fault',
      power: 'sees a fall of two points after 11 min in 90 % of cases',
    },
    {
      policy: 'checkout',
      environment: 'production',
      guardrail: 'receipts',
      state: 'waiting',
      words: 'till.receipts is declared for the first time: it starts at observe until data comes',
      selfTest: null,
      power: null,
    },
  ],
};
const WIDE = { columns: 200 };

describe('parapet lint', () => {
  it('without a Parapet says what the files show by themselves', async () => {
    const world = new TestWorld({}, WIDE);
    expect(await run(['lint', '-f', EXAMPLE], world)).toBe(0);
    expect(world.out).toBe(
      'nothing wrong; data was not asked: name a Parapet with --server to hear what guardrails can see\n',
    );
  });

  it('ends 1 with every problem at its line', async () => {
    const world = new TestWorld({}, WIDE);
    expect(await run(['lint', '-f', BAD], world)).toBe(1);
    expect(world.out).toContain('bad-guardrails-out-of-reach.yaml:34 /spec/guardrails/0/staleAfter: can never pass');
    expect(world.out).toContain('6 problems; data was not asked');
  });

  it('with one asks it, without a key since nothing changes, and says what guardrails can see', async () => {
    const world = await parapet(ok(VIEW), WIDE);
    expect(await run(['lint', '-f', EXAMPLE], world)).toBe(0);
    expect(fake.asked[0]).toMatchObject({ method: 'POST', path: '/v1/configuration/lint' });
    expect(fake.asked[0]?.headers).not.toHaveProperty('idempotency-key');
    expect(fake.asked[0]?.body).toHaveProperty('documents.length', 7);
    expect(world.out).toBe(
      [
        'checkout/order-success in production: ok',
        '  returns data',
        '  self-test: saw failures times 3 after 5 min, and nothing without a fault',
        '  at your last four weeks’ traffic this guardrail sees a fall of two points after 11 min in 90 % of cases',
        'checkout/receipts in production: waiting',
        '  till.receipts is declared for the first time: it starts at observe until data comes',
        'nothing wrong',
        '',
      ].join('\n'),
    );
  });

  it('gives problems found by data the lines that only the files know', async () => {
    const file = join(folder, 'lint.yaml');
    writeFileSync(
      file,
      '# a comment\napiVersion: parapet.dev/v1\nkind: GuardrailPolicy\nmetadata: { tenant: a, name: b }\nspec:\n  guardrails:\n    - name: x\n      signal: dead.signal\n',
    );
    const found = { file, line: 2, field: '/spec/guardrails/0/signal', problem: 'in production: returns no data now' };
    const world = await parapet(ok({ problems: [found], guardrails: [] }), WIDE);
    expect(await run(['lint', '-f', file], world)).toBe(1);
    expect(world.out).toBe(`${file}:8 /spec/guardrails/0/signal: in production: returns no data now\none problem\n`);
  });

  it('with --offline asks nobody, in JSON if asked to', async () => {
    const world = await parapet(ok(VIEW));
    expect(await run(['lint', '-f', BAD, '--offline', '--json'], world)).toBe(1);
    expect(fake.asked).toEqual([]);
    expect(JSON.parse(world.out)).toMatchObject({ problems: [{ line: 34 }, {}, {}, {}, {}, {}], guardrails: [] });
  });

  it('ends 4 where Parapet refuses', async () => {
    const world = await parapet(() => problem(403, 'forbidden', 'this needs a role'));
    expect(await run(['lint', '-f', EXAMPLE], world)).toBe(4);
  });
});

describe('parapet apply --force', () => {
  const applied = ok({
    revision: 4,
    changes: [{ kind: 'GuardrailPolicy', name: 'checkout', change: 'changed' }],
    standings: [
      {
        policy: 'checkout',
        environment: 'production',
        guardrail: 'receipts',
        declared: 'act',
        mode: 'act',
        words: 'may act without proof: a person applied it by force',
      },
    ],
  });

  it('sends the reason, and says which guardrails are not what they are declared for by proof', async () => {
    const world = await parapet(applied, WIDE);
    expect(await run(['apply', '-f', EXAMPLE, '--force', '--reason', 'the probe moves tonight'], world)).toBe(0);
    expect(fake.asked[0]?.body).toMatchObject({ force: { reason: 'the probe moves tonight' } });
    expect(world.out).toContain(
      'checkout/receipts in production: may act without proof: a person applied it by force\nrevision 4 is in force\n',
    );
  });

  it.each([
    ['force without a reason', ['--force']],
    ['a reason without force', ['--reason', 'x']],
  ])('refuses %s', async (_what, words) => {
    const world = await parapet(applied);
    expect(await run(['apply', '-f', EXAMPLE, ...words], world)).toBe(3);
    expect(world.err).toContain('--force and --reason belong together');
    expect(fake.asked).toEqual([]);
  });
});
