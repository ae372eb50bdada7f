import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { TestWorld } from '../test/fake-parapet.js';
import { folder } from '../test/harness.js';
import { run } from './run.js';

it('parapet probe run says what a probe found besides numbers: here what differs from Git', async () => {
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const declared = file(
    'compose.yaml',
    'services: { odoo: { image: "shop/odoo:2.5", environment: { KEY: hunter2 } } }',
  );
  const inventory = file(
    'inventory.json',
    '{"services": {"odoo": {"image": "shop/odoo:2.4", "environment": {"KEY": "other"}}}}',
  );
  const workload = file(
    'workload.yaml',
    `
apiVersion: parapet.dev/v1
kind: Workload
metadata: { tenant: acme-retail, name: odoo-retail }
spec:
  criticality: high
  guardrailPolicy: elsewhere
  decisionPolicy: elsewhere
  components: [{ name: odoo-web, target: gitops }]
  targets: [{ name: gitops, kind: webhook, url: https://gitops.acme.example/rollback, secret: { env: ROLLBACK_SECRET } }]
  probes:
    - name: shop-drift
      kind: drift
      environment: production
      every: 60s
      settings: { declared: { file: ${declared} }, running: { inventory: { file: ${inventory} } } }
`,
  );
  const world = new TestWorld();
  const code = await run(['probe', 'run', workload, '--once'], world);
  expect([code, world.err]).toEqual([0, '']);
  expect(world.out).toContain('drift.fields{instance=shop-drift,kind=image}');
  expect(world.out).toContain('service/odoo/image/odoo: shop/odoo:2.4 runs, declared shop/odoo:2.5');
  expect(world.out).toContain('service/odoo/env/odoo/KEY: differs');
  expect(world.out).not.toMatch(/hunter2|other/);
});
