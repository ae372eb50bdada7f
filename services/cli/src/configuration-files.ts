import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigurationFile } from '@parapet/policy';
import { EXIT, Failure } from './exit.js';

const CONFIGURATION_FILE = /\.(ya?ml|json)$/;

/** The files at a path, those of a folder in the order of their names. */
export function filesIn(path: string): ConfigurationFile[] {
  try {
    if (!statSync(path).isDirectory()) return [{ file: path, text: readFileSync(path, 'utf8') }];
    const entries = readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    return entries.filter(isWanted).flatMap((entry) => filesIn(join(path, entry.name)));
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure(EXIT.usage, `cannot read ${path}: ${(cause as Error).message}`, undefined, { cause });
  }
}

function isWanted(entry: Dirent): boolean {
  return !entry.name.startsWith('.') && (entry.isDirectory() || CONFIGURATION_FILE.test(entry.name));
}
