import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort, isAlive, isReachableByAll, projectDir, unprivilegedOwner } from '../servers/index.mjs';

/**
 * The folder where a run keeps what it must find again: `.parapet/state` of the clone, unless PostgreSQL's unprivileged user cannot reach it.
 * @param {string | undefined} wanted
 */
export function stateFolder(wanted) {
  if (wanted) return madeFolder(resolve(wanted));
  if (!unprivilegedOwner() || isReachableByAll(projectDir)) {
    madeFolder(join(projectDir, '.parapet'));
    return madeFolder(join(projectDir, '.parapet', 'state'));
  }
  const name = createHash('sha256').update(projectDir).digest('hex').slice(0, 12);
  return madeFolder(join(tmpdir(), `parapet-state-${name}`));
}

/** @param {string} dir */
function madeFolder(dir) {
  if (!existsSync(dir)) mkdirSync(dir, { recursive: true });
  const found = lstatSync(dir);
  // A known name in a folder that everybody may write to could have been made by somebody else.
  if (!found.isDirectory() || (process.getuid && found.uid !== process.getuid()))
    throw new Error(`cannot keep state in ${dir}: that folder belongs to somebody else`);
  // Passable, so that PostgreSQL's own user reaches its folder; what is secret has its own mode.
  chmodSync(dir, (found.mode & 0o755) | 0o711);
  return dir;
}

/**
 * Refuses a second run on the same state, and takes over from one that died.
 * @param {string} dir
 * @returns {() => void} gives the state free
 */
export function holdState(dir) {
  const file = join(dir, 'launcher.pid');
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (cause) {
      if (/** @type {NodeJS.ErrnoException} */ (cause).code !== 'EEXIST') throw cause;
    }
    const pid = Number(readFileSync(file, 'utf8'));
    if (pid === process.pid || (pid > 0 && isAlive(pid) && isLauncher(pid))) {
      throw new Error(
        `Parapet already runs on the state in ${dir} (process ${pid}): stop it first, or give another folder with --state`,
      );
    }
    rmSync(file, { force: true });
  }
}

/**
 * Numbers of processes are given out again, so a pid file left by a crash may name anybody.
 * @param {number} pid
 */
function isLauncher(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('node');
  } catch {
    // Without /proc there is no telling: better refuse than run twice on one data folder.
    return !existsSync('/proc/self');
  }
}

/**
 * Values kept as JSON that only we may read, such as passwords made once.
 * @template T
 * @param {string} file
 * @param {() => T} make
 * @returns {T}
 */
export function keptOnce(file, make) {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const value = make();
  keep(file, value);
  return value;
}

/**
 * @param {string} file
 * @param {unknown} value
 */
export function keep(file, value) {
  writeFileSync(`${file}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** A password that needs no quoting anywhere. */
export function makePassword() {
  return randomBytes(24).toString('base64url');
}

/**
 * Ports that stay the same from run to run as long as nobody else has taken them.
 * @param {string} dir
 * @param {readonly string[]} names
 * @param {Readonly<Record<string, number>>} asked
 * @returns {Promise<Record<string, number>>}
 */
export async function settledPorts(dir, names, asked) {
  const file = join(dir, 'ports.json');
  /** @type {Record<string, number>} */
  const before = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  /** @type {Record<string, number>} */
  const ports = {};
  for (const name of names) {
    const wanted = asked[name];
    if (wanted !== undefined && !(await isFree(wanted)))
      throw new Error(`port ${wanted}, asked for ${name}, is taken by another program`);
    const known = before[name];
    ports[name] = wanted ?? (known !== undefined && (await isFree(known)) ? known : await freePort());
  }
  // Others may keep ports of their own in the same state.
  keep(file, { ...before, ...ports });
  return ports;
}

/** @param {number} port */
function isFree(port) {
  return new Promise((resolved) => {
    const server = createServer();
    server.once('error', () => resolved(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolved(true)));
  });
}
