import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startServer } from './child.mjs';
import { debianTree, isDebian, libraryPath } from './debian.mjs';
import { dockerFound, withFolder } from './docker.mjs';
import { isAtLeast, onPath, versionOf } from './found.mjs';
import { natsGreeting } from './ports.mjs';
import { onFreePort } from './retry.mjs';

/**
 * Finds a NATS server: on PATH, among the distribution's packages, in Docker.
 * @param {import('./index.d.mts').Say} [say]
 * @returns {Promise<import('./index.d.mts').Found>}
 */
export async function findNats(say = () => {}) {
  const installed = onPath('nats-server');
  if (installed)
    return { how: installed, version: versionOf(installed, ['--version'], {}), command: installed, args: [], env: {} };
  /** @type {unknown} */
  let failure;
  if (isDebian()) {
    try {
      const tree = await debianTree('nats-server', { packages: ['nats-server'], say });
      const command = join(tree, 'usr/sbin/nats-server');
      const env = { LD_LIBRARY_PATH: libraryPath(tree) };
      return {
        how: "the distribution's package nats-server",
        version: versionOf(command, ['--version'], env),
        command,
        args: [],
        env,
      };
    } catch (cause) {
      failure = cause;
    }
  }
  const container = await dockerFound('nats', 'nats-server');
  if (container) return container;
  throw new Error(
    'no NATS server found: install nats-server (https://nats.io/download), start Docker, or set NATS_URL to a server with JetStream',
    { cause: failure },
  );
}

/**
 * Starts a NATS server with JetStream on this machine's loopback.
 * @param {Parameters<typeof import('./index.d.mts').startNats>[0]} start
 * @returns {Promise<import('./index.d.mts').Addressed>}
 */
export async function startNats({ dir, port, users, config = '', say }) {
  const found = await findNats(say);
  return await onFreePort(port, async (chosen) => {
    mkdirSync(dir, { recursive: true });
    const file = join(dir, 'nats.conf');
    // Passwords are in it.
    writeFileSync(file, natsConfig({ dir, port: chosen, version: found.version, users, config }), { mode: 0o600 });
    const server = await startServer({
      name: 'nats',
      command: found.command,
      args: [...withFolder(found, dir, undefined), '-c', file],
      env: found.env,
      dir,
      isReady: async () => (await natsGreeting('127.0.0.1', chosen))?.jetstream === true,
    });
    return { ...server, url: `nats://127.0.0.1:${chosen}`, port: chosen, version: found.version, how: found.how };
  });
}

/**
 * Writes the server's configuration for its version: one unknown key stops an older server from starting.
 * @param {{ dir: string; port: number; version: string; users?: readonly import('./index.d.mts').NatsUser[] | undefined; config: string }} o
 */
export function natsConfig({ dir, port, version, users, config }) {
  const lines = [
    'host: 127.0.0.1',
    `port: ${port}`,
    'server_name: parapet',
    'max_payload: 1MB',
    'jetstream {',
    `  store_dir: ${JSON.stringify(join(dir, 'jetstream'))}`,
    // A bound on what streams may reserve together; by default it is three quarters of the free disk, which may be too little for them.
    '  max_file_store: 64GB',
    // JetStream acknowledges before it syncs; the default of two minutes is a long time to lose.
    ...(isAtLeast(version, '2.10') ? ['  sync_interval: "1s"'] : []),
    '}',
  ];
  if (users) {
    lines.push('authorization {', '  users: [');
    for (const { user, password, permissions } of users) {
      const rights = permissions
        ? `, permissions: { publish: ${subjects(permissions.publish)}, subscribe: ${subjects(permissions.subscribe)} }`
        : '';
      lines.push(`    { user: ${JSON.stringify(user)}, password: ${JSON.stringify(password)}${rights} }`);
    }
    lines.push('  ]', '}');
  }
  return `${lines.join('\n')}\n${config}\n`;
}

/**
 * A list of subjects as the server's configuration writes it.
 * @param {readonly string[]} list
 */
export function subjects(list) {
  // An empty list would mean "no restriction"; denying everything says what an empty list says to a reader.
  return list.length === 0 ? '{ deny: ">" }' : JSON.stringify(list);
}
