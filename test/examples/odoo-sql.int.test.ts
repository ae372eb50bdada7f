import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BUILT_IN_SIGNALS, parseDocuments, type ProbeConfiguration } from '@parapet/policy';
import { KPIS, makeProbe, type MeasurementFailed, odooSqlSettings } from '@parapet/probes';
import { startPostgres, type TestPostgres } from '@parapet/testkit';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { loadSnapshot, makeShop, type ShopDatabase } from '../../libs/probes/fixtures/odoo/load.js';
import { run } from '../../services/cli/src/run.js';
import { TestWorld } from '../../services/cli/test/fake-parapet.js';
import { snippetsOf } from '../../services/metrics-ingestion/test/snippets.js';

/** docs/sources/odoo-sql.md: what is pasted does what the page says, on the recorded tables of Odoo 19. */

const PAGE = readFileSync(new URL('../../docs/sources/odoo-sql.md', import.meta.url), 'utf8');
const EXAMPLE = new URL('../../examples/config/odoo-retail/', import.meta.url);
const [pastedProbes, pastedGuardrails] = snippetsOf('odoo-sql.md', 'yaml').map((text) => parse(text)) as [
  { probes: unknown[] },
  { guardrails: { name: string }[] },
];

/** The example's configuration with what is pasted in its place. */
function configuration() {
  const files = ['tenant', 'workload', 'guardrails', 'decisions', 'calendar', 'signal-sources'].map((name) => {
    const text = readFileSync(new URL(`${name}.yaml`, EXAMPLE), 'utf8');
    const documents = parseAllDocuments(text).map((document) => document.toJS() as { kind: string; spec: object });
    const pasted = documents.map(({ kind, spec, ...rest }) => {
      if (kind === 'Workload') return { kind, ...rest, spec: { ...spec, ...pastedProbes } };
      if (kind === 'GuardrailPolicy') return { kind, ...rest, spec: { ...spec, ...pastedGuardrails } };
      return { kind, ...rest, spec };
    });
    return { file: `${name}.yaml`, text: pasted.map((document) => stringify(document)).join('---\n') };
  });
  return parseDocuments(files);
}

describe('docs/sources/odoo-sql.md', () => {
  it('begins with what to paste', () => {
    expect(PAGE.indexOf('\n```')).toBeLessThan(400);
  });

  it('has a probe and guardrails that Parapet takes as they stand', () => {
    const parsed = configuration();
    expect('problems' in parsed ? parsed.problems : []).toEqual([]);
    expect(pastedGuardrails.guardrails.length).toBeGreaterThan(10);
  });

  it('names every KPI with every signal of it, and every setting', () => {
    const rows = PAGE.split('\n').filter((line) => line.startsWith('| `'));
    const named = rows.flatMap((line) =>
      [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name),
    );
    expect(KPIS.filter((kpi) => !named.includes(kpi))).toEqual([]);
    expect(Object.keys(odooSqlSettings.shape).filter((name) => name !== 'connection' && !named.includes(name))).toEqual(
      [],
    );
    const words = new Set([...PAGE.matchAll(/`([^`\n]+)`/g)].map(([, word]) => word));
    const signals = BUILT_IN_SIGNALS.filter(({ probe }) => probe === 'odoo-sql').map(({ name }) => name);
    const unnamed = signals.filter((name) => {
      const [kpi, column] = [name.slice(0, name.lastIndexOf('.') + 1), name.slice(name.lastIndexOf('.') + 1)];
      return !words.has(name) && !(words.has(kpi) && words.has(column));
    });
    expect(unnamed).toEqual([]);
  });
});

describe('what is pasted', () => {
  let postgres: TestPostgres;
  let shop: ShopDatabase;

  beforeAll(async () => {
    postgres = await startPostgres();
    shop = await makeShop(postgres.adminUrl, '19', 'shop');
    await loadSnapshot(shop.admin, '19', 's2-incident');
  }, 60_000);
  afterAll(async () => {
    delete process.env['ODOO_DATABASE_URL'];
    await shop.end();
    await postgres.stop();
  });

  it('makes the role, and measures everything that this Odoo has', async () => {
    const [commands] = snippetsOf('odoo-sql.md', 'sh');
    const [, args] = /^parapet (.*) > \S+\.sql$/m.exec(commands ?? '') ?? [];
    const world = new TestWorld();
    expect(await run((args ?? '').split(' '), world)).toBe(0);
    await shop.admin.query(world.out);
    await shop.admin.query(`ALTER ROLE parapet_reader PASSWORD 'pasted'`);
    const url = new URL(shop.readerUrl);
    [url.username, url.password] = ['parapet_reader', 'pasted'];
    process.env['ODOO_DATABASE_URL'] = url.href;

    const parsed = configuration();
    if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
    const workload = parsed.documents.find(({ kind }) => kind === 'Workload')?.spec as unknown as {
      probes: ProbeConfiguration[];
    };
    const [declared] = workload.probes as [ProbeConfiguration];
    const probe = makeProbe(
      { tenant: 'acme-retail', workload: 'odoo-retail', probe: { ...declared, everyMs: 60_000 } },
      () => 0,
    );
    if ('problems' in probe) throw new Error(probe.problems.join('\n'));
    const toMs = Date.parse('2026-09-15T12:00:00Z');
    const outcomes: Record<string, string[]> = {};
    for (const measure of probe.measures) {
      const outcome = await measure.measure([{ fromMs: toMs - 2 * 3_600_000, toMs }]).then(
        ({ measurements }) => (measurements[0]?.isTruncated === false ? 'measured' : 'truncated'),
        (failure: MeasurementFailed) => failure.reason,
      );
      outcomes[outcome] = [...(outcomes[outcome] ?? []), measure.kpi];
    }
    await probe.close();
    expect(outcomes['missing']).toEqual(['pos-sequence-gaps', 'queue-job']);
    expect(Object.keys(outcomes).sort()).toEqual(['measured', 'missing']);
    // Two are not in 19, and three need a setting that is not pasted.
    expect(outcomes['measured']).toHaveLength(KPIS.length - 5);
  });
});
