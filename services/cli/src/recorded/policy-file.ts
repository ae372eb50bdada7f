import type { BacktestPolicy } from '@parapet/backtest';
import {
  type ConfigurationFile,
  configurationOf,
  declaredSignals,
  describeProblem,
  type InForce,
  parseDocuments,
  readDocuments,
  type StoredDocument,
} from '@parapet/policy';
import { filesIn } from '../configuration-files.js';
import { EXIT, Failure, misused } from '../exit.js';

/** A tenant where the files name none: a policy is judged with, nobody is let in. */
const TENANT = 'offline';
const ENVIRONMENT = 'production';

interface Written {
  readonly kind?: unknown;
  readonly metadata?: { readonly name?: unknown; readonly tenant?: unknown };
  readonly spec?: { readonly environments?: unknown };
}

/** Reads the one GuardrailPolicy of a file or folder, with the signals that are declared beside it or built in. */
export function readPolicy(path: string): BacktestPolicy {
  const files = filesIn(path);
  const tenants = tenantsBeside(files);
  const parsed = parseDocuments(files, tenants);
  if ('problems' in parsed) {
    const text = parsed.problems.map(describeProblem).join('\n');
    throw new Failure(EXIT.usage, text, { error: 'invalid-configuration', problems: parsed.problems });
  }
  const policies = parsed.documents.filter(({ kind }) => kind === 'GuardrailPolicy');
  const [one] = policies;
  if (one === undefined) throw misused(`there is no GuardrailPolicy in ${path}`);
  if (policies.length > 1) {
    const names = policies.map(({ name, file, line }) => `${name} (${file}:${line})`).join(', ');
    throw misused(`${path} holds ${policies.length} policies, and only one can be judged with: ${names}`);
  }
  const stored: StoredDocument[] = parsed.documents
    .filter(({ tenant }) => tenant === one.tenant)
    .map(({ kind, name, spec, digest }) => ({ kind, name, spec, digest, revision: 1 }));
  const beside = tenants
    .filter(({ tenant }) => tenant === one.tenant)
    .map(({ kind, name, spec }) => ({ kind, name, spec, digest: '', revision: 1 }));
  const configuration = configurationOf(one.tenant, [...beside, ...stored]);
  const policy = configuration.guardrailPolicies.find(({ name }) => name === one.name);
  if (policy === undefined) throw new Error(`policy ${one.name} was read and is gone`);
  return { policy, signals: declaredSignals(configuration) };
}

/** Tenants that the documents belong to and that stand in no file, with the environments that the documents name. */
function tenantsBeside(files: readonly ConfigurationFile[]): readonly InForce[] {
  const written = readDocuments(files).documents.map(({ document }) => (document ?? {}) as Written);
  const tenantOf = ({ metadata }: Written) => (typeof metadata?.tenant === 'string' ? metadata.tenant : TENANT);
  const known = new Set(written.filter(({ kind }) => kind === 'Tenant').map(({ metadata }) => metadata?.name));
  const missing = new Set(written.map(tenantOf).filter((tenant) => !known.has(tenant)));
  return [...missing].map((tenant) => {
    const named = written.filter((one) => tenantOf(one) === tenant).flatMap(({ spec }) => spec?.environments ?? []);
    const environments = [...new Set([ENVIRONMENT, ...named.filter((one): one is string => typeof one === 'string')])];
    return { tenant, kind: 'Tenant', name: tenant, spec: { environments: environments.map((name) => ({ name })) } };
  });
}
