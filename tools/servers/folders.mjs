import { chmodSync, mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { removeWithUs } from './child.mjs';

// "nobody" on every Linux; PostgreSQL refuses to run as root.
const NOBODY = 65_534;

/** The unprivileged owner that a server which refuses root runs as; undefined when we are not root. */
export function unprivilegedOwner() {
  return process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : undefined;
}

/**
 * Tells whether every user can pass through to a folder; a clone under a home of mode 0700 is out of reach.
 * @param {string} dir
 */
export function isReachableByAll(dir) {
  for (let folder = resolve(dir); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/**
 * A new folder under the system's temporary folder that every user may pass through; removed with us.
 * @param {string} name
 */
export function temporaryFolder(name) {
  const root = isReachableByAll(tmpdir()) ? tmpdir() : '/tmp';
  const dir = mkdtempSync(join(root, `parapet-${name}-`));
  chmodSync(dir, 0o711);
  return { dir, remove: removeWithUs(dir) };
}
