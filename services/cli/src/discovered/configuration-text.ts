import type { Discovery, Proposal } from '@parapet/probes';
import { stringify } from 'yaml';
import { wrap } from '../render/text.js';

/** What the found things are to be called. */
export interface DiscoveredNames {
  readonly tenant: string;
  readonly workload: string;
  readonly environment: string;
  /** The variable that holds the address of the database; the address itself never stands in a configuration. */
  readonly urlVariable: string;
}

const LINE = 116;

/** A first configuration of what was found: whole, valid, and with its reasons as comments. */
export function configurationText(found: Discovery, names: DiscoveredNames): string {
  return [
    head(found),
    tenantText(names),
    workloadText(found, names),
    policyText(found, names),
    decisionsText(names),
  ].join('---\n');
}

function head({ at, hours, series, edition, kpis }: Discovery): string {
  const not = kpis.filter(({ whyNot }) => whyNot !== null).map(({ kpi, whyNot }) => `${kpi}: ${whyNot}`);
  return comment([
    `Found at ${at} in an Odoo ${series ?? 'of unknown version'}${edition === null ? '' : ` (${edition})`}, from ${hours} hours of its history.`,
    'A first configuration: read it, give targets and people their places, try it (parapet probe run FILE --once), then parapet apply.',
    ...(not.length === 0 ? [] : ['What cannot be measured here:', ...not.map((line) => `- ${line}`)]),
  ]);
}

function tenantText({ tenant, environment }: DiscoveredNames): string {
  const document = {
    apiVersion: 'parapet.dev/v1',
    kind: 'Tenant',
    metadata: { name: tenant },
    spec: { environments: [{ name: environment }] },
  };
  return `${comment(['Leave this document out where the tenant is there already; parapet token new makes credentials for spec.access.'])}${stringify(document)}`;
}

function workloadText(found: Discovery, { tenant, workload, environment, urlVariable }: DiscoveredNames): string {
  const { shop, settings } = found;
  const parts = [
    ['companies', shop.companies],
    ['tills', shop.tills],
    ['web sites', shop.webSites],
  ] as const;
  const named = parts.flatMap(([what, list]) =>
    list === null || list.length === 0 ? [] : [`${what}: ${list.map(({ id, name }) => `${id} ${name}`).join(', ')}`],
  );
  const document = {
    apiVersion: 'parapet.dev/v1',
    kind: 'Workload',
    metadata: { tenant, name: workload },
    spec: {
      criticality: 'medium',
      guardrailPolicy: `${workload.slice(0, 30)}-found`,
      decisionPolicy: 'ask-first',
      components: [{ name: 'odoo', target: 'deployment' }],
      targets: [
        {
          name: 'deployment',
          kind: 'webhook',
          url: 'https://deploy.example/parapet',
          secret: { env: 'PARAPET_TARGET_DEPLOYMENT_SECRET' },
        },
      ],
      probes: [
        {
          name: 'odoo',
          kind: 'odoo-sql',
          environment,
          every: '60s',
          settings: { connection: { env: urlVariable }, ...settings },
        },
      ],
    },
  };
  const words = [
    'Change targets to your deployment system, and components to what you release.',
    ...(named.length === 0 ? [] : ['This shop has', ...named.map((line) => `- ${line}`)]),
    'Opening hours (spec.hours) keep a closed shop from looking like a silent one; Odoo does not know them.',
  ];
  return `${comment(words)}${stringify(document)}`;
}

function policyText(found: Discovery, { tenant, workload }: DiscoveredNames): string {
  const volume = found.history.find(({ signal, of, count }) => signal === 'odoo.pos.orders' && of > 0 && count > 0);
  const document = {
    apiVersion: 'parapet.dev/v1',
    kind: 'GuardrailPolicy',
    metadata: { tenant, name: `${workload.slice(0, 30)}-found` },
    spec: {
      watch: { duration: '60m', ...(volume === undefined ? {} : { volume: volume.signal }) },
      falseRollbackRate: 0.01,
      guardrails: [],
    },
  };
  const words = comment([
    'Nothing acts by itself yet: what proves itself may be given the mode act.',
    ...(found.guardrails.length === 0
      ? ['Nothing was found that could be judged: this guardrail waits for orders.']
      : []),
  ]);
  const guardrails = found.guardrails.length === 0 ? [WAITING] : found.guardrails;
  const list = guardrails.map(guardrailText).join('');
  return `${words}${stringify(document).replace(/ {2}guardrails: \[\]\n$/, `  guardrails:\n${list}`)}`;
}

/** A policy has at least one guardrail. */
const WAITING: Proposal = {
  name: 'order-success',
  signal: 'odoo.order.success',
  test: { kind: 'proportion', against: 'auto', worseBy: 0.1 },
  mode: 'observe',
  why: 'Of the shoppers who tried to pay, how many got no order; none was seen yet.',
};

function guardrailText({ why, ...guardrail }: Proposal): string {
  const [first = '', ...rest] = stringify(guardrail).trimEnd().split('\n');
  const lines = [`- ${first}`, ...rest.map((line) => `  ${line}`)].map((line) => `    ${line}\n`);
  return `${comment([why], '    ')}${lines.join('')}`;
}

function decisionsText({ tenant }: DiscoveredNames): string {
  const document = {
    apiVersion: 'parapet.dev/v1',
    kind: 'DecisionPolicy',
    metadata: { tenant, name: 'ask-first' },
    spec: { rules: [{ name: 'ask', then: 'propose' }] },
  };
  return `${comment(['Every rollback is asked of people.'])}${stringify(document)}`;
}

/** Lines of comment; names from a database must not break out of them. */
function comment(sentences: readonly string[], indent = ''): string {
  const clean = (text: string) => text.replace(/\p{Cc}+/gu, ' ');
  return sentences
    .flatMap((sentence) => wrap(clean(sentence), LINE - indent.length).split('\n'))
    .map((line) => `${indent}# ${line}\n`)
    .join('');
}
