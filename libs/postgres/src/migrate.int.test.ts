import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EVENT_OWNERS, type ServiceName } from '@parapet/contracts';
import { startPostgres, type TestPostgres } from '@parapet/testkit';
import { Client } from 'pg';
import { migrate, MIGRATIONS_DIR } from './migrate.js';
import { roleUrl, SERVICES } from './roles.js';

const passwords = Object.fromEntries(SERVICES.map((s) => [s, `it's "${s}" \\ %`])) as Record<ServiceName, string>;

let server: TestPostgres;
const dirs: string[] = [];

/** A folder with the library's own two migrations and more. */
async function migrations(more: Record<string, string> = {}): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'migrations-'));
  dirs.push(dir);
  for (const own of ['0001_journal.sql', '0002_configuration.sql']) await cp(join(MIGRATIONS_DIR, own), join(dir, own));
  for (const [name, sql] of Object.entries(more)) await writeFile(join(dir, name), sql);
  return dir;
}

async function query<R extends object>(url: string, sql: string): Promise<R[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as R[];
  } finally {
    await client.end();
  }
}

let databases = 0;
/** An empty database of its own on the same server, with the roles shared. */
async function emptyDatabase(): Promise<string> {
  const name = `migrate_${++databases}`;
  await query(server.adminUrl, `CREATE DATABASE ${name}`);
  const url = new URL(server.adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}

beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterAll(async () => {
  await server.stop();
  for (const dir of dirs) await rm(dir, { recursive: true });
});

describe('migrate', () => {
  test('applies every file once, in name order', async () => {
    const adminUrl = await emptyDatabase();
    const migrationsDir = await migrations({ '0100_later.sql': 'CREATE TABLE later (n int)' });
    expect(await migrate({ adminUrl, passwords, migrationsDir })).toEqual({
      applied: ['0001_journal.sql', '0002_configuration.sql', '0100_later.sql'],
    });
    expect(await migrate({ adminUrl, passwords, migrationsDir })).toEqual({ applied: [] });
  });

  test('applies all files that are shipped', async () => {
    const adminUrl = await emptyDatabase();
    const { applied } = await migrate({ adminUrl, passwords });
    expect(applied.slice(0, 2)).toEqual(['0001_journal.sql', '0002_configuration.sql']);
  });

  test('at the same time from several places, in one database and in two: each file is applied once a database', async () => {
    const [one, two] = [await emptyDatabase(), await emptyDatabase()];
    const migrationsDir = await migrations();
    const results = await Promise.all(
      [one, one, two, one, two].map((adminUrl) => migrate({ adminUrl, passwords, migrationsDir })),
    );
    expect(results.flatMap((r) => r.applied).sort()).toEqual([
      '0001_journal.sql',
      '0001_journal.sql',
      '0002_configuration.sql',
      '0002_configuration.sql',
    ]);
  });

  test('a file changed after it was applied is refused by name, and nothing is applied', async () => {
    const adminUrl = await emptyDatabase();
    await migrate({ adminUrl, passwords, migrationsDir: await migrations({ '0100_later.sql': 'SELECT 1' }) });
    const changed = await migrations({ '0100_later.sql': 'SELECT 2', '0101_next.sql': 'CREATE TABLE next (n int)' });
    await expect(migrate({ adminUrl, passwords, migrationsDir: changed })).rejects.toThrow(
      /^migration 0100_later\.sql was changed after it was applied on .*: restore the file/,
    );
    expect(await query(adminUrl, "SELECT FROM pg_tables WHERE tablename = 'next'")).toEqual([]);
  });

  test('a failing file leaves nothing behind and says where it failed; those before it stay', async () => {
    const adminUrl = await emptyDatabase();
    const dir = await migrations({ '0100_bad.sql': 'CREATE TABLE half (n int);\n\nCREATE TABLE worse (n nonsense);' });
    await expect(migrate({ adminUrl, passwords, migrationsDir: dir })).rejects.toThrow(
      'cannot apply migration 0100_bad.sql: type "nonsense" does not exist (line 3)',
    );
    expect(await query(adminUrl, "SELECT FROM pg_tables WHERE tablename = 'half'")).toEqual([]);
    expect(await query(adminUrl, 'SELECT name FROM parapet_migrations ORDER BY name')).toEqual([
      { name: '0001_journal.sql' },
      { name: '0002_configuration.sql' },
    ]);
  });

  test('a file with a name that has no order is refused', async () => {
    const adminUrl = await emptyDatabase();
    const migrationsDir = await migrations({ 'later.sql': 'SELECT 1' });
    await expect(migrate({ adminUrl, passwords, migrationsDir })).rejects.toThrow('these are not: later.sql');
  });

  test('every service signs in with its password, however odd, and a changed one counts from the next migration on', async () => {
    const adminUrl = await emptyDatabase();
    const migrationsDir = await migrations();
    await migrate({ adminUrl, passwords, migrationsDir });
    for (const service of SERVICES) {
      expect(await query(roleUrl(adminUrl, service, passwords[service]), 'SELECT current_user AS role')).toEqual([
        { role: `parapet_${service.replaceAll('-', '_')}` },
      ]);
    }
    await migrate({ adminUrl, passwords: { ...passwords, 'kpi-probing': 'another' }, migrationsDir });
    await expect(query(roleUrl(adminUrl, 'kpi-probing', passwords['kpi-probing']), 'SELECT 1')).rejects.toThrow(
      'password authentication failed',
    );
    expect(await query(roleUrl(adminUrl, 'kpi-probing', 'another'), 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
    await migrate({ adminUrl, passwords, migrationsDir });
  });

  test('no service role is more than an ordinary one', async () => {
    const adminUrl = await emptyDatabase();
    await migrate({ adminUrl, passwords, migrationsDir: await migrations() });
    expect(
      await query(
        adminUrl,
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'parapet\\_%' AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)",
      ),
    ).toEqual([]);
  });

  test('the insert policies are the table of owners, word for word', async () => {
    const adminUrl = await emptyDatabase();
    await migrate({ adminUrl, passwords, migrationsDir: await migrations() });
    const policies = await query<{ role: string; rule: string }>(
      adminUrl,
      "SELECT roles[1] AS role, with_check AS rule FROM pg_policies WHERE tablename = 'journal' AND cmd IN ('INSERT', 'ALL')",
    );
    const owned = Object.fromEntries(
      policies.map((p) => [
        p.role.replace('parapet_', '').replaceAll('_', '-'),
        [...p.rule.matchAll(/'([^']+)'::text/g)].map((m) => m[1]),
      ]),
    );
    expect(owned).toEqual(EVENT_OWNERS);
  });
});
