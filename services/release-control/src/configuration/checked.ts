import { ProblemError } from '@parapet/nest';
import {
  checkDocuments,
  type Configuration,
  type ConfigurationDocument,
  configurationOf,
  type ConfigurationProblem,
} from '@parapet/policy';
import type { StoredDocument } from '@parapet/postgres';
import type { LintedPolicy } from './lint.js';

/** A document as it came, with where it stood. */
export interface SentDocument {
  readonly file: string;
  readonly line: number;
  readonly document?: unknown;
}

/** Documents that may be put in force, and what is declared before and after. */
export interface CheckedWith {
  readonly documents: readonly ConfigurationDocument[];
  /** Null before the first apply. */
  readonly now: Configuration | null;
  readonly next: Configuration;
}

/** Checks documents beside those in force. Throws where they are another tenant's. */
export function checkedWith(
  tenant: string,
  sent: readonly SentDocument[],
  current: readonly StoredDocument[],
): CheckedWith | { readonly problems: readonly ConfigurationProblem[] } {
  const inForce = current.map(({ kind, name, spec }) => ({ tenant, kind, name, spec }));
  const checked = checkDocuments(
    sent.map(({ file, line, document }) => ({ file, line, document })),
    inForce,
  );
  if ('problems' in checked) return checked;
  const foreign = checked.documents.find((document) => document.tenant !== tenant);
  if (foreign !== undefined) {
    throw new ProblemError(
      403,
      'wrong-tenant',
      `${foreign.file}:${foreign.line} belongs to tenant ${foreign.tenant}, these credentials to ${tenant}`,
    );
  }
  const isReplaced = ({ kind, name }: StoredDocument) =>
    checked.documents.some((one) => one.kind === kind && one.name === name);
  const revision = 1 + Math.max(0, ...current.map((one) => one.revision));
  const after = [
    ...current.filter((one) => !isReplaced(one)),
    ...checked.documents.map(({ kind, name, spec, digest }) => ({ kind, name, spec, digest, revision })),
  ];
  return {
    documents: checked.documents,
    now: current.length === 0 ? null : configurationOf(tenant, current),
    next: configurationOf(tenant, after),
  };
}

/** The guardrail policies among documents, as they would be in force. */
export function policiesAmong(
  next: Configuration,
  documents: readonly ConfigurationDocument[],
): readonly LintedPolicy[] {
  return documents.flatMap(({ kind, name, file, line }) => {
    const policy = next.guardrailPolicies.find((one) => one.name === name);
    return kind === 'GuardrailPolicy' && policy !== undefined ? [{ policy, file, line }] : [];
  });
}
