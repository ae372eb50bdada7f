import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseDocuments } from '../parse.js';

const EXAMPLE = new URL('../../../../examples/config/odoo-retail/', import.meta.url);
const FILES = readdirSync(EXAMPLE).map((file) => ({ file, text: readFileSync(new URL(file, EXAMPLE), 'utf8') }));

type Named = readonly [name: string, kind: string, environment: string];

/** The example, and two workloads with one probe each. */
function problems(...probes: readonly Named[]) {
  const workloads = probes.map(([name, kind, environment], n) => ({
    file: `workload-${n}.yaml`,
    text: `
apiVersion: parapet.dev/v1
kind: Workload
metadata: { tenant: acme-retail, name: workload-${n} }
spec:
  criticality: low
  guardrailPolicy: critical
  decisionPolicy: careful
  components: [{ name: web, target: web }]
  targets: [{ name: web, kind: webhook, url: https://deploy.acme.example/web, secret: { env: WEB_SECRET } }]
  probes: [{ name: ${name}, kind: ${kind}, environment: ${environment}, settings: { connection: { env: DATABASE_URL } } }]
`,
  }));
  const policy = {
    file: 'policy.yaml',
    text: `
apiVersion: parapet.dev/v1
kind: GuardrailPolicy
metadata: { tenant: acme-retail, name: critical }
spec:
  guardrails: [{ name: critical-alerts, alerts: { matchers: ['severity="critical"'] }, mode: act }]
`,
  };
  const parsed = parseDocuments([...FILES, policy, ...workloads]);
  return 'problems' in parsed ? parsed.problems.map(({ file, field, problem }) => [file, field, problem]) : [];
}

describe('two probes in one environment', () => {
  it('of one kind and name are refused: their samples would be one series', () => {
    const said = (other: number) =>
      `Workload "workload-${other}" has a probe "database" of kind postgres in production too: their samples could not be told apart`;
    expect(problems(['database', 'postgres', 'production'], ['database', 'postgres', 'production'])).toEqual([
      ['workload-0.yaml', '/spec/probes/0/name', said(1)],
      ['workload-1.yaml', '/spec/probes/0/name', said(0)],
    ]);
  });

  it.each<{ by: string; first: Named; second: Named }>([
    {
      by: 'another name',
      first: ['database', 'postgres', 'production'],
      second: ['archive', 'postgres', 'production'],
    },
    { by: 'another kind', first: ['database', 'postgres', 'production'], second: ['database', 'redis', 'production'] },
    {
      by: 'another environment',
      first: ['database', 'postgres', 'production'],
      second: ['database', 'postgres', 'staging'],
    },
  ])('are told apart by $by', ({ first, second }) => {
    expect(problems(first, second)).toEqual([]);
  });
});
