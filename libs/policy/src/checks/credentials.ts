import { canonicalJson } from '@parapet/kernel';
import type { CheckedDocument } from '../document.js';
import type { Path } from '../located.js';
import { type ConfigurationProblem, problemAt } from '../problem.js';

/** A token or a certificate says who calls, in the whole installation; one that two hold says nothing. */
export function checkCredentials(documents: readonly CheckedDocument[]): ConfigurationProblem[] {
  const holders = new Map<string, string>();
  return documents.flatMap((document) =>
    credentialsOf(document).flatMap(({ ref, path, holder }) => {
      const credential = canonicalJson(ref);
      const first = holders.get(credential);
      holders.set(credential, first ?? holder);
      if (first === undefined || first === holder) return [];
      return [problemAt(document.where, path, `this credential is also that of ${first}`, 'a credential of its own')];
    }),
  );
}

function credentialsOf(document: CheckedDocument): { ref: unknown; path: Path; holder: string }[] {
  if (document.kind === 'SignalSource') {
    const holder = `SignalSource "${document.name}"`;
    const { credentials = [], certificates = [] } = document.parsed;
    return [
      ...credentials.map((ref, i) => ({ ref, path: ['spec', 'credentials', i], holder })),
      ...certificates.map((certificate, i) => ({ ref: { certificate }, path: ['spec', 'certificates', i], holder })),
    ];
  }
  if (document.kind !== 'Tenant') return [];
  return document.parsed.access.flatMap((access, i) =>
    access.credentials.map((ref, j) => ({
      ref,
      path: ['spec', 'access', i, 'credentials', j],
      holder: `"${access.subject}" of Tenant "${document.name}"`,
    })),
  );
}
