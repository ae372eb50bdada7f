import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The kept text of a golden file. A missing one fails; `GOLDEN=write` (npm run golden) writes it, and the diff is read like code. */
export function golden(file: URL, text: string): string {
  const path = fileURLToPath(file);
  if (process.env['GOLDEN'] === 'write') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return existsSync(path) ? readFileSync(path, 'utf8') : `${path} is missing: npm run golden writes it`;
}
