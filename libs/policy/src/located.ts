import { type Document, LineCounter, isMap, isPair, isScalar, isSeq, parseAllDocuments, type YAMLError } from 'yaml';
import type { ConfigurationProblem } from './problem.js';

export type Path = readonly (string | number)[];

/** A document as it was written, with the way back to its lines. */
export interface Located {
  readonly file: string;
  /** Where the document begins. */
  readonly line: number;
  readonly document: unknown;
  /** The line of a key or list item, or of its nearest ancestor that exists. */
  lineOf(path: Path): number;
}

/** A file of configuration: one or more YAML documents. */
export interface ConfigurationFile {
  readonly file: string;
  readonly text: string;
}

/** Reads the YAML documents of a file; what is not YAML becomes a problem, and the other documents are still read. */
export function readYaml(file: ConfigurationFile): { documents: Located[]; problems: ConfigurationProblem[] } {
  const counter = new LineCounter();
  const parsed = parseAllDocuments(file.text, { lineCounter: counter, prettyErrors: false, uniqueKeys: true });
  const documents: Located[] = [];
  const problems: ConfigurationProblem[] = [];
  for (const document of parsed as Iterable<Document.Parsed>) {
    const faults = tellingFaults([...document.errors, ...document.warnings]);
    for (const fault of faults) {
      problems.push({
        file: file.file,
        line: counter.linePos(fault.pos[0]).line,
        field: '',
        problem: `not YAML: ${fault.message}`,
      });
    }
    if (faults.length > 0) continue;
    const isEmpty = document.contents === null || (isScalar(document.contents) && document.contents.value === null);
    if (isEmpty) continue;
    try {
      documents.push(located(file.file, document, counter));
    } catch (error) {
      // Aliases that multiply beyond the parser's bound are refused when they are resolved.
      problems.push({
        file: file.file,
        line: firstLine(document, counter),
        field: '',
        problem: `not YAML: ${(error as Error).message}`,
      });
    }
  }
  return { documents, problems };
}

/** After the first fault of syntax the parser stumbles on; only keys that stand twice are faults of their own. */
function tellingFaults(faults: readonly YAMLError[]): readonly YAMLError[] {
  const first = faults.find((fault) => fault.code !== 'DUPLICATE_KEY');
  return faults.filter((fault) => fault === first || fault.code === 'DUPLICATE_KEY');
}

/** A document that came as JSON: every line is the one it was said to begin at. */
export function locatedJson(file: string, line: number, document: unknown): Located {
  return { file, line, document, lineOf: () => line };
}

function located(file: string, document: Document.Parsed, counter: LineCounter): Located {
  const line = firstLine(document, counter);
  const lineAt = (offset: number | undefined) => (offset === undefined ? line : counter.linePos(offset).line);
  const lineOf = (path: Path): number => {
    for (let length = path.length; length > 0; length--) {
      const keyed = keyOffset(document, path.slice(0, length));
      if (keyed !== undefined) return lineAt(keyed);
    }
    return line;
  };
  return { file, line, document: document.toJS({ maxAliasCount: 100 }), lineOf };
}

function firstLine(document: Document.Parsed, counter: LineCounter): number {
  const offset = document.contents?.range?.[0] ?? document.range[0];
  return counter.linePos(offset).line;
}

/** Where the last step of a path begins: the key in a map, the item in a list. */
function keyOffset(document: Document.Parsed, path: Path): number | undefined {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const last = path[path.length - 1];
  if (isMap(parent)) {
    const pair = parent.items.find(
      (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(last),
    );
    return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
  }
  if (isSeq(parent) && typeof last === 'number') {
    return (parent.items[last] as { range?: readonly number[] } | undefined)?.range?.[0];
  }
  return undefined;
}
