import { unreachable } from '@parapet/kernel';
import { checkCredentials } from './checks/credentials.js';
import { checkGuardrailPolicy } from './checks/guardrail-policy.js';
import { type Neighbourhood, repeated } from './checks/names.js';
import { checkSignalSource } from './checks/signal-source.js';
import { checkTradingCalendar } from './checks/trading-calendar.js';
import { checkWorkload } from './checks/workload.js';
import { checkDecisionTable } from './checks/decision-table.js';
import type { CheckedDocument, CheckedDocumentOf, Claim } from './document.js';
import { type ConfigurationProblem, problemAt } from './problem.js';

/** Checks what no single document can show: names that lead nowhere, and rules that could never do anything. */
export function crossCheck(documents: readonly CheckedDocument[], claims: readonly Claim[]): ConfigurationProblem[] {
  const tenants = new Set(documents.map((document) => document.tenant));
  const perTenant = [...tenants].flatMap((tenant) => {
    const own = documents.filter((document) => document.tenant === tenant);
    const near: Neighbourhood = {
      of: (kind) => own.filter((document) => document.kind === kind) as never,
      names: (kind) =>
        claims.filter((claim) => claim.kind === kind && claim.tenant === tenant).map((claim) => claim.name),
    };
    return own.flatMap((document) => [...checkTenantExists(document, near), ...checkDocument(document, near)]);
  });
  return [...checkUnique(documents), ...checkCredentials(documents), ...perTenant];
}

function checkDocument(document: CheckedDocument, near: Neighbourhood): ConfigurationProblem[] {
  switch (document.kind) {
    case 'Tenant':
      return checkTenant(document);
    case 'Workload':
      return checkWorkload(document, near);
    case 'GuardrailPolicy':
      return checkGuardrailPolicy(document, near);
    case 'DecisionPolicy':
      return checkDecisionTable(document);
    case 'SignalSource':
      return checkSignalSource(document, near);
    case 'TradingCalendar':
      return checkTradingCalendar(document, near);
    default:
      return unreachable(document);
  }
}

/** A kind and name once a tenant; a source once an installation, since its name alone is in the address it posts to. */
function checkUnique(documents: readonly CheckedDocument[]): ConfigurationProblem[] {
  const seen = new Map<string, CheckedDocument>();
  return documents.flatMap((document) => {
    const owner = document.kind === 'SignalSource' ? '' : document.tenant;
    const key = `${document.kind}/${owner}/${document.name}`;
    const first = seen.get(key);
    seen.set(key, first ?? document);
    if (first === undefined) return [];
    const text = `there is already a ${document.kind} "${document.name}" in ${first.where.file}:${first.where.line}`;
    return [problemAt(document.where, ['metadata', 'name'], text, 'a name of its own')];
  });
}

function checkTenantExists(document: CheckedDocument, near: Neighbourhood): ConfigurationProblem[] {
  if (document.kind === 'Tenant' || near.names('Tenant').includes(document.tenant)) return [];
  return [
    problemAt(
      document.where,
      ['metadata', 'tenant'],
      `there is no Tenant "${document.tenant}"`,
      'the name of a Tenant',
    ),
  ];
}

function checkTenant(document: CheckedDocumentOf<'Tenant'>): ConfigurationProblem[] {
  const { environments, access } = document.parsed;
  return [
    ...repeated(document, environments, ['spec', 'environments'], (one) => one.name),
    ...repeated(document, access, ['spec', 'access'], (one) => one.subject),
  ];
}
