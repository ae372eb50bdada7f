import { expect, test } from '@jest/globals';
import { BUILT_IN_SIGNALS, doesMeasure, type ProbeConfiguration } from '@parapet/policy';
import { makeProbe } from './kinds.js';

/** What is needed to make a probe of each kind whose settings choose what to measure; nothing is asked of anybody. */
const NEEDED: readonly (readonly [ProbeConfiguration['kind'], Readonly<Record<string, unknown>>])[] = [
  [
    'odoo-sql',
    {
      connection: { env: 'U' },
      pricelists: [1, 2],
      logDb: true,
      queues: [{ name: 'market', sql: 'SELECT 1 AS depth, 1 AS oldest_s' }],
    },
  ],
  ['odoo-rpc', { url: 'https://o.example', database: 'd', login: 'l', apiKey: { env: 'K' } }],
  ['postgres', { connection: { env: 'U' } }],
  ['kubernetes', { namespaces: ['shop'] }],
];

function signalsWith(kind: ProbeConfiguration['kind'], settings: Readonly<Record<string, unknown>>): readonly string[] {
  const probe = { name: 'p', kind, environment: 'production', everyMs: 60_000, settings };
  const made = makeProbe({ tenant: 'acme-retail', workload: 'shop', probe }, () => 0);
  if ('problems' in made) throw new Error(made.problems.join('; '));
  return made.measures.flatMap((measure) => measure.gaps(0)).map(({ signal }) => signal);
}

const believedOf = (kind: string, settings: object) =>
  BUILT_IN_SIGNALS.filter((signal) => doesMeasure({ kind, settings }, signal)).map(({ name }) => name);

test.each(NEEDED)('a probe of kind %s measures what the policy believes of it, KPI by KPI', (kind, settings) => {
  const own = BUILT_IN_SIGNALS.filter(({ probe, alsoBy }) => probe === kind || alsoBy?.includes(kind) === true);
  const kpis = [...new Set(own.map(({ kpi }) => kpi))];
  expect(kpis.length).toBeGreaterThan(2);
  for (const kpi of kpis) {
    const chosen = { ...settings, kpis: [kpi] };
    expect([kpi, ...believedOf(kind, chosen).toSorted()]).toEqual([kpi, ...signalsWith(kind, chosen).toSorted()]);
  }
});

test.each([...NEEDED, ['odoo-sql', { connection: { env: 'U' } }] as const])(
  'a probe of kind %s without a list measures what the policy believes of it',
  (kind, settings) => {
    const signals = signalsWith(kind, settings);
    expect([...believedOf(kind, settings)].sort()).toEqual([...signals].sort());
    expect(signals.length).toBeGreaterThan(0);
  },
);
