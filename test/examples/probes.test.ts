import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { workloadsIn } from '@parapet/policy';
import { makeProbe } from '@parapet/probes';

/** The pages of probes: what is pasted into a Workload is a probe that could run. */

const FOLDER = new URL('../../docs/', import.meta.url);
const snippetsOf = (page: string): readonly string[] =>
  [...readFileSync(new URL(page, FOLDER), 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)]
    .map(([, snippet]) => snippet as string)
    .filter((snippet) => /^(probes|hours):/m.test(snippet) && !snippet.includes('apiVersion'));
const PAGES = [...readdirSync(new URL('sources/', FOLDER)).map((page) => `sources/${page}`), 'probes.md'].filter(
  (page) => snippetsOf(page).length > 0,
);

const workloadWith = (snippet: string) => `
apiVersion: parapet.dev/v1
kind: Workload
metadata: { tenant: acme-retail, name: odoo-retail }
spec:
  criticality: high
  guardrailPolicy: checkout
  decisionPolicy: careful
  components: [{ name: odoo-web, target: shop }]
  targets: [{ name: shop, kind: webhook, url: https://deploy.acme.example/parapet, secret: { env: SECRET } }]
${snippet.replaceAll(/^/gm, '  ')}`;

describe.each(PAGES)('docs/%s', (page) => {
  it('has probes that Parapet takes as they stand, and that could be made', async () => {
    for (const snippet of snippetsOf(page)) {
      const read = workloadsIn([{ file: page, text: workloadWith(snippet) }]);
      expect('problems' in read ? read.problems : []).toEqual([]);
      for (const { tenant, workload } of 'workloads' in read ? read.workloads : []) {
        for (const probe of workload.probes) {
          const made = makeProbe({ tenant, workload: workload.name, probe }, () => 0);
          // Certificates and other files stand where the page says, and not here.
          const problems =
            'problems' in made ? made.problems.filter((problem) => !problem.includes('cannot read')) : [];
          expect(problems).toEqual([]);
          if ('measures' in made) {
            expect(made.measures.length).toBeGreaterThan(0);
            await made.close();
          }
        }
      }
    }
  });
});

it('finds the pages', () => {
  expect(PAGES).toEqual(expect.arrayContaining(['sources/odoo-rpc.md', 'probes.md']));
});
