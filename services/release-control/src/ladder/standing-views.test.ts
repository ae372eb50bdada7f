import { expect, test } from '@jest/globals';
import { type Configuration, configurationOf } from '@parapet/policy';
import { environmentsOf } from './standing-views.js';

const document = (kind: string, name: string, spec: unknown) => ({ kind, name, spec, revision: 1, digest: name });
const guardrail = (name: string, rest: object) => ({ name, mode: 'act', ...rest });
const PROPORTION = { kind: 'proportion', against: 'baseline' };
const policy = (name: string, ...guardrails: readonly unknown[]) => document('GuardrailPolicy', name, { guardrails });
const credentials = [{ env: 'TOKEN' }];

const configuration: Configuration = configurationOf('acme', [
  document('Tenant', 'acme', { environments: [{ name: 'production' }, { name: 'staging' }, { name: 'lab' }] }),
  document('Workload', 'shop', {
    criticality: 'high',
    guardrailPolicy: 'probed',
    decisionPolicy: 'ask',
    components: [{ name: 'web', target: 'shop' }],
    targets: [{ name: 'shop', kind: 'webhook', url: 'https://shop.example/', secret: { env: 'S' } }],
    probes: [
      {
        name: 'db',
        kind: 'odoo-sql',
        environment: 'production',
        settings: { connection: { env: 'O' }, kpis: ['order-success'] },
      },
    ],
  }),
  document('SignalSource', 'till', {
    kind: 'samples',
    credentials,
    environments: ['staging', 'lab'],
    signals: [{ name: 'till.receipts', unit: 'receipts', badDirection: 'low' }],
  }),
  document('SignalSource', 'am', { kind: 'alertmanager', credentials, environments: ['lab'] }),
  document('DecisionPolicy', 'ask', { rules: [{ name: 'ask', then: 'propose' }] }),
  policy('probed', guardrail('orders', { signal: 'odoo.order.success', test: PROPORTION })),
  policy('sent', guardrail('receipts', { signal: 'till.receipts', test: PROPORTION })),
  policy('alerts', guardrail('critical', { alerts: { matchers: ['severity="critical"'] } })),
  policy('asked-for', guardrail('orders', { signal: 'odoo.order.success', test: PROPORTION })),
]);

test.each([
  ['probed', ['production'], 'where its workload is probed'],
  ['sent', ['staging', 'lab'], 'where its source sends'],
  ['alerts', ['lab'], 'where alerts come from'],
  ['asked-for', ['production'], 'where any workload is probed, if none names it: a release may'],
])('a guardrail of policy %s could be heard in %j: %s', (name, environments) => {
  const found = configuration.guardrailPolicies.find((one) => one.name === name);
  expect(found && environmentsOf(configuration, found)).toEqual(environments);
});
