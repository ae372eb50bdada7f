import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The folder of the clone. */
export const projectDir = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

const LOCK_POLL_MS = 200;
const LOCK_WAIT_MS = 15 * 60_000;

/** Where unpacked servers are kept between runs: `PARAPET_CACHE`, else `.parapet/cache` of the clone. */
export function cacheDir(env = process.env) {
  return resolve(env.PARAPET_CACHE || join(projectDir, '.parapet', 'cache'));
}

/**
 * Makes a folder of the cache exactly once, however many processes ask at the same time.
 *
 * It is filled under another name and renamed, so that an interrupted download is never taken for a whole one.
 * @param {string} name
 * @param {(dir: string) => Promise<void>} fill
 * @returns {Promise<string>} the filled folder
 */
export async function cachedFolder(name, fill) {
  const folder = join(cacheDir(), name);
  if (existsSync(folder)) return folder;
  await mkdir(dirname(folder), { recursive: true });
  const release = await lockFolder(`${folder}.lock`);
  try {
    if (existsSync(folder)) return folder;
    const partial = `${folder}.partial`;
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    await fill(partial);
    await rename(partial, folder);
    return folder;
  } finally {
    await release();
  }
}

/**
 * Holds a lock that is a folder; one left by a dead process is taken over.
 * @param {string} lock
 * @returns {Promise<() => Promise<void>>} gives the lock back
 */
async function lockFolder(lock) {
  const deadlineMs = Date.now() + LOCK_WAIT_MS;
  for (;;) {
    try {
      await mkdir(lock);
      await writeFile(join(lock, 'pid'), String(process.pid));
      return () => rm(lock, { recursive: true, force: true });
    } catch (cause) {
      if (/** @type {NodeJS.ErrnoException} */ (cause).code !== 'EEXIST') throw cause;
    }
    const holder = await lockHolder(lock);
    if (holder !== undefined && !isAlive(holder)) {
      await rm(lock, { recursive: true, force: true });
    } else if (Date.now() > deadlineMs) {
      throw new Error(
        `cannot lock ${lock}: process ${holder ?? 'unknown'} has held it for 15 minutes; remove that folder if no such process is at work`,
      );
    } else {
      await wait(LOCK_POLL_MS);
    }
  }
}

/** @param {string} lock */
async function lockHolder(lock) {
  try {
    const pid = Number(await readFile(join(lock, 'pid'), 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    // The holder is between making the folder and writing its number, or has just given the lock back.
    return undefined;
  }
}

/**
 * Tells whether a process with this number exists.
 * @param {number} pid
 */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return /** @type {NodeJS.ErrnoException} */ (cause).code === 'EPERM';
  }
}
