import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseDocuments } from '../parse.js';

const EXAMPLE = new URL('../../../../examples/config/odoo-retail/', import.meta.url);
const FILES = readdirSync(EXAMPLE).map((file) => ({ file, text: readFileSync(new URL(file, EXAMPLE), 'utf8') }));

const SQL = (more = '', every = '60s') =>
  `{ name: sql, kind: odoo-sql, environment: production, every: ${every}, settings: { connection: { env: U } ${more} } }`;
const SLOW = SQL(', kpis: [stock-sanity]', '10m').replace('name: sql', 'name: slow');
const RPC = (more = '') =>
  `{ name: rpc, kind: odoo-rpc, environment: production, settings: { url: 'https://o.example', database: d, login: l, apiKey: { env: K } ${more} } }`;
const POSTGRES = (more = '') =>
  `{ name: db, kind: postgres, environment: production, settings: { connection: { env: U } ${more} } }`;

/** What is said of one guardrail on a signal, with these probes in the workload. */
function problems(signal: string, ...probes: readonly string[]): readonly string[] {
  const own = {
    file: 'own.yaml',
    text: `
apiVersion: parapet.dev/v1
kind: Workload
metadata: { tenant: acme-retail, name: shop }
spec:
  criticality: low
  guardrailPolicy: own
  decisionPolicy: careful
  components: [{ name: web, target: web }]
  targets: [{ name: web, kind: webhook, url: https://deploy.acme.example/web, secret: { env: WEB_SECRET } }]
  probes: [${probes.join(', ')}]
---
apiVersion: parapet.dev/v1
kind: GuardrailPolicy
metadata: { tenant: acme-retail, name: own }
spec:
  guardrails: [{ name: one, signal: ${signal}, test: { kind: threshold, above: 0.5, for: 2m, maxGap: 3m }, mode: propose, staleAfter: 5m }]
`,
  };
  const parsed = parseDocuments([...FILES, own]);
  return 'problems' in parsed ? parsed.problems.map(({ problem }) => problem) : [];
}

const leftOut = (signal: string, kpi: string, probes: string) =>
  `"${signal}" is the KPI ${kpi}, which ${probes} of Workload "shop" leaves out`;
const OVERDUE = 'odoo.cron_health.overdue';
const DELAY = 'odoo.pos.sync.delay';

describe('a signal that a probe brings along', () => {
  it.each<[string, string, readonly string[], readonly string[]]>([
    [
      'no probe',
      DELAY,
      [],
      [`"${DELAY}" is measured by a probe of kind odoo-sql or odoo-rpc, and Workload "shop" has none`],
    ],
    [
      'a probe of another kind',
      DELAY,
      [POSTGRES()],
      [`"${DELAY}" is measured by a probe of kind odoo-sql or odoo-rpc, and Workload "shop" has none`],
    ],
    ['SQL without a list', DELAY, [SQL()], []],
    ['the API alone, without a list', DELAY, [RPC()], []],
    ['a list with its KPI', DELAY, [SQL(', kpis: [pos-sync]')], []],
    [
      'a list without its KPI',
      DELAY,
      [SQL(', kpis: [order-success]')],
      [leftOut(DELAY, 'pos-sync', 'the probe "sql"')],
    ],
    [
      'two lists without its KPI',
      DELAY,
      [SQL(', kpis: [order-success]'), RPC(', kpis: [order-success]')],
      [leftOut(DELAY, 'pos-sync', 'each of the probes "sql", "rpc"')],
    ],
    ['one of two lists with its KPI', DELAY, [SQL(', kpis: [order-success]'), RPC(', kpis: [pos-sync]')], []],
    [
      'a KPI that needs another setting, which is not there',
      'odoo.price_config_diff.differ',
      [SQL()],
      [leftOut('odoo.price_config_diff.differ', 'price-config', 'the probe "sql"')],
    ],
    [
      'a KPI that needs another setting, which is there',
      'odoo.price_config_diff.differ',
      [SQL(', pricelists: [1, 2]')],
      [],
    ],
    [
      'a column of another KPI than its name says',
      'odoo.pos_broken.rescue_open',
      [SQL(', kpis: [pos-broken]')],
      [leftOut('odoo.pos_broken.rescue_open', 'pos-sessions', 'the probe "sql"')],
    ],
    ['the API, which needs a right for it', OVERDUE, [RPC()], [leftOut(OVERDUE, 'cron-health', 'the probe "rpc"')]],
    ['the API with that right', OVERDUE, [RPC(', kpis: [cron-health]')], []],
    [
      'the API, which cannot tell it',
      'odoo.stock_sanity.over_reserved',
      [RPC()],
      ['"odoo.stock_sanity.over_reserved" is measured by a probe of kind odoo-sql, and Workload "shop" has none'],
    ],
    [
      'a KPI of PostgreSQL that is left out',
      'postgres.lock.wait',
      [POSTGRES(', kpis: [vacuum]')],
      [leftOut('postgres.lock.wait', 'locks', 'the probe "db"')],
    ],
    ['a KPI of PostgreSQL that is measured', 'postgres.lock.wait', [POSTGRES()], []],
    ['a slow probe beside, which leaves it out: its rhythm is another’s', DELAY, [SQL(), SLOW], []],
  ])('with %s: %s', (_, signal, probes, said) => {
    expect(problems(signal, ...probes)).toEqual(said);
  });

  it('comes as often as the slowest of the probes that measure it, and must do within its patience', () => {
    expect(problems(DELAY, SQL('', '10m'), RPC())).toEqual([
      `can never pass: "${DELAY}" comes every 600 s, and is stale before it comes again`,
      `can never be breached: "${DELAY}" comes every 600 s, and its patience begins anew with each`,
    ]);
  });
});
