import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(join(repository, file), 'utf8');
const foldersIn = (folder: string): string[] =>
  readdirSync(join(repository, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
    .map((entry) => entry.name);

/** What is made or fetched, not written. */
const MADE = ['node_modules', 'dist', 'coverage'];

function pagesIn(folder: string): string[] {
  return readdirSync(join(repository, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name.startsWith('.') || MADE.includes(entry.name) ? [] : pagesIn(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

const PAGES = pagesIn('');
const SCRIPTS = JSON.parse(read('package.json')).scripts as Readonly<Record<string, string>>;

/** Where a page's links to files of this repository lead. */
function linked(page: string): string[] {
  return [...read(page).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
    .map((match) => match[1] as string)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => join(dirname(page), target));
}

/** What a page tells to run: scripts of package.json, and folders or the beginnings of files for Jest. */
const scriptsOf = (page: string): string[] => [...read(page).matchAll(/npm run ([a-z:]+)/g)].map((m) => m[1] as string);
const jestPathsOf = (page: string): string[] =>
  [...read(page).matchAll(/npm run jest -- ([a-z][\w/.-]*(?: [a-z]+\/[\w/-]+)*)/g)].flatMap((m) =>
    (m[1] as string).split(' '),
  );

function beginsAFile(path: string): boolean {
  const folder = join(repository, dirname(path));
  return existsSync(folder) && readdirSync(folder).some((name) => join(dirname(path), name).startsWith(path));
}

describe('the pages', () => {
  it('every project has a README, and so has every folder that several of them share', () => {
    const projects = ['libs', 'services'].flatMap((group) => foldersIn(group).map((name) => `${group}/${name}`));
    const wanted = [...projects, 'deploy', 'docs', 'examples', 'test', 'tools'].map((folder) => `${folder}/README.md`);
    expect(PAGES).toEqual(expect.arrayContaining([...wanted, 'README.md', 'CONTRIBUTING.md']));
  });

  it.each(PAGES)('%s links to what is there, and tells to run what can be run', (page) => {
    expect(linked(page).filter((target) => !existsSync(join(repository, target)))).toEqual([]);
    expect(scriptsOf(page).filter((script) => !(script in SCRIPTS))).toEqual([]);
    expect(jestPathsOf(page).filter((path) => !beginsAFile(path.replace(/\.$/, '')))).toEqual([]);
  });

  it.each([
    { page: 'test/README.md', names: foldersIn('test').map((name) => `\`${name}\``) },
    { page: 'tools/README.md', names: foldersIn('tools').map((name) => `\`${name}/\``) },
    { page: 'docs/README.md', names: readdirSync(join(repository, 'docs/adr')).map((name) => `(adr/${name})`) },
    { page: 'examples/README.md', names: foldersIn('examples/config').map((name) => `\`config/${name}\``) },
  ])('$page names everything that it is the index of', ({ page, names }) => {
    expect(names.filter((name) => !read(page).includes(name))).toEqual([]);
    expect(names.length).toBeGreaterThan(0);
  });
});
