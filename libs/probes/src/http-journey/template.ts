import { invariant } from '@parapet/kernel';

const TEMPLATE = /\{\{\s*([^{}\s]+)\s*\}\}/g;
const ONLY_TEMPLATE = /^\{\{\s*([^{}\s]+)\s*\}\}$/;

/** What `{{name}}` stands for in one run: secrets, the run's own name, and what earlier steps captured. */
export type Values = ReadonlyMap<string, string>;

/** Fills a text; configuration was refused where a name stood for nothing. */
export function filled(text: string, values: Values, encode = (value: string): string => value): string {
  return text.replace(TEMPLATE, (_, name: string) => {
    const value = values.get(name);
    invariant(value !== undefined, `no value for {{${name}}}`);
    return encode(value);
  });
}

/** A step's address: captured values cannot change what it is made of, unless the whole address was captured. */
export function filledUrl(text: string, values: Values): string {
  return ONLY_TEMPLATE.test(text) ? filled(text, values) : filled(text, values, encodeURIComponent);
}

/** A JSON body with every text in it filled. */
export function filledJson(value: unknown, values: Values): unknown {
  if (typeof value === 'string') return filled(value, values);
  if (Array.isArray(value)) return value.map((one) => filledJson(one, values));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filledJson(inner, values)]));
}
