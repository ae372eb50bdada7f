import { createHash } from 'node:crypto';

/**
 * A text that can be compared and not read: values of the environment and of configuration never get further than here, so that
 * none of them can be printed by mistake.
 */
export type Fingerprint = string & { readonly fingerprint: unique symbol };

/** One container of what is released. */
export interface Container {
  /** Null where its image is not told. */
  readonly image: string | null;
  /** Null where it is not told. */
  readonly env: ReadonlyMap<string, Fingerprint> | null;
  /** Command, arguments and what is mounted or read as a whole; null where it is not told. */
  readonly config: ReadonlyMap<string, Fingerprint> | null;
}

/** One object, declared or running, in the same words. */
export interface Unit {
  /** `Deployment/shop/odoo`, `service/odoo`. */
  readonly name: string;
  /** Null: not declared, so that somebody else may scale it; or not told. */
  readonly replicas: number | null;
  readonly containers: ReadonlyMap<string, Container>;
  /** The keys of a ConfigMap; empty for everything else. */
  readonly config: ReadonlyMap<string, Fingerprint>;
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** The fingerprint of a value; a digest that stands in its place is one already. */
export function fingerprint(value: string): Fingerprint {
  return (DIGEST.test(value) ? value : `sha256:${createHash('sha256').update(value).digest('hex')}`) as Fingerprint;
}

/** A reference to a secret, compared by its name and key: what it holds is never read. */
export function reference(text: string): Fingerprint {
  return `ref:${text}` as Fingerprint;
}

/** A map, or an empty one for anything else. */
export function mapOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** The maps in a list; none for anything else. */
export function mapsIn(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map(mapOf) : [];
}

/** A text; numbers and booleans as YAML gives them for what was meant as a text. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}
