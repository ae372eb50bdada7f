import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDir, cachedFolder } from './cache.mjs';
import { onPath } from './found.mjs';

const execute = promisify(execFile);
const DOWNLOAD_LIMIT_MS = 10 * 60_000;
// The C library and its loader must be one pair, and the loader is always the system's.
const NEVER_UNPACKED = /^(libc6|libc-bin|libc6-.*|locales)_/;

/** Tells whether the machine's packages are Debian's or Ubuntu's, and can be fetched. */
export function isDebian() {
  return existsSync('/etc/debian_version') && onPath('apt-get') !== undefined && onPath('dpkg-deb') !== undefined;
}

/**
 * Fetches packages of the distribution and unpacks them into the cache: nothing is installed, no service is started, no root is needed.
 * @param {string} name the folder in the cache
 * @param {{ packages: readonly string[]; withDependencies?: boolean; say?: (line: string) => void }} wanted
 *   `withDependencies` also fetches what the system itself lacks of what they depend on
 * @returns {Promise<string>} the root of the unpacked tree
 */
export async function debianTree(name, { packages, withDependencies = false, say = () => {} }) {
  return await cachedFolder(`debian/${name}`, async (tree) => {
    say(`fetching ${packages.join(', ')} from this distribution's packages (once)`);
    const downloads = join(tree, '.downloads');
    await mkdir(join(downloads, 'partial'), { recursive: true });
    try {
      await download(await privateApt(), downloads, packages, withDependencies);
    } catch {
      // Old lists name versions that the mirror has since replaced.
      await rm(join(cacheDir(), 'apt'), { recursive: true, force: true });
      await download(await privateApt(), downloads, packages, withDependencies);
    }
    const archives = (await readdir(downloads)).filter((file) => file.endsWith('.deb') && !NEVER_UNPACKED.test(file));
    if (archives.length === 0) throw new Error(`cannot fetch ${packages.join(', ')}: apt-get downloaded nothing`);
    for (const archive of archives) await run('dpkg-deb', ['-x', join(downloads, archive), tree]);
    await rm(downloads, { recursive: true, force: true });
  });
}

/**
 * @param {readonly string[]} apt
 * @param {string} downloads
 * @param {readonly string[]} packages
 * @param {boolean} withDependencies
 */
async function download(apt, downloads, packages, withDependencies) {
  if (withDependencies) {
    // Judged against what is installed, so only what the system lacks is fetched.
    const options = [...apt, '-o', `Dir::Cache::archives=${downloads}`, '-o', 'Debug::NoLocking=1'];
    await run('apt-get', [...options, '-y', '--no-install-recommends', '--download-only', 'install', ...packages], {
      cwd: downloads,
    });
  }
  const arrived = new Set((await readdir(downloads)).map((file) => file.split('_')[0]));
  const missing = packages.filter((name) => !arrived.has(name));
  if (missing.length > 0) await run('apt-get', [...apt, 'download', ...missing], { cwd: downloads });
}

/**
 * The library path under which an unpacked program finds its own libraries.
 * @param {string} tree
 */
export function libraryPath(tree) {
  const folders = [];
  for (const lib of ['usr/lib', 'lib']) {
    const root = join(tree, lib);
    if (!existsSync(root)) continue;
    for (const entry of readdirSync(root, { withFileTypes: true })) {
      if (!entry.isDirectory() || !entry.name.includes('-linux-gnu')) continue;
      const triplet = join(root, entry.name);
      folders.push(triplet);
      for (const nested of ['pulseaudio', 'nss', 'blas', 'lapack'])
        if (existsSync(join(triplet, nested))) folders.push(join(triplet, nested));
    }
  }
  return folders.join(':');
}

/** Package lists of our own, updated once, since the system's may be absent and may need root to refresh. */
async function privateApt() {
  const state = await cachedFolder('apt', async (partial) => {
    await mkdir(join(partial, 'state', 'lists', 'partial'), { recursive: true });
    await mkdir(join(partial, 'cache', 'archives', 'partial'), { recursive: true });
    /** @type {unknown} */
    let failure;
    try {
      await run('apt-get', [...aptOptions(partial), 'update']);
    } catch (cause) {
      // One broken third-party source fails the whole command though the distribution's own lists arrived.
      failure = cause;
    }
    const lists = (await readdir(join(partial, 'state', 'lists'))).filter((file) => file.includes('_Packages'));
    if (lists.length === 0)
      throw new Error('cannot fetch the package lists with apt-get update; is this machine offline?', {
        cause: failure,
      });
  });
  return aptOptions(state);
}

/** @param {string} dir */
function aptOptions(dir) {
  const options = {
    'Dir::State': join(dir, 'state'),
    'Dir::State::lists': join(dir, 'state', 'lists'),
    'Dir::State::status': '/var/lib/dpkg/status',
    'Dir::Cache': join(dir, 'cache'),
    'Dir::Cache::archives': join(dir, 'cache', 'archives'),
    'APT::Get::List-Cleanup': 'false',
    'Acquire::Languages': 'none',
    // Under root apt gives its rights up for a user that may not reach this folder.
    ...(process.getuid?.() === 0 ? { 'APT::Sandbox::User': 'root' } : {}),
  };
  return Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string }} [options]
 */
async function run(command, args, options = {}) {
  try {
    await execute(command, [...args], {
      ...options,
      timeout: DOWNLOAD_LIMIT_MS,
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
    });
  } catch (cause) {
    const said = /** @type {{ stderr?: string }} */ (cause).stderr?.trim().split('\n').slice(-5).join('\n') ?? '';
    throw new Error(
      `${command} ${args.filter((arg) => !arg.includes('::') && arg !== '-o').join(' ')} failed: ${said}`,
      { cause },
    );
  }
}
