import type { Json } from '@parapet/kernel';
import { type Located, type Path, locatedJson } from './located.js';
import { type ConfigurationProblem, problemAt } from './problem.js';
import { API_VERSION, documentSchema, isKind, type Kind, KINDS, type Spec } from './schema/kinds.js';
import { isNotYetSupported, shapeProblems } from './shape.js';
import { didYouMean } from './suggest.js';

/** A document that fits its schema, with its `spec` as written and as understood. */
export type CheckedDocument = { [K in Kind]: CheckedDocumentOf<K> }[Kind];

export interface CheckedDocumentOf<K extends Kind> {
  readonly kind: K;
  readonly tenant: string;
  readonly name: string;
  /** As written; what is stored. */
  readonly spec: Json;
  /** As understood: defaults filled in, lengths of time in milliseconds. */
  readonly parsed: Spec<K>;
  readonly where: Located;
}

/** What a document calls itself, as far as it can be told; lets a reference to a broken document not be called unknown. */
export interface Claim {
  readonly kind: string;
  readonly tenant: string;
  readonly name: string;
}

/** No retailer may be called so: `contracts` sends our own heartbeat as this tenant. */
const RESERVED_TENANT = 'parapet';

interface RawDocument {
  readonly apiVersion?: unknown;
  readonly kind?: unknown;
  readonly metadata?: { readonly name?: unknown; readonly tenant?: unknown };
  readonly spec?: unknown;
}

/** Holds one document against the schema of its kind. */
export function checkShape(where: Located): CheckedDocument | readonly ConfigurationProblem[] {
  const raw = where.document as RawDocument | null;
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    return [problemAt(where, [], 'a document must be a map', 'apiVersion, kind, metadata, spec')];
  }
  if (!isKind(raw.kind)) return [kindProblem(where, raw.kind)];
  const kind = raw.kind;
  const schema = documentSchema(kind);
  const result = schema.safeParse(raw);
  if (!result.success) return shapeProblems(where, schema, result.error);
  const { metadata, spec } = result.data as { metadata: { name: string; tenant?: string }; spec: unknown };
  const tenant = metadata.tenant ?? metadata.name;
  if (kind === 'Tenant' && tenant !== metadata.name) {
    return [problemAt(where, ['metadata', 'tenant'], 'a Tenant belongs to itself', metadata.name)];
  }
  // Our own heartbeat travels under this name.
  if (tenant === RESERVED_TENANT) {
    return [problemAt(where, ['metadata'], `"${tenant}" is our own name and no tenant's`, 'another name')];
  }
  return { kind, tenant, name: metadata.name, spec: raw.spec as Json, parsed: spec, where } as CheckedDocument;
}

/** A document from storage; it was checked when it was stored. */
export function storedDocument(tenant: string, kind: string, name: string, spec: unknown): Located {
  const document = { apiVersion: API_VERSION, kind, metadata: { tenant, name }, spec };
  return locatedJson(`stored ${kind} ${name}`, 0, document);
}

export function claimOf(where: Located): Claim | null {
  const raw = where.document as RawDocument | null;
  if (typeof raw !== 'object' || raw === null) return null;
  const name = raw.metadata?.name;
  if (typeof raw.kind !== 'string' || typeof name !== 'string') return null;
  const tenant = raw.metadata?.tenant;
  return { kind: raw.kind, name, tenant: typeof tenant === 'string' ? tenant : raw.kind === 'Tenant' ? name : '' };
}

function kindProblem(where: Located, kind: unknown): ConfigurationProblem {
  const path: Path = ['kind'];
  const allowed = KINDS.join(', ');
  if (kind === undefined) return problemAt(where, path, '"kind" is missing', allowed);
  const word = String(kind);
  if (isNotYetSupported(word)) return problemAt(where, path, `"${word}" is not yet supported`, allowed);
  return problemAt(where, path, `unknown kind "${word}"${didYouMean(word, KINDS)}`, allowed);
}
