import { invariant } from '@parapet/kernel';
import { z } from 'zod';
import { decisionPolicySpec } from './decision-policy.js';
import { nameOf, slug } from './fields.js';
import { guardrailPolicySpec } from './guardrail-policy.js';
import { signalSourceSpec } from './signal-source.js';
import { tenantSpec } from './tenant.js';
import { tradingCalendarSpec } from './trading-calendar.js';
import { workloadSpec } from './workload.js';

export const API_VERSION = 'parapet.dev/v1';

/** The kinds of documents and the schema of their `spec`. */
export const SPECS = {
  Tenant: tenantSpec,
  Workload: workloadSpec,
  GuardrailPolicy: guardrailPolicySpec,
  DecisionPolicy: decisionPolicySpec,
  SignalSource: signalSourceSpec,
  TradingCalendar: tradingCalendarSpec,
} as const;

export type Kind = keyof typeof SPECS;
export const KINDS = Object.keys(SPECS) as readonly Kind[];

/** The parsed `spec` of a kind. */
export type Spec<K extends Kind> = z.output<(typeof SPECS)[K]>;

const tenant = nameOf('Tenant');
const head = (kind: Kind) => ({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal(kind),
  metadata:
    kind === 'Tenant'
      ? z.strictObject({ name: slug, tenant: tenant.optional() })
      : z.strictObject({ tenant, name: slug }),
});

const DOCUMENTS: ReadonlyMap<Kind, z.ZodObject> = new Map(
  KINDS.map((kind) => [kind, z.strictObject({ ...head(kind), spec: SPECS[kind] })]),
);

/** The schema of a whole document of a kind. */
export function documentSchema(kind: Kind): z.ZodObject {
  const schema = DOCUMENTS.get(kind);
  invariant(schema !== undefined, `kind ${kind} has no schema`);
  return schema;
}

export function isKind(text: unknown): text is Kind {
  return typeof text === 'string' && Object.hasOwn(SPECS, text);
}
