import { z } from 'zod';
import type { Located, Path } from './located.js';
import { type ConfigurationProblem, problemAt } from './problem.js';
import { didYouMean } from './suggest.js';

/** Words of the design that no code answers to yet: said so, instead of being called unknown. */
const NOT_YET: ReadonlySet<string> = new Set([
  'NotificationRoute',
  'traefik',
  'kubernetes',
  'argo-rollouts',
  'argocd',
  'flux',
  'flagger',
  'git',
]);

export const isNotYetSupported = (word: string): boolean => NOT_YET.has(word);

/** Holds a document against its schema; every place that does not fit is a problem. */
export function shapeProblems(where: Located, schema: z.ZodType, error: z.ZodError): ConfigurationProblem[] {
  return error.issues.flatMap((issue) => fromIssue(where, schema, issue, []));
}

function fromIssue(where: Located, schema: z.ZodType, issue: z.core.$ZodIssue, above: Path): ConfigurationProblem[] {
  const path = [...above, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))];
  const found = valueAt(where.document, path);
  const place = schemaAt(schema, path, where.document);
  const allowed = place === null ? undefined : describe(place);

  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = place === null ? [] : keysOf(optionFor(place, found));
      return issue.keys.map((key) =>
        problemAt(where, [...path, key], `unknown key "${key}"${didYouMean(key, known)}`, known.join(', ')),
      );
    }
    case 'invalid_union':
      if (issue.errors.length > 0 && found !== undefined) {
        // One word or a list of them: the complaint of the form that was written is the useful one.
        const option = (bare(schemaAtExactly(schema, path, where.document) ?? schema) as z.ZodUnion).options?.findIndex(
          (one) => one instanceof z.ZodArray === Array.isArray(found),
        );
        return (issue.errors[Math.max(0, option ?? 0)] ?? []).flatMap((inner) => fromIssue(where, schema, inner, path));
      }
      if (found === undefined) return [problemAt(where, path, `"${lastOf(path)}" is missing`, allowed)];
      return [problemAt(where, path, wordProblem(found, issue, place), allowed)];
    case 'invalid_value':
      if (found === undefined) return [problemAt(where, path, `"${lastOf(path)}" is missing`, allowed)];
      return [problemAt(where, path, wordProblem(found, issue, place), allowed)];
    case 'invalid_type':
      if (found === undefined) return [problemAt(where, path, `"${lastOf(path)}" is missing`, allowed)];
      return [problemAt(where, path, `must be ${wordFor(issue.expected)}, not ${shown(found)}`, allowed)];
    case 'custom':
      return [problemAt(where, path, sentence(path, found, issue.message), allowed)];
    case 'too_small':
      // A list or map that may not be empty is the only size that shapes ask for.
      if (Array.isArray(found)) return [problemAt(where, path, `must hold at least ${issue.minimum}`, allowed)];
      return [problemAt(where, path, `${shown(found)} is not allowed`, allowed ?? issue.message)];
    default:
      return [problemAt(where, path, `${shown(found)} is not allowed`, allowed ?? issue.message)];
  }
}

/** Messages written beside a schema say "is missing" or "needs …" of a field that the path names. */
function sentence(path: Path, found: unknown, message: string): string {
  return found === undefined && message.startsWith('is missing') ? `"${lastOf(path)}" ${message}` : message;
}

function wordProblem(found: unknown, issue: z.core.$ZodIssue, place: z.ZodType | null): string {
  if (typeof found !== 'string')
    return `must be ${place === null ? 'something else' : wordFor(typeOf(place))}, not ${shown(found)}`;
  if (isNotYetSupported(found)) return `"${found}" is not yet supported`;
  const words = issue.code === 'invalid_value' ? issue.values.map(String) : place === null ? [] : wordsOf(place);
  return `${shown(found)} is not one of the allowed words${didYouMean(found, words)}`;
}

function lastOf(path: Path): string {
  return String(path[path.length - 1] ?? 'the document');
}

function wordFor(expected: string): string {
  const words: Readonly<Record<string, string>> = {
    string: 'text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a map',
    record: 'a map',
  };
  return words[expected] ?? expected;
}

