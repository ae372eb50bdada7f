#!/usr/bin/env node
// Writes .env for docker-compose.yml: passwords and tokens made on this machine, so that none is in the repository.
// Keeps what is already there.  node deploy/make-env.mjs
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';

const FILE = fileURLToPath(new URL('../.env', import.meta.url));

const password = () => randomBytes(24).toString('base64url');
const webhookSecret = () => `whsec_${randomBytes(32).toString('base64')}`;
const token = () => {
  const body = `ppt_${randomBytes(32).toString('base64url')}`;
  return `${body}_${crc32(body).toString(16).padStart(8, '0')}`;
};

/** Every variable of docker-compose.yml, and how its value is made. */
export const VARIABLES = {
  POSTGRES_PASSWORD: password,
  REDIS_PASSWORD: password,
  NATS_PASSWORD_LAUNCHER: password,
  PARAPET_PASSWORD_METRICS_INGESTION: password,
  PARAPET_PASSWORD_KPI_PROBING: password,
  PARAPET_PASSWORD_GUARDRAIL_EVALUATION: password,
  PARAPET_PASSWORD_RELEASE_CONTROL: password,
  PARAPET_PASSWORD_ROLLBACK_ACTUATION: password,
  PARAPET_OPERATOR_TOKEN: token,
  PARAPET_TOKEN_PIPELINE: token,
  PARAPET_TOKEN_ALERTMANAGER: token,
  PARAPET_TARGET_SHOP_SECRET: webhookSecret,
  SHOP_PASSWORD: password,
  SHOP_READER_PASSWORD: password,
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const before = existsSync(FILE) ? readFileSync(FILE, 'utf8') : '';
  const lines = before.split('\n').filter((line) => line !== '');
  const known = new Set(lines.map((line) => line.split('=')[0]));
  const added = Object.entries(VARIABLES).filter(([name]) => !known.has(name));
  writeFileSync(FILE, `${[...lines, ...added.map(([name, make]) => `${name}=${make()}`)].join('\n')}\n`, {
    mode: 0o600,
  });
  const signIn = readFileSync(FILE, 'utf8').match(/^PARAPET_OPERATOR_TOKEN=(.*)$/m)?.[1] ?? '';
  console.log(`${FILE} holds ${known.size + added.length} values, ${added.length} of them new`);
  console.log(`start with: docker compose up --build\nsign in at http://localhost:8080 with ${signIn}`);
}
