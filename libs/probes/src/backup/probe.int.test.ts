import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { startBackedUpPostgres, startPostgres, type TestPostgres } from '@parapet/testkit';
import pg from 'pg';
import { ReadOnlyDatabase } from '../sql/read-only-database.js';
import { type Measured, MeasurementFailed } from '../probe.js';
import { backupSettings } from './config.js';
import { BackupProbe } from './probe.js';

jest.setTimeout(60_000);

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'parapet-backup-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function probeOf(settings: object, url = 'postgres://nobody@127.0.0.1:1/none'): BackupProbe {
  return new BackupProbe({
    name: 'odoo-retail/backups',
    instance: 'backups',
    everyMs: 60_000,
    settings: backupSettings.parse(settings),
    database: new ReadOnlyDatabase({ url: () => url, statementTimeoutMs: 5_000 }),
    nowMs: Date.now,
  });
}

async function measured(probe: BackupProbe, kpi: string): Promise<Measured> {
  const measure = probe.measures.find((one) => one.kpi === kpi);
  if (measure === undefined) throw new Error(`no ${kpi}`);
  const toMs = Math.floor(Date.now() / 60_000) * 60_000;
  return await measure.measure([{ fromMs: toMs - 60_000, toMs }]);
}

/** The one value of a KPI: seconds, or why there are none. */
async function told(probe: BackupProbe, kpi: string): Promise<number | string> {
  try {
    const value = (await measured(probe, kpi)).measurements[0]?.samples[0]?.value;
    return value?.kind === 'gauge' ? value.value : value?.kind === 'gap' ? value.reason : 'no value';
  } catch (error) {
    if (error instanceof MeasurementFailed) return `${error.reason}: ${error.message}`;
    throw error;
  }
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await holds()); await wait(100)) {
    if (Date.now() > end) throw new Error(`not within 30 s: ${what}`);
  }
}

describe('an archiver', () => {
  let postgres: TestPostgres;
  let admin: pg.Client;
  beforeAll(async () => {
    postgres = await startPostgres({ settings: ['archive_mode=on', 'wal_level=replica'] });
    admin = new pg.Client({ connectionString: postgres.adminUrl });
    await admin.connect();
    await admin.query(`CREATE ROLE reader LOGIN PASSWORD 'only-reads'`);
  }, 60_000);
  afterAll(async () => {
    await admin.end();
    await postgres.stop();
  });

  const archive = async (command: string) => {
    await admin.query(`ALTER SYSTEM SET archive_command = '${command}'`);
    await admin.query('SELECT pg_reload_conf()');
    await admin.query('CREATE TABLE IF NOT EXISTS t (n int)');
    await admin.query('INSERT INTO t VALUES (1)');
    await admin.query('SELECT pg_switch_wal()');
  };
  const stat = async (): Promise<Record<string, unknown>> =>
    (await admin.query<Record<string, unknown>>('SELECT * FROM pg_stat_archiver')).rows[0] ?? {};

  test('that fails, works and fails again is told by a role without any right', async () => {
    const url = new URL(postgres.adminUrl);
    url.username = 'reader';
    url.password = 'only-reads';
    const probe = probeOf({ archiver: { connection: { env: 'UNUSED' } } }, url.href);

    await archive('/bin/false');
    await until('a failure', async () => Number((await stat()).failed_count) > 0);
    const first = await measured(probe, 'archiver');
    expect(first.measurements[0]?.samples).toMatchObject([
      { signal: 'backup.archiver.failing', dimensions: { instance: 'backups' }, value: { kind: 'gauge' } },
    ]);
    expect(first.notes).toEqual([
      expect.stringMatching(/^archiving fails: segment 0000000100000000000000\w\w did not leave/),
    ]);
    expect(await told(probe, 'archiver')).toBeGreaterThan(0);

    await archive('/bin/true');
    // A successful attempt follows a failed one only after a while; switching again wakes the archiver.
    await until('a success', async () => {
      await admin.query('INSERT INTO t VALUES (1)');
      await admin.query('SELECT pg_switch_wal()');
      const { last_archived_time: good, last_failed_time: bad } = await stat();
      return good instanceof Date && bad instanceof Date && good > bad;
    });
    expect(await told(probe, 'archiver')).toBe(0);
    await probe.close();
  });

  test('of a server that is away gives a reason', async () => {
    const probe = probeOf({ archiver: { connection: { env: 'UNUSED' } } });
    expect(await told(probe, 'archiver')).toMatch(/^unreachable: /);
    await probe.close();
  });
});