function shown(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'number') return String(value);
  // Somebody wrote a secret where only a reference may stand: a problem is printed and logged, so it must not repeat it.
  if (typeof value === 'string' && /^(ppt|whsec)_/.test(value)) return 'a secret';
  const text = (JSON.stringify(value) ?? String(value)).replace(/\/\/[^/@\s]+@/, '//…@');
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string | number, unknown>)[step];
  }
  return at;
}

/** The schema that stands behind optional, default, refinements and transformations. */
function bare(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return bare(schema.unwrap() as z.ZodType);
  }
  if (schema instanceof z.ZodPipe) return bare(schema.in as z.ZodType);
  return schema;
}

/** Follows a path through a schema; where a union stands in the way, its option is chosen by the document. */
function schemaAtExactly(schema: z.ZodType, path: Path, document: unknown): z.ZodType | null {
  let at = schema;
  let value = document;
  for (const step of path) {
    const next = child(optionFor(at, value), step);
    if (next === null) return null;
    at = next;
    value = valueAt(value, [step]);
  }
  return at;
}

/** The same, down to the option of a union that the document chose; described places stay as they are, for their words. */
function schemaAt(schema: z.ZodType, path: Path, document: unknown): z.ZodType | null {
  const at = schemaAtExactly(schema, path, document);
  if (at === null) return null;
  const isMap = bare(at) instanceof z.ZodObject;
  return describeOf(at) !== undefined && !isMap ? at : optionFor(at, valueAt(document, path));
}

function child(schema: z.ZodType, step: string | number): z.ZodType | null {
  if (schema instanceof z.ZodObject) return (schema.shape[step] as z.ZodType | undefined) ?? null;
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType;
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType;
  if (schema instanceof z.ZodDiscriminatedUnion && step === schema.def.discriminator) {
    return z.enum(discriminators(schema) as [string, ...string[]]);
  }
  return null;
}

function optionFor(schema: z.ZodType, value: unknown): z.ZodType {
  const at = bare(schema);
  if (at instanceof z.ZodDiscriminatedUnion) {
    const word = valueAt(value, [at.def.discriminator]);
    const option = at.options.find((one) =>
      wordsOf(child(one as z.ZodType, at.def.discriminator)).includes(String(word)),
    );
    return option === undefined ? at : (option as z.ZodType);
  }
  if (at instanceof z.ZodUnion) {
    const option = at.options.find((one) => one instanceof z.ZodArray === Array.isArray(value));
    return option === undefined ? at : optionFor(option as z.ZodType, value);
  }
  return at;
}

function discriminators(union: z.ZodDiscriminatedUnion): string[] {
  return union.options.flatMap((option) => wordsOf(child(option as z.ZodType, union.def.discriminator)));
}

function wordsOf(schema: z.ZodType | null): string[] {
  if (schema === null) return [];
  const at = bare(schema);
  if (at instanceof z.ZodEnum) return at.options.map(String);
  if (at instanceof z.ZodLiteral) return [...at.values].map(String);
  if (at instanceof z.ZodUnion) return at.options.flatMap((option) => wordsOf(option as z.ZodType));
  return [];
}

function keysOf(schema: z.ZodType): string[] {
  const at = bare(schema);
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function describeOf(schema: z.ZodType): string | undefined {
  const own = schema.meta()?.description;
  if (own !== undefined) return own;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return describeOf(schema.unwrap() as z.ZodType);
  }
  return schema instanceof z.ZodPipe ? describeOf(schema.in as z.ZodType) : undefined;
}

function typeOf(schema: z.ZodType): string {
  return bare(schema).def.type;
}

/** What is allowed at a place, in words. */
function describe(schema: z.ZodType): string | undefined {
  const own = describeOf(schema);
  if (own !== undefined) return own;
  const words = wordsOf(schema);
  if (words.length > 0) return words.join(', ');
  const keys = keysOf(schema);
  if (keys.length > 0) return `a map with ${keys.join(', ')}`;
  return undefined;
}
