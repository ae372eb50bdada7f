import { ProblemError } from '@parapet/nest';
import { isSlug, parseInstant } from '@parapet/kernel';
import { z } from 'zod';

/** Reads a body against its schema; the first bad value is named by its JSON pointer. */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body ?? {});
  if (result.success) return result.data;
  const [issue, ...others] = result.error.issues;
  const path = issue?.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : (issue?.path ?? []);
  const field = path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  throw new ProblemError(422, 'invalid', `${issue?.message ?? 'not valid'}${more}`, { field });
}

const slug = z.string().refine(isSlug, 'must be 1 to 40 characters of a-z, 0-9 and -, and not begin with -');
const instant = z.string().refine((text) => parseInstant(text) !== null, 'must be an RFC 3339 time with an offset');
const text = (max: number) => z.string().min(1).max(max);
const reversible = z.enum(['yes', 'partly', 'no']);

const component = z.strictObject({ component: text(100), version: text(200), artifact: text(1000).optional() });
const step = z.strictObject({ kind: text(100), what: text(1000), reversible, pointOfNoReturn: text(200).optional() });
const link = z.strictObject({
  title: text(200),
  href: z
    .string()
    .max(2000)
    .refine((href) => /^https?:\/\//.test(href), 'must begin with http:// or https://'),
});

export const registerReleaseBody = z.strictObject({
  name: text(200),
  workload: slug,
  environment: slug,
  components: z.array(component).min(1).max(100),
  previous: text(40).optional(),
  steps: z.array(step).max(100).optional(),
  criticality: z.enum(['low', 'medium', 'high']).optional(),
  policy: slug.optional(),
  startedBy: text(200).optional(),
  links: z.array(link).max(20).optional(),
  labels: z.record(text(256), z.string().max(4096)).optional(),
});
export type RegisterReleaseBody = z.output<typeof registerReleaseBody>;

export const phaseBody = z.strictObject({
  phase: z.enum(['registered', 'refused', 'deploying', 'live', 'failed', 'superseded', 'rolled-back', 'finished']),
  at: instant.optional(),
  scope: z
    .strictObject({ stores: z.array(text(100)).max(10_000).optional(), percent: z.number().min(0).max(100).optional() })
    .optional(),
});
export type PhaseBody = z.output<typeof phaseBody>;

export const answerBody = z.strictObject({
  answer: z.enum(['acknowledge', 'unacknowledge', 'comment', 'approve', 'withdraw', 'reject']),
  text: z.string().max(10_000).optional(),
  reason: z.string().max(2000).optional(),
  planId: z.string().max(100).optional(),
  planDigest: z.string().max(200).optional(),
});
export type AnswerBody = z.output<typeof answerBody>;

export const settleBody = z.strictObject({
  episode: z.number().int().min(1),
  as: z.enum(['resolved', 'firing']),
  reason: z.string().trim().min(1, 'say why: it is kept in the audit log and with the verdict').max(2000),
});
export type SettleBody = z.output<typeof settleBody>;

const because = z.string().trim().min(1, 'say why: it is kept in the audit log').max(2000);

export const markBody = z.strictObject({
  verdict: z.number().int().min(1),
  guardrail: slug.optional(),
  right: z.boolean(),
  reason: because,
});
export type MarkBody = z.output<typeof markBody>;

export const restoreBody = z.strictObject({ environment: slug.optional(), reason: because });
export type RestoreBody = z.output<typeof restoreBody>;

export const applyBody = z.strictObject({
  documents: z
    .array(z.strictObject({ file: z.string().max(1000), line: z.number().int().min(0), document: z.unknown() }))
    .max(2000),
  dryRun: z.boolean().optional(),
  force: z.strictObject({ reason: because }).optional(),
});

export const lintBody = applyBody.pick({ documents: true });

export const republishBody = z.strictObject({ from: z.number().int().min(1) });
export const sessionBody = z.strictObject({ token: text(200) });

const LIMIT_MAX = 200;
const LIMIT_DEFAULT = 50;

/** `?limit=`, 1 to 200. */
export function readLimit(limit: string | undefined): number {
  if (limit === undefined) return LIMIT_DEFAULT;
  const value = Number(limit);
  if (Number.isInteger(value) && value >= 1 && value <= LIMIT_MAX) return value;
  throw new ProblemError(422, 'invalid', `limit must be a whole number from 1 to ${LIMIT_MAX}`, { field: '/limit' });
}

/** A number from 0 that a query may give. */
export function readCount(name: string, value: string | undefined): number {
  const count = Number(value ?? 0);
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw new ProblemError(422, 'invalid', `${name} must be a whole number from 0`, { field: `/${name}` });
}

const CURSOR_MS = 24 * 3_600_000;

/** A place in a list ordered by time and id. */
export interface Cursor {
  readonly at: string;
  readonly id: string;
}

/** Writes `?after=`: opaque to the caller, valid for a day. */
export function writeCursor(place: Cursor, nowMs: number): string {
  return Buffer.from(JSON.stringify([place.at, place.id, nowMs])).toString('base64url');
}

/** Reads `?after=`; refuses what we did not write, and what is older than a day. */
export function readCursor(after: string | undefined, nowMs: number): Cursor | null {
  if (after === undefined) return null;
  const cursor = z.tuple([instant, z.string().max(100), z.number()]).safeParse(decoded(after));
  if (!cursor.success || nowMs - cursor.data[2] > CURSOR_MS) {
    throw new ProblemError(422, 'invalid', 'this cursor is not one of ours, or older than 24 h: begin the list anew', {
      field: '/after',
    });
  }
  return { at: cursor.data[0], id: cursor.data[1] };
}

function decoded(after: string): unknown {
  try {
    return JSON.parse(Buffer.from(after, 'base64url').toString('utf8'));
  } catch {
    // Not JSON, so not written by us; the schema refuses it with the sentence for that.
    return null;
  }
}
