#!/usr/bin/env node
// Writes deploy/nats/nats.conf, the broker's configuration for containers, from deploy/nats/users.json.
//
//   node tools/nats-conf.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { subjects } from './servers/nats.mjs';

const USERS = fileURLToPath(new URL('../deploy/nats/users.json', import.meta.url));
const CONF = fileURLToPath(new URL('../deploy/nats/nats.conf', import.meta.url));

/**
 * The configuration's text. Passwords are read by the server from its environment.
 * @param {{ users: readonly { user: string; permissions?: { publish: readonly string[]; subscribe: readonly string[] } }[] }} declared
 */
export function natsConf({ users }) {
  const lines = [
    '# Made by tools/nats-conf.mjs from users.json; change that, and run it again.',
    'server_name: parapet',
    'port: 4222',
    'http_port: 8222',
    'max_payload: 1MB',
    'jetstream {',
    '  store_dir: "/data"',
    '  max_file_store: 64GB',
    '  sync_interval: "1s"',
    '}',
    'authorization {',
    '  users: [',
    '    { user: "launcher", password: $NATS_PASSWORD_LAUNCHER }',
    ...users.map(({ user, permissions }) => {
      const password = `$PARAPET_PASSWORD_${user.toUpperCase().replaceAll('-', '_')}`;
      const rights = permissions
        ? `, permissions: { publish: ${subjects(permissions.publish)}, subscribe: ${subjects(permissions.subscribe)} }`
        : '';
      return `    { user: ${JSON.stringify(user)}, password: ${password}${rights} }`;
    }),
    '  ]',
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

/** What users.json declares now. */
export function declaredUsers() {
  return JSON.parse(readFileSync(USERS, 'utf8'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(CONF, natsConf(declaredUsers()));
