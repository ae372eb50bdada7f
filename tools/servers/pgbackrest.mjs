import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startServer } from './child.mjs';
import { debianTree, isDebian, libraryPath } from './debian.mjs';
import { isReachableByAll, temporaryFolder, unprivilegedOwner } from './folders.mjs';
import { versionOf } from './found.mjs';
import { freePort, postgresAnswers } from './ports.mjs';

const execute = promisify(execFile);

/**
 * Finds pgBackRest and a PostgreSQL that it knows among the distribution's packages; npm's PostgreSQL is newer than it reads.
 * @param {import('./index.d.mts').Say} [say]
 * @returns {Promise<{ how: string; version: string; pgbackrest: string; programs: string; env: Record<string, string> } | undefined>}
 *   `programs` is the folder of `postgres` and `initdb`
 */
export async function findPgBackRest(say = () => {}) {
  if (!isDebian()) {
    say('no pgBackRest: this is not Debian or Ubuntu');
    return undefined;
  }
  try {
    const tree = await debianTree('pgbackrest', {
      packages: ['pgbackrest', 'postgresql'],
      withDependencies: true,
      say,
    });
    const programs = programsIn(tree) ?? programsIn('/');
    if (!programs) throw new Error('the packages hold no PostgreSQL');
    if (unprivilegedOwner() && !isReachableByAll(tree))
      throw new Error(`the unprivileged user that PostgreSQL runs as cannot reach ${tree}`);
    const pgbackrest = join(tree, 'usr/bin/pgbackrest');
    const env = { LD_LIBRARY_PATH: libraryPath(tree) };
    const version = versionOf(pgbackrest, ['version'], env);
    return { how: "the distribution's packages pgbackrest and postgresql", version, pgbackrest, programs, env };
  } catch (cause) {
    say(`no pgBackRest: ${cause instanceof Error ? cause.message : String(cause)}`);
    return undefined;
  }
}

/** @param {string} root */
function programsIn(root) {
  const versions = join(root, 'usr/lib/postgresql');
  if (!existsSync(versions)) return undefined;
  return readdirSync(versions)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(versions, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'initdb')));
}

/**
 * Starts a PostgreSQL whose WAL is archived by pgBackRest into a repository beside it, its stanza `main` made.
 * @param {{ say?: import('./index.d.mts').Say }} [options]
 * @returns {Promise<import('./index.d.mts').BackedUpPostgres | undefined>}
 */
export async function startBackedUpPostgres({ say } = {}) {
  const found = await findPgBackRest(say);
  if (!found) return undefined;
  const { dir, remove } = temporaryFolder('pgbackrest');
  const owner = unprivilegedOwner();
  const port = await freePort();
  for (const name of ['', 'repo', 'log', 'lock', 'restored']) {
    mkdirSync(join(dir, name), { recursive: true, mode: 0o700 });
    if (owner) chownSync(join(dir, name), owner.uid, owner.gid);
  }
  const file = join(dir, 'pgbackrest.conf');
  writeFileSync(file, configuration(dir, port));
  const as = { env: { ...process.env, ...found.env }, ...owner, maxBuffer: 64 * 1024 * 1024 };
  const run = async (/** @type {readonly string[]} */ args) =>
    (await execute(found.pgbackrest, [`--config=${file}`, '--stanza=main', ...args], as)).stdout;
  try {
    const pg = join(dir, 'pg');
    await execute(join(found.programs, 'initdb'), ['-D', pg, '-U', 'postgres', '--auth=trust', '--no-sync'], as);
    const archive = `${found.pgbackrest} --config=${file} --stanza=main archive-push %p`;
    const settings = [`port=${port}`, `unix_socket_directories=${dir}`, 'listen_addresses=127.0.0.1', 'fsync=off'];
    const server = await startServer({
      name: 'postgres-backed-up',
      command: join(found.programs, 'postgres'),
      args: ['-D', pg, ...settings.flatMap((setting) => ['-c', setting]), '-c', 'archive_mode=on'],
      env: found.env,
      dir,
      owner,
      stopSignal: 'SIGINT',
      isReady: () => postgresAnswers('127.0.0.1', port),
    });
    const stop = async () => {
      await server.stop();
      remove();
    };
    try {
      await run(['stanza-create']);
    } catch (cause) {
      await server.stop();
      throw cause;
    }
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    return { url, dir, version: found.version, archiveCommand: archive, pgbackrest: run, stop };
  } catch (cause) {
    remove();
    throw cause;
  }
}

/**
 * @param {string} dir
 * @param {number} port
 */
function configuration(dir, port) {
  return `[global]
repo1-path=${dir}/repo
repo1-retention-full=2
log-path=${dir}/log
lock-path=${dir}/lock
log-level-console=warn
start-fast=y

[main]
pg1-path=${dir}/pg
pg1-port=${port}
pg1-socket-path=${dir}
pg1-user=postgres
`;
}
