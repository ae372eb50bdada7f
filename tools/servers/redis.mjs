import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startServer } from './child.mjs';
import { debianTree, isDebian, libraryPath } from './debian.mjs';
import { dockerFound, withFolder } from './docker.mjs';
import { onPath, versionOf } from './found.mjs';
import { redisAnswers } from './ports.mjs';
import { onFreePort } from './retry.mjs';

/**
 * Finds a Redis or Valkey server: on PATH, among the distribution's packages, in Docker.
 * @param {import('./index.d.mts').Say} [say]
 * @returns {Promise<import('./index.d.mts').Found>}
 */
export async function findRedis(say = () => {}) {
  const installed = onPath('redis-server') ?? onPath('valkey-server');
  if (installed)
    return { how: installed, version: versionOf(installed, ['--version'], {}), command: installed, args: [], env: {} };
  /** @type {unknown} */
  let failure;
  if (isDebian()) {
    try {
      const tree = await debianTree('redis-server', {
        packages: ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1'],
        withDependencies: true,
        say,
      });
      const command = join(tree, 'usr/bin/redis-server');
      const env = { LD_LIBRARY_PATH: libraryPath(tree) };
      return {
        how: "the distribution's package redis-server",
        version: versionOf(command, ['--version'], env),
        command,
        args: [],
        env,
      };
    } catch (cause) {
      failure = cause;
    }
  }
  const container = await dockerFound('redis', 'redis-server');
  if (container) return container;
  throw new Error('no Redis server found: install redis-server or valkey-server, start Docker, or set REDIS_URL', {
    cause: failure,
  });
}

/**
 * Starts a Redis server that keeps nothing on disk: only what may be lost is in it.
 * @param {Parameters<typeof import('./index.d.mts').startRedis>[0]} start
 * @returns {Promise<import('./index.d.mts').Addressed>}
 */
export async function startRedis({ dir, port, password, say }) {
  const found = await findRedis(say);
  return await onFreePort(port, async (chosen) => {
    mkdirSync(dir, { recursive: true });
    const file = join(dir, 'redis.conf');
    const lines = [
      'bind 127.0.0.1',
      `port ${chosen}`,
      'save ""',
      'appendonly no',
      `dir ${JSON.stringify(dir)}`,
      ...(password ? [`requirepass ${password}`] : []),
    ];
    writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
    const server = await startServer({
      name: 'redis',
      command: found.command,
      args: [...withFolder(found, dir, undefined), file],
      env: found.env,
      dir,
      isReady: () => redisAnswers('127.0.0.1', chosen),
    });
    const credentials = password ? `:${encodeURIComponent(password)}@` : '';
    return {
      ...server,
      url: `redis://${credentials}127.0.0.1:${chosen}`,
      port: chosen,
      version: found.version,
      how: found.how,
    };
  });
}
