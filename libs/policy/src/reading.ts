import type { Json } from '@parapet/kernel';
import { type CheckedDocumentOf, checkShape, storedDocument } from './document.js';
import { describeProblem } from './problem.js';
import type { Kind, Spec } from './schema/kinds.js';

/** A document as storage keeps it: one immutable revision of a kind and name. */
export interface StoredDocument {
  readonly kind: string;
  readonly name: string;
  readonly revision: number;
  readonly spec: unknown;
  readonly digest: string;
}

/** A stored document, understood. */
export interface Reading<K extends Kind> {
  readonly name: string;
  readonly revision: number;
  /** As stored, where somebody else gives it its meaning. */
  readonly written: Json;
  readonly spec: Spec<K>;
}

/** Reads a stored document; throws where it no longer fits its schema. */
export function reading<K extends Kind>(tenant: string, kind: K, document: StoredDocument): Reading<K> {
  const result = checkShape(storedDocument(tenant, kind, document.name, document.spec));
  if (Array.isArray(result)) {
    throw new Error(`cannot read stored configuration of ${tenant}: ${result.map(describeProblem).join('; ')}`);
  }
  const { spec, parsed } = result as CheckedDocumentOf<K>;
  return { name: document.name, revision: document.revision, written: spec, spec: parsed };
}
