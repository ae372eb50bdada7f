import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = 'docs/architecture.md';

/** The folders that the map names: `name/` at the left margin, and indented ones under them. */
function mappedFolders(page: string): string[] {
  const section = /## Where things are\n\n((?: {4}.*\n|\n)+)/.exec(page)?.[1] ?? '';
  const folders: string[] = [];
  let parent = '';
  for (const line of section.split('\n')) {
    const [, indent = '', name] = /^ {4}( *)([a-z-]+)\//.exec(line) ?? [];
    if (name === undefined) continue;
    if (indent === '') parent = name;
    folders.push(indent === '' ? name : `${parent}/${name}`);
  }
  return folders;
}

/** What is made, not written. */
const MADE = ['node_modules', 'dist', 'coverage'];

/** The folders of the tree: top level, and one deeper in libs and services. */
function foldersOfTree(): string[] {
  const inside = (folder: string): string[] =>
    readdirSync(join(repository, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !MADE.includes(entry.name))
      .map((entry) => join(folder, entry.name));
  return inside('').flatMap((folder) =>
    ['libs', 'services'].includes(folder) ? [folder, ...inside(folder)] : [folder],
  );
}

describe('the map of folders', () => {
  it('names every folder of the tree, and no other', () => {
    const mapped = mappedFolders(readFileSync(`${repository}/${PAGE}`, 'utf8'));
    expect([...mapped].sort()).toEqual(foldersOfTree().sort());
  });
});
