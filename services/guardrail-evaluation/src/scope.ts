import type { ReleaseScope } from '@parapet/guardrails';

/** A store is what a scope names parts of an environment by. */
const STORE = 'store';

/**
 * What of an environment got a release, as the phase that said so carries it; null: all of it. Of stores and a share of the
 * traffic the stores are taken: they are told apart by every sample, a share only by those of a canary.
 */
export function scopeOf(said: unknown): ReleaseScope | null {
  if (typeof said !== 'object' || said === null) return null;
  const { stores, percent } = said as { readonly stores?: unknown; readonly percent?: unknown };
  const values = Array.isArray(stores) ? stores.filter((store) => typeof store === 'string') : [];
  if (values.length > 0) return { kind: 'values', dimension: STORE, values: [...new Set(values)].sort() };
  return typeof percent === 'number' && percent < 100 ? { kind: 'percent', percent } : null;
}
