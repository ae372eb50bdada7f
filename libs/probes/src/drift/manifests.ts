import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PublishedDocument } from '@parapet/policy';
import { LineCounter, parseAllDocuments } from 'yaml';
import { readDocument } from '../document.js';
import { MeasurementFailed } from '../probe.js';
import { isCompose } from './compose-unit.js';
import { mapOf, mapsIn } from './unit.js';

type Json = Readonly<Record<string, unknown>>;

const FILES_MAX = 500;
const DEPTH_MAX = 8;
const FILE_BYTES_MAX = 5_000_000;
const ALIASES_MAX = 100;
/** A variable of Compose; `$${` is what is left of one that is meant as text. In a ConfigMap either is only text. */
const UNRENDERED = /(?<!\$)\$\{/;
const MANIFEST = /\.(ya?ml|json)$/;

/** Every document of a file, of all files below a folder, or of an address. Throws MeasurementFailed. */
export async function readManifests(place: PublishedDocument, timeoutMs: number): Promise<readonly Json[]> {
  const limits = { bytesMax: FILE_BYTES_MAX, timeoutMs };
  const files = place.file === undefined ? null : await filesBelow(place.file);
  if (files === null) return documentsIn((await readDocument(place, limits)).text, place.url ?? '');
  const read: Json[] = [];
  for (const file of files) {
    const { text } = await readDocument({ file, allowPrivate: false }, limits);
    read.push(...documentsIn(text, file));
  }
  return read;
}

/** The documents in a text of YAML or JSON; lists are taken apart. */
export function documentsIn(text: string, name: string): readonly Json[] {
  const lines = new LineCounter();
  return parseAllDocuments(text, { lineCounter: lines, logLevel: 'silent', prettyErrors: false }).flatMap(
    (document) => {
      const [error] = document.errors ?? [];
      if (error !== undefined) {
        // Not the parser's own words: they quote the line, and a line of a manifest may hold a secret.
        throw new MeasurementFailed(
          'bad-answer',
          `${name} line ${lines.linePos(error.pos[0]).line}: not YAML (${error.code})`,
        );
      }
      const value = mapOf(valueOf(document, name));
      if (isCompose(value) && UNRENDERED.test(text)) {
        throw new MeasurementFailed('bad-answer', `${name} holds variables: give what "docker compose config" prints`);
      }
      return value.kind === 'List' ? mapsIn(value.items) : [value];
    },
  );
}

function valueOf(document: { toJS(options: { maxAliasCount: number }): unknown }, name: string): unknown {
  try {
    return document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch {
    throw new MeasurementFailed('bad-answer', `${name} repeats itself without end: too many aliases`);
  }
}

async function filesBelow(path: string, depth = 0): Promise<readonly string[]> {
  if (depth > DEPTH_MAX) throw new MeasurementFailed('too-large', `${path} lies deeper than ${DEPTH_MAX} folders`);
  try {
    // Follows links: a mounted ConfigMap is a folder of them.
    if (!(await stat(path)).isDirectory()) return [path];
    const names = (await readdir(path)).filter((name) => !name.startsWith('.')).sort();
    const found: string[] = [];
    for (const name of names) {
      const below = join(path, name);
      const isFolder = (await stat(below)).isDirectory();
      if (isFolder) found.push(...(await filesBelow(below, depth + 1)));
      else if (MANIFEST.test(name)) found.push(below);
      if (found.length > FILES_MAX)
        throw new MeasurementFailed('too-large', `more than ${FILES_MAX} files below ${path}`);
    }
    return found;
  } catch (error) {
    if (error instanceof MeasurementFailed) throw error;
    const code = String((error as { code?: unknown }).code);
    throw new MeasurementFailed(code === 'EACCES' ? 'refused' : 'missing', `cannot read ${path}: ${code}`, {
      cause: error,
    });
  }
}
