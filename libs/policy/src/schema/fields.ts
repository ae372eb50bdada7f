import { parseDuration } from '@parapet/kernel';
import { z } from 'zod';

const DURATION_TEXT = /^\d+(\.\d+)?(ms|s|m|h|d)$/;

/** A length of time as text; milliseconds after parsing. */
export const duration = z
  .string()
  .regex(DURATION_TEXT)
  .meta({ description: 'a length of time such as 250ms, 30s, 2m, 1h or 7d' })
  .transform((text, context) => {
    const ms = parseDuration(text);
    if (ms !== null) return ms;
    context.addIssue({ code: 'custom', message: 'must come to whole milliseconds' });
    return z.NEVER;
  });

/** Lower-case letters, digits and hyphens: safe in a subject, a path and a file name. */
export const slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/)
  .meta({ description: 'lower-case letters, digits and hyphens, at most 40, beginning with a letter or digit' });

export const signalName = z
  .string()
  .regex(/^[a-z][a-z0-9_.-]{0,127}$/)
  .meta({ description: 'the name of a signal such as odoo.order.success' });

/** A name of Prometheus' label syntax. */
export const labelName = z
  .string()
  .regex(/^[a-zA-Z_][a-zA-Z0-9_]{0,127}$/)
  .meta({ description: 'a label name: letters, digits and underscores, not beginning with a digit' });

export const subject = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@:+-]{0,127}$/)
  .meta({ description: 'a subject id such as on-call@shop.example or deploy-pipeline' });

/** Above 0 and at most 1. */
export const share = z.number().gt(0).lte(1).meta({ description: 'a number above 0 and at most 1' });

const environmentVariable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
  .meta({ description: 'the name of an environment variable' });
const filePath = z.string().min(1).meta({ description: 'the path of a file' });
const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .meta({ description: 'the SHA-256 of the token as 64 lower-case hex digits (parapet token new prints both)' });

const isOneReference = (ref: Record<string, unknown>): boolean =>
  Object.values(ref).filter((value) => value !== undefined).length === 1;

/** Where a secret is, never what it is. */
export const secretRef = z
  .strictObject({ env: environmentVariable.optional(), file: filePath.optional() })
  .refine(isOneReference, { error: 'needs exactly one of env and file' })
  .meta({ description: '{ env: NAME } or { file: PATH }; a secret itself never stands in configuration' });

/** A credential presented to us: where it is, or its digest. */
export const credentialRef = z
  .strictObject({ env: environmentVariable.optional(), file: filePath.optional(), sha256: sha256.optional() })
  .refine(isOneReference, { error: 'needs exactly one of env, file and sha256' })
  .meta({ description: '{ sha256: HEX }, { env: NAME } or { file: PATH }' });

/** Not `.max(2)`: a list that is too long would hide what is wrong inside it. */
export const credentials = z
  .array(credentialRef)
  .min(1)
  .refine((list) => list.length <= 2, { error: 'must hold at most two' })
  .meta({ description: 'one credential; two while one is being exchanged for the other', maxItems: 2 });

/** A list without repeats; of objects, by what `of` makes of each. */
export function isDistinct<T>(of: (item: T) => unknown = (item) => item): (list: readonly T[]) => boolean {
  return (list) => new Set(list.map(of)).size === list.length;
}

export const EACH_ONCE = { error: 'each stands here once' };

/** The name of another document. */
export const nameOf = (kind: string) =>
  slug.meta({ description: `the name of a ${kind}: lower-case letters, digits and hyphens` });

export const criticality = z.enum(['low', 'medium', 'high']);
export const mode = z.enum(['observe', 'propose', 'act']);
export const reversibility = z.enum(['yes', 'partly', 'no', 'unknown']);
