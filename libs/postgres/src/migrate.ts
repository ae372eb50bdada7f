import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EVENT_OWNERS, type ServiceName } from '@parapet/contracts';
import { Client } from 'pg';
import { roleOf, scramVerifier, SERVICES } from './roles.js';

/** The migrations shipped with this library. */
export const MIGRATIONS_DIR = fileURLToPath(new URL('../migrations', import.meta.url));

const FILE = /^\d{4}_[a-z0-9_]+\.sql$/;
const SERVER_VERSION_MIN = 150_000;
/** Any number, the same in every version: the advisory lock that lets one migrate at a time. */
const MIGRATE_LOCK = 7_072_170;

/**
 * Brings a database to this version: roles with their passwords, every migration not yet applied in name order, each in a
 * transaction of its own, and the journal's insert policies. Safe to run twice and at the same time from several places.
 */
export async function migrate(o: {
  readonly adminUrl: string;
  readonly passwords: Readonly<Record<ServiceName, string>>;
  readonly migrationsDir?: string;
}): Promise<{ readonly applied: string[] }> {
  const dir = o.migrationsDir ?? MIGRATIONS_DIR;
  const files = await readMigrations(dir);
  const client = new Client({
    connectionString: o.adminUrl,
    application_name: 'parapet-migrate',
    connectionTimeoutMillis: 10_000,
  });
  // A lost connection fails the query under way; without a listener it would also end the process.
  client.on('error', () => {});
  await client.connect();
  try {
    await requireVersion(client);
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATE_LOCK]);
    await client.query(
      'CREATE TABLE IF NOT EXISTS parapet_migrations (name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
    );
    const before = await client.query<{ name: string; checksum: string; applied_at: Date }>(
      'SELECT * FROM parapet_migrations',
    );
    const known = new Map(before.rows.map((row) => [row.name, row]));
    for (const file of files) {
      const row = known.get(file.name);
      if (row !== undefined && row.checksum !== file.checksum) {
        throw new Error(
          `migration ${file.name} was changed after it was applied on ${row.applied_at.toISOString()}: restore the file and put the change in a new one`,
        );
      }
    }
    await inOne(client, () => makeRoles(client, o.passwords));
    const applied: string[] = [];
    for (const file of files.filter((f) => !known.has(f.name))) {
      await inOne(client, async () => {
        try {
          await client.query(file.sql);
        } catch (error) {
          throw new Error(
            `cannot apply migration ${file.name}: ${(error as Error).message}${placeIn(file.sql, error)}`,
            { cause: error },
          );
        }
        await client.query('INSERT INTO parapet_migrations (name, checksum) VALUES ($1, $2)', [
          file.name,
          file.checksum,
        ]);
      });
      applied.push(file.name);
    }
    await inOne(client, () => makeJournalPolicies(client));
    return { applied };
  } finally {
    // Ends the session and with it the lock.
    await client.end();
  }
}

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

async function readMigrations(dir: string): Promise<Migration[]> {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.sql')).sort();
  const odd = names.filter((name) => !FILE.test(name));
  if (odd.length > 0)
    throw new Error(`migrations in ${dir} must be named 0001_name.sql, these are not: ${odd.join(', ')}`);
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(dir, name), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

function placeIn(sql: string, error: unknown): string {
  const position = Number((error as { position?: string }).position);
  return Number.isInteger(position) ? ` (line ${sql.slice(0, position).split('\n').length})` : '';
}

async function requireVersion(client: Client): Promise<void> {
  const { rows } = await client.query<{ version: number; text: string }>(
    "SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS text",
  );
  const [server] = rows;
  if (server === undefined || server.version < SERVER_VERSION_MIN) {
    throw new Error(`PostgreSQL ${server?.text} is too old: 15 or newer is needed`);
  }
}

const TUPLE_CONCURRENTLY_UPDATED = 'XX000';
const DUPLICATES = ['42710', '23505'];

/** Roles belong to the whole server, the lock above to one database: another database's migration may make them meanwhile. */
async function inOne(client: Client, work: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await client.query('BEGIN');
      await work();
      await client.query('COMMIT');
      return;
    } catch (error) {
      await client.query('ROLLBACK');
      const code = (error as { code?: string }).code ?? '';
      const isRace = code === TUPLE_CONCURRENTLY_UPDATED || DUPLICATES.includes(code);
      if (!isRace || tries >= 10) throw error;
      await pause(Math.random() * 50 * tries);
    }
  }
}

async function makeRoles(client: Client, passwords: Readonly<Record<ServiceName, string>>): Promise<void> {
  const { rows } = await client.query<{ rolname: string }>(
    "SELECT rolname FROM pg_roles WHERE rolname LIKE 'parapet\\_%'",
  );
  const existing = new Set(rows.map((row) => row.rolname));
  for (const service of SERVICES) {
    const role = client.escapeIdentifier(roleOf(service));
    const verifier = client.escapeLiteral(scramVerifier(passwords[service]));
    const verb = existing.has(roleOf(service)) ? 'ALTER' : 'CREATE';
    // No word about SUPERUSER and its like: an administrator who is none may not even say NOSUPERUSER in ALTER.
    await client.query(`${verb} ROLE ${role} LOGIN PASSWORD ${verifier}`);
  }
}

/** Who may insert which type: from the table of owners in code, at every migration, so that the two cannot differ. */
async function makeJournalPolicies(client: Client): Promise<void> {
  for (const service of SERVICES) {
    const role = client.escapeIdentifier(roleOf(service));
    const policy = client.escapeIdentifier(`journal_insert_${service.replaceAll('-', '_')}`);
    const types = EVENT_OWNERS[service].map((type) => client.escapeLiteral(type)).join(', ');
    await client.query(`DROP POLICY IF EXISTS ${policy} ON journal`);
    await client.query(
      `CREATE POLICY ${policy} ON journal FOR INSERT TO ${role} WITH CHECK (parapet_tenant_visible(tenant) AND type = ANY (ARRAY[${types}]::text[]))`,
    );
    await client.query(`${types === '' ? 'REVOKE INSERT ON journal FROM' : 'GRANT INSERT ON journal TO'} ${role}`);
  }
}
