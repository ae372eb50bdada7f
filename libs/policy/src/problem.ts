import type { Located, Path } from './located.js';

/** One thing that is wrong with configuration, where it stands and what is allowed there. */
export interface ConfigurationProblem {
  readonly file: string;
  readonly line: number;
  /** JSON pointer into the document. */
  readonly field: string;
  readonly problem: string;
  /** What is allowed there, in words. */
  readonly allowed?: string;
}

/** RFC 6901. */
export function jsonPointer(path: Path): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The path that a JSON pointer names in a document; steps into lists become numbers. */
export function pathOf(pointer: string, document: unknown): Path {
  let at = document;
  return pointer
    .split('/')
    .slice(1)
    .map((step) => {
      const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
      const key = Array.isArray(at) ? Number(name) : name;
      at = typeof at === 'object' && at !== null ? (at as Record<string | number, unknown>)[key] : undefined;
      return key;
    });
}

/** A problem at a place of a document. */
export function problemAt(where: Located, path: Path, problem: string, allowed?: string): ConfigurationProblem {
  const place = { file: where.file, line: where.lineOf(path), field: jsonPointer(path), problem };
  return allowed === undefined ? place : { ...place, allowed };
}

/** One line for people: `shop.yaml:12 /spec/mode: … (allowed: …)`. */
export function describeProblem(problem: ConfigurationProblem): string {
  // Line 0 is a document in force: it has no file any more.
  const place = problem.line === 0 ? problem.file : `${problem.file}:${problem.line}`;
  const field = problem.field === '' ? '' : ` ${problem.field}`;
  const allowed = problem.allowed === undefined ? '' : ` (allowed: ${problem.allowed})`;
  return `${place}${field}: ${problem.problem}${allowed}`;
}
