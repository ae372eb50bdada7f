import { execFile } from 'node:child_process';
import { chownSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import * as servers from '../../../tools/servers/index.mjs';
import { TEST_PASSWORD, type TestPostgres } from './servers.js';

const execute = promisify(execFile);

/** A PostgreSQL and a standby that follows it. */
export interface TestPostgresPair {
  readonly primary: TestPostgres;
  /** Read only; `pg_wal_replay_pause()` makes it late. */
  readonly standby: TestPostgres;
  stop(): Promise<void>;
}

/**
 * Starts a fresh PostgreSQL and a standby made from its files, always as processes of this machine.
 * @param options.settings of both, as `name=value`
 * @param options.standby the `application_name` under which the primary knows it
 */
export async function startPostgresPair(options: {
  settings?: readonly string[];
  standby: string;
}): Promise<TestPostgresPair> {
  const { settings = [] } = options;
  const primary = await started('postgres', (dir) =>
    servers.startPostgres({ dir, password: TEST_PASSWORD, fresh: true, settings }),
  );
  try {
    const { hostname, port, username } = new URL(primary.adminUrl);
    const from = `host=${hostname} port=${port} user=${username} password=${TEST_PASSWORD}`;
    const following = [
      `primary_conninfo=${from} application_name=${options.standby}`,
      'wal_receiver_status_interval=1',
    ];
    const standby = await started('standby', async (dir) => {
      await copyRunning(primary.adminUrl, join(dir, 'data'));
      return await servers.startPostgres({ dir, password: TEST_PASSWORD, settings: [...settings, ...following] });
    });
    return {
      primary,
      standby,
      stop: async () => {
        await standby.stop();
        await primary.stop();
      },
    };
  } catch (cause) {
    await primary.stop();
    throw cause;
  }
}

async function started(name: string, start: (dir: string) => Promise<servers.Addressed>): Promise<TestPostgres> {
  const { dir, remove } = servers.temporaryFolder(name);
  try {
    const server = await start(dir);
    return {
      adminUrl: server.url,
      stop: async () => {
        await server.stop();
        remove();
      },
    };
  } catch (cause) {
    remove();
    throw cause;
  }
}

/** Copies the files of a running server, as the documentation of low-level backups says, and marks the copy as a standby. */
async function copyRunning(adminUrl: string, to: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ folder: string }>("SELECT current_setting('data_directory') AS folder");
    await client.query("SELECT pg_backup_start('standby', true)");
    // Files may go while they are copied; the log that is replayed afterwards knows.
    await execute('cp', ['-a', rows[0]?.folder ?? '', to]).catch((error: { stderr?: string }) => {
      if (!/No such file/.test(String(error.stderr))) throw error;
    });
    const stopped = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
    rmSync(join(to, 'postmaster.pid'), { force: true });
    for (const [file, text] of [
      ['backup_label', stopped.rows[0]?.labelfile ?? ''],
      ['standby.signal', ''],
    ] as const) {
      writeFileSync(join(to, file), text);
      const owner = servers.unprivilegedOwner();
      if (owner !== undefined) chownSync(join(to, file), owner.uid, owner.gid);
    }
  } finally {
    await client.end();
  }
}
