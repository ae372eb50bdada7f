import type { CheckedDocument, CheckedDocumentOf } from '../document.js';
import type { Path } from '../located.js';
import { type ConfigurationProblem, problemAt } from '../problem.js';
import type { Kind } from '../schema/kinds.js';
import { didYouMean } from '../suggest.js';

/** Everything that a tenant's documents say about each other. */
export interface Neighbourhood {
  of<K extends Kind>(kind: K): readonly CheckedDocumentOf<K>[];
  /** Names of a kind, those of broken documents included. */
  names(kind: Kind): readonly string[];
}

/** A name must lead somewhere. */
export function mustName(
  document: CheckedDocument,
  path: Path,
  name: string,
  what: string,
  names: readonly string[],
): ConfigurationProblem[] {
  if (names.includes(name)) return [];
  const allowed = names.length === 0 ? `the name of a ${what}` : [...new Set(names)].join(', ');
  return [problemAt(document.where, path, `there is no ${what} "${name}"${didYouMean(name, names)}`, allowed)];
}

/** An environment must be one of the tenant. */
export function mustBeEnvironment(
  document: CheckedDocument,
  path: Path,
  name: string,
  near: Neighbourhood,
): ConfigurationProblem[] {
  const tenant = near.of('Tenant')[0];
  // Without its Tenant there is nothing to compare with; that it is missing is said once, elsewhere.
  if (tenant === undefined) return [];
  return mustName(
    document,
    path,
    name,
    'environment',
    tenant.parsed.environments.map((one) => one.name),
  );
}

/** A name stands once in a list. */
export function repeated<T>(
  document: CheckedDocument,
  items: readonly T[],
  path: Path,
  nameOf: (item: T) => string,
): ConfigurationProblem[] {
  const names = items.map(nameOf);
  return names.flatMap((name, i) =>
    names.indexOf(name) === i
      ? []
      : [problemAt(document.where, [...path, i], `"${name}" stands here twice`, 'each name once')],
  );
}
