import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from '@parapet/kernel';
import { crossCheck } from './cross-check.js';
import { type CheckedDocument, checkShape, type Claim, claimOf, storedDocument } from './document.js';
import { type ConfigurationFile, type Located, locatedJson, readYaml } from './located.js';
import { type ConfigurationProblem, pathOf } from './problem.js';
import type { Kind } from './schema/kinds.js';

/** A valid document as it is to be stored. */
export interface ConfigurationDocument {
  readonly file: string;
  readonly line: number;
  readonly tenant: string;
  readonly kind: Kind;
  readonly name: string;
  /** As written. */
  readonly spec: Json;
  /** SHA-256 (hex) of the canonical spec: the same digest is the same content. */
  readonly digest: string;
}

/** What is already in force, so that a document may name its neighbours without repeating them. */
export interface InForce {
  readonly tenant: string;
  readonly kind: string;
  readonly name: string;
  readonly spec: unknown;
}

export type ParsedDocuments =
  | { readonly documents: readonly ConfigurationDocument[] }
  | { readonly problems: readonly ConfigurationProblem[] };

/** Reads files of configuration; either all documents or every problem of them at once. */
export function parseDocuments(files: readonly ConfigurationFile[], inForce: readonly InForce[] = []): ParsedDocuments {
  const read = files.map(readYaml);
  return check(
    read.flatMap((file) => file.documents),
    read.flatMap((file) => file.problems),
    inForce,
  );
}

/** The same for documents that came over the wire; lines are those the sender gave. */
export function checkDocuments(
  documents: readonly { readonly file: string; readonly line: number; readonly document: unknown }[],
  inForce: readonly InForce[] = [],
): ParsedDocuments {
  return check(
    documents.map(({ file, line, document }) => locatedJson(file, line, document)),
    [],
    inForce,
  );
}

/** Digest of a spec, over its canonical form. */
export function documentDigest(spec: unknown): string {
  return createHash('sha256').update(canonicalJson(spec)).digest('hex');
}

function check(
  fresh: readonly Located[],
  unreadable: readonly ConfigurationProblem[],
  inForce: readonly InForce[],
): ParsedDocuments {
  const replaced = new Set(fresh.map(claimOf).map(keyOf));
  const old = inForce
    .filter((document) => !replaced.has(keyOf(document)))
    .map((document) => storedDocument(document.tenant, document.kind, document.name, document.spec));
  const all = [...old, ...fresh];
  const checked = all.map((where) => ({ where, result: checkShape(where) }));
  const isFresh = new Set(fresh);
  const good = checked.flatMap(({ result }) => (isProblems(result) ? [] : [result]));
  const claims = all.map(claimOf).filter((claim): claim is Claim => claim !== null);
  const problems = [
    ...unreadable,
    ...checked.flatMap(({ result }) => (isProblems(result) ? result : [])),
    ...crossCheck(good, claims),
  ];
  if (problems.length > 0) return { problems: inOrder(problems) };
  return { documents: good.filter((document) => isFresh.has(document.where)).map(toDocument) };
}

function isProblems(
  result: CheckedDocument | readonly ConfigurationProblem[],
): result is readonly ConfigurationProblem[] {
  return Array.isArray(result);
}

function keyOf(document: Claim | null): string {
  return document === null ? '' : `${document.tenant}/${document.kind}/${document.name}`;
}

function toDocument(document: CheckedDocument): ConfigurationDocument {
  const { file, line } = document.where;
  return {
    file,
    line,
    tenant: document.tenant,
    kind: document.kind,
    name: document.name,
    spec: document.spec,
    digest: documentDigest(document.spec),
  };
}

function inOrder(problems: readonly ConfigurationProblem[]): ConfigurationProblem[] {
  return [...problems].sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}

/** The YAML documents of files as they are to be sent; what is not YAML is a problem here, everything else is for the receiver. */
export function readDocuments(files: readonly ConfigurationFile[]): {
  readonly documents: readonly { readonly file: string; readonly line: number; readonly document: unknown }[];
  readonly problems: readonly ConfigurationProblem[];
} {
  const read = files.map(readYaml);
  return {
    documents: read.flatMap((one) => one.documents).map(({ file, line, document }) => ({ file, line, document })),
    problems: read.flatMap((one) => one.problems),
  };
}

/** Gives problems that came back for sent documents the lines that only the files know. */
export function locateProblems(
  files: readonly ConfigurationFile[],
  problems: readonly ConfigurationProblem[],
): readonly ConfigurationProblem[] {
  const sent = files.flatMap((file) => readYaml(file).documents);
  const located = problems.map((problem) => {
    const document = sent.find((one) => one.file === problem.file && one.line === problem.line);
    return document === undefined
      ? problem
      : { ...problem, line: document.lineOf(pathOf(problem.field, document.document)) };
  });
  return inOrder(located);
}
