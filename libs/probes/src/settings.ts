import type { z } from 'zod';
import type { DeclaredProbe } from './probe.js';

/** The settings of a declared probe read through their schema, or every problem of them. */
export function readSettings<T>(
  { probe }: DeclaredProbe,
  schema: z.ZodType<T>,
): { readonly settings: T } | { readonly problems: readonly string[] } {
  const parsed = schema.safeParse(probe.settings);
  if (parsed.success) return { settings: parsed.data };
  const problems = parsed.error.issues.map(
    ({ path, message }) => `settings${path.map((part) => `.${String(part)}`).join('')}: ${message}`,
  );
  return { problems };
}