describe('backups by a real pgBackRest', () => {
  test('are found by their age, with the WAL that followed, and an archive that loses WAL is noticed', async () => {
    const said: string[] = [];
    const server = await startBackedUpPostgres({ say: (line) => void said.push(line) });
    if (server === undefined) throw new Error(`nothing is shown without pgBackRest: ${said.join('; ')}`);
    const admin = new pg.Client({ connectionString: server.url });
    await admin.connect();
    const listing = join(dir, 'info.json');
    const publish = async () => writeFileSync(listing, await server.pgbackrest(['--output=json', 'info']));
    const probe = probeOf(
      { pgbackrest: { info: { file: listing }, stanza: 'main' }, archiver: { connection: { env: 'UNUSED' } } },
      server.url,
    );
    const switchWal = async () => {
      const { rows } = await admin.query<{ n: string }>('SELECT archived_count AS n FROM pg_stat_archiver');
      await admin.query('CREATE TABLE IF NOT EXISTS t (n int)');
      await admin.query('INSERT INTO t VALUES (1)');
      await admin.query('SELECT pg_switch_wal()');
      await until('a segment that left', async () => {
        const now = await admin.query<{ n: string }>('SELECT archived_count AS n FROM pg_stat_archiver');
        return Number(now.rows[0]?.n) > Number(rows[0]?.n);
      });
    };
    const archiveBy = async (command: string) => {
      await admin.query(`ALTER SYSTEM SET archive_command = '${command}'`);
      await admin.query('SELECT pg_reload_conf()');
    };
    try {
      await publish();
      expect(await told(probe, 'backups')).toBe('missing: pgBackRest says of stanza main: no valid backups');

      await archiveBy(server.archiveCommand);
      await server.pgbackrest(['--type=full', 'backup']);
      await switchWal();
      await publish();
      expect(await told(probe, 'backups')).toBeLessThan(60);
      expect(await told(probe, 'restorable')).toBeLessThan(60);
      expect(await told(probe, 'archiver')).toBe(0);

      // Two hours later by the listing's clock, and the segments go nowhere though PostgreSQL is told that they left.
      await archiveBy('/bin/true');
      await switchWal();
      const lost = probeOf(
        { pgbackrest: { info: { file: listing }, stanza: 'main' }, archiver: { connection: { env: 'UNUSED' } } },
        server.url,
      );
      await publish();
      const { mtimeMs } = statSync(listing);
      utimesSync(listing, new Date(mtimeMs), new Date(mtimeMs + 7_200_000));
      const look = await measured(lost, 'restorable');
      expect(look.notes).toEqual([expect.stringContaining('left PostgreSQL but is not in the archive of pgBackRest')]);
      await lost.close();

      // The backup is restored, and the script of the test writes down when.
      await server.pgbackrest([`--pg1-path=${server.dir}/restored`, '--type=immediate', 'restore']);
      expect(statSync(join(server.dir, 'restored', 'PG_VERSION')).isFile()).toBe(true);
    } finally {
      await probe.close();
      await admin.end();
      await server.stop();
    }
  });
});

describe('a document that somebody else writes', () => {
  const marker = (text: string) => {
    const file = join(dir, 'restored');
    writeFileSync(file, text);
    return { restoreTest: { file } };
  };

  test('gives the age of the last tested restore', async () => {
    const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
    const seconds = await told(probeOf(marker(`${hourAgo}\n`)), 'restore-test');
    expect(seconds).toBeGreaterThanOrEqual(3_600);
    expect(seconds).toBeLessThan(3_660);
  });

  test.each<[string, () => object, RegExp]>([
    [
      'a time in the future',
      () => marker(new Date(Date.now() + 3_600_000).toISOString()),
      /^bad-answer: .* in the future/,
    ],
    ['no file', () => ({ restoreTest: { file: join(dir, 'nothing') } }), /^missing: cannot read .*ENOENT/],
    ['a folder', () => ({ restoreTest: { file: dir } }), /^bad-answer: cannot read .*EISDIR/],
    ['a file that is far too long', () => marker('x'.repeat(20_000)), /^too-large: /],
    ['no answer', () => ({ restoreTest: { url: 'http://127.0.0.1:1/m', allowPrivate: true } }), /^unreachable: /],
  ])('gives a reason instead: %s', async (_, settings, expected) => {
    expect(await told(probeOf(settings()), 'restore-test')).toMatch(expected);
  });

  test('is asked for with its token, and every refusal is told apart', async () => {
    process.env.TEST_BACKUP_TOKEN = 's3cret';
    const answers = new Map([
      ['/marker', 200],
      ['/gone', 404],
      ['/broken', 500],
      ['/moved', 302],
    ]);
    const server = createServer((request, response) => {
      const isKnown = request.headers.authorization === 'Bearer s3cret';
      response.writeHead(isKnown ? (answers.get(request.url ?? '') ?? 404) : 401).end('2026-11-23T04:00:00Z');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const ask = async (path: string, token: object = { env: 'TEST_BACKUP_TOKEN' }) => {
      const restoreTest = { url: `http://127.0.0.1:${port}${path}`, allowPrivate: true, token };
      const text = String(await told(probeOf({ restoreTest }), 'restore-test'));
      return text.replace(/:\d+\//, '/');
    };
    expect(Number(await ask('/marker'))).toBeGreaterThan(0);
    expect(await ask('/gone')).toBe('missing: http://127.0.0.1/gone answered 404');
    expect(await ask('/broken')).toBe('unreachable: http://127.0.0.1/broken answered 500');
    expect(await ask('/moved')).toBe('bad-answer: http://127.0.0.1/moved answered 302');
    expect(await ask('/marker', { env: 'TEST_BACKUP_NO_TOKEN' })).toMatch(/^refused: the environment variable/);
    process.env.TEST_BACKUP_TOKEN = 'another';
    expect(await ask('/marker')).toBe('refused: http://127.0.0.1/marker answered 401');
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});
