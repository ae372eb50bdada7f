import type { ConfigurationDocument } from '@parapet/policy';
import { checkDocuments, hashToken, makeToken } from '@parapet/policy';

export const TENANT = 'acme-retail';

/** Tokens of the shop's people and pipelines, made anew for every run. */
export const TOKENS = {
  lead: makeToken(),
  deputy: makeToken(),
  responder: makeToken(),
  onlooker: makeToken(),
  pipeline: makeToken(),
  auditor: makeToken(),
  admin: makeToken(),
} as const;
export type Who = keyof typeof TOKENS;

const ROLES: Readonly<Record<Who, readonly string[]>> = {
  lead: ['approver'],
  deputy: ['approver'],
  responder: ['responder'],
  onlooker: ['viewer'],
  pipeline: ['deployer'],
  auditor: ['auditor'],
  admin: ['admin'],
};

/** The documents of a small shop; a rival has the same ones under its own name. */
export function shopDocuments(
  tenant: string,
  tokens: Readonly<Record<Who, string>>,
  asking: Readonly<Record<string, unknown>> = {},
): readonly { readonly file: string; readonly line: number; readonly document: unknown }[] {
  const document = (kind: string, name: string, spec: unknown): unknown => ({
    apiVersion: 'parapet.dev/v1',
    kind,
    metadata: { tenant, name },
    spec,
  });
  const access = (Object.keys(tokens) as Who[]).map((subject) => ({
    subject,
    roles: ROLES[subject],
    credentials: [{ sha256: hashToken(tokens[subject]) }],
  }));
  const target = (name: string): unknown => ({
    name,
    kind: 'webhook',
    url: 'http://127.0.0.1:1/deployments',
    secret: { env: 'SHOP_SECRET' },
    allowPrivate: true,
  });
  return [
    document('Tenant', tenant, { environments: [{ name: 'production' }, { name: 'staging' }], access }),
    document('Workload', 'odoo-retail', {
      criticality: 'medium',
      guardrailPolicy: 'checkout',
      decisionPolicy: 'shop',
      components: [
        { name: 'odoo-web', target: 'shop-web' },
        { name: 'odoo-pos', target: 'shop-pos' },
      ],
      targets: [target('shop-web'), target('shop-pos')],
    }),
    document('SignalSource', `${tenant}-shop`, {
      kind: 'samples',
      environments: ['production', 'staging'],
      credentials: [{ sha256: hashToken(makeToken()) }],
      signals: [{ name: 'shop.orders', unit: 'orders', badDirection: 'low', temporality: 'delta', interval: '15s' }],
    }),
    document('GuardrailPolicy', 'checkout', {
      guardrails: [
        {
          name: 'order-success',
          signal: 'shop.orders',
          test: { kind: 'proportion', against: 'limit', limit: 0.05 },
          mode: 'act',
        },
      ],
    }),
    document('DecisionPolicy', 'shop', {
      rules: [
        {
          name: 'high-by-itself',
          when: { criticality: 'high', mode: 'act', reversibility: ['yes', 'partly'] },
          then: 'auto',
        },
        { name: 'else-ask', then: 'propose' },
      ],
      proposal: asking,
    }),
  ].map((one, line) => ({ file: 'shop.yaml', line: line + 1, document: one }));
}

/** The same, checked, as the store takes them. */
export function checkedDocuments(
  tenant: string,
  tokens: Readonly<Record<Who, string>>,
  asking: Readonly<Record<string, unknown>> = {},
): readonly ConfigurationDocument[] {
  const checked = checkDocuments(shopDocuments(tenant, tokens, asking));
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems));
  return checked.documents;
}
