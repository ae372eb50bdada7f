/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * Canonical JSON (RFC 8785): members sorted by UTF-16 code units, no white space, numbers as ECMAScript writes them.
 * Members that are `undefined` are left out and such items are null, as JSON.stringify does. Throws on what has no JSON form:
 * NaN, infinities, and objects that are more than their members, such as dates and maps. One departure: an unpaired surrogate is
 * written as its escape, so that who verifies a row can say that it is wrong.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new Error(`cannot write ${value} as JSON`);
    return JSON.stringify(value);
  }
  // `Array.from` visits holes; `map` would leave nothing between two commas.
  if (Array.isArray(value)) return `[${Array.from(value, (item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value === 'object') {
    const tag = Object.prototype.toString.call(value);
    if (tag !== '[object Object]') throw new Error(`cannot write ${tag} as JSON`);
    const record = value as Record<string, unknown>;
    const members = Object.keys(record)
      .filter((key) => record[key] !== undefined)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(record[key])}`);
    return `{${members.join(',')}}`;
  }
  throw new Error(`cannot write a ${typeof value} as JSON`);
}
