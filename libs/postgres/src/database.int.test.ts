import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort, startDatabase, type TestDatabase } from '@parapet/testkit';
import { Client } from 'pg';
import { Database } from './database.js';

let database: TestDatabase;
let admin: Client;
const problems: string[] = [];
let db: Database;

beforeAll(async () => {
  database = await startDatabase();
  admin = new Client({ connectionString: database.adminUrl });
  await admin.connect();
  await admin.query('CREATE TABLE notes (text text, n bigint); GRANT ALL ON notes TO PUBLIC');
  db = Database.connect({
    url: database.url('release-control'),
    applicationName: 'database-test',
    max: 3,
    onProblem: (p) => problems.push(p.message),
  });
}, 60_000);
afterAll(async () => {
  await db.end();
  await admin.end();
  await database.stop();
});

const note = (text: string) => ({ text: 'INSERT INTO notes VALUES ($1, 1)', values: [text] });
const noted = async (text: string) => (await admin.query('SELECT FROM notes WHERE text = $1', [text])).rowCount;
const terminateAll = () =>
  admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'database-test'");

describe('a transaction', () => {
  test('commits what its work wrote, then runs what was to come after, in that order', async () => {
    const order: string[] = [];
    const answer = await db.transact('acme', async (tx) => {
      tx.afterCommit(() => order.push('first'));
      tx.afterCommit(() => order.push('second'));
      await tx.query(note('kept').text, note('kept').values);
      order.push('work');
      return 7;
    });
    expect([answer, await noted('kept'), order]).toEqual([7, 1, ['work', 'first', 'second']]);
  });

  test('keeps nothing where its work throws, and runs nothing after', async () => {
    let ran = false;
    const failing = db.transact('acme', async (tx) => {
      tx.afterCommit(() => (ran = true));
      await tx.query(note('gone').text, note('gone').values);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect([await noted('gone'), ran]).toEqual([0, false]);
  });

  test('whose statement failed is never taken for committed, even where the work swallowed the error', async () => {
    const swallowing = db.transact('acme', async (tx) => {
      await tx.query(note('swallowed').text, note('swallowed').values);
      await tx.query('SELECT 1/0').catch(() => {});
    });
    await expect(swallowing).rejects.toThrow('was rolled back: a statement in it failed');
    expect(await noted('swallowed')).toBe(0);
  });

  test('stands though what came after it failed; the failure is reported', async () => {
    problems.length = 0;
    await db.transact('acme', async (tx) => {
      tx.afterCommit(() => {
        throw new Error('nobody listens');
      });
      await tx.query(note('stands').text, note('stands').values);
    });
    expect([await noted('stands'), problems]).toEqual([1, ['after a commit']]);
  });

  test('that is over runs no more statements', async () => {
    const tx = await db.transact('acme', async (inside) => inside);
    await expect(tx.query('SELECT 1')).rejects.toThrow('transaction of acme is over');
  });

  test.each(['Acme', '', "a'; DROP TABLE notes; --", 'a.b'])(
    'is refused for %j, which is no tenant',
    async (tenant) => {
      await expect(db.transact(tenant, async () => {})).rejects.toThrow('not a tenant');
    },
  );

  test('leaves its tenant behind: the connection is nobody’s afterwards', async () => {
    const single = database.connect('release-control', 1);
    await single.transact('acme', async () => {});
    const [row] = await single.transact('other', (tx) =>
      tx.query<{ tenant: string }>("SELECT current_setting('parapet.tenant') AS tenant"),
    );
    expect(row?.tenant).toBe('other');
  });

  test('gives bigints as numbers, and refuses those that numbers cannot hold', async () => {
    const read = (sql: string) => db.transact('acme', (tx) => tx.query(sql));
    expect(
      await read("SELECT 9007199254740991::bigint AS n, '{1,NULL,3}'::bigint[] AS many, '{}'::bigint[] AS none"),
    ).toEqual([{ n: 9007199254740991, many: [1, null, 3], none: [] }]);
    await expect(read('SELECT 9007199254740992::bigint AS n')).rejects.toThrow(
      'bigint 9007199254740992 is beyond 2^53',
    );
  });
});

describe('trying again', () => {
  test('a deadlock is tried again, and both transactions come through', async () => {
    await admin.query("INSERT INTO notes VALUES ('x', 0), ('y', 0)");
    let tries = 0;
    const bump = (first: string, second: string) =>
      db.transactRetrying('acme', async (tx) => {
        tries++;
        await tx.query('UPDATE notes SET n = n + 1 WHERE text = $1', [first]);
        await tx.query('SELECT pg_sleep(0.2)');
        await tx.query('UPDATE notes SET n = n + 1 WHERE text = $1', [second]);
      });
    await Promise.all([bump('x', 'y'), bump('y', 'x')]);
    const { rows } = await admin.query("SELECT n FROM notes WHERE text IN ('x', 'y')");
    expect([rows.map((r) => Number(r.n)), tries]).toEqual([[2, 2], 3]);
  }, 15_000);

  test('a mistake is not tried again', async () => {
    let tries = 0;
    const failing = db.transactRetrying('acme', (tx) => (tries++, tx.query('SELECT nonsense')));
    await expect(failing).rejects.toThrow('nonsense');
    expect(tries).toBe(1);
  });
});

describe('lost connections', () => {
  test('idle ones: each is reported, and the next transaction has a fresh one', async () => {
    await Promise.all(Array.from({ length: 3 }, () => db.transact('acme', (tx) => tx.query('SELECT pg_sleep(0.05)'))));
    problems.length = 0;
    const { rowCount } = await terminateAll();
    const deadline = performance.now() + 5_000;
    while (problems.length < (rowCount ?? 0) && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 5));
    expect(problems).toEqual(Array.from({ length: 3 }, () => 'a PostgreSQL connection was lost while idle'));
    await db.ping();
  });

  test('one in use, between two statements: the transaction fails, the process lives, the pool goes on', async () => {
    const cut = db.transact('acme', async (tx) => {
      await tx.query(note('half').text, note('half').values);
      await terminateAll();
      await tx.query('SELECT 1');
    });
    await expect(cut).rejects.toThrow('connection lost in a transaction of acme');
    await db.ping();
    expect(await noted('half')).toBe(0);
  });

  test('a server that is away fails the call, not the process', async () => {
    const url = new URL(database.url('release-control'));
    url.port = String(await freePort());
    const away = Database.connect({ url: url.href, applicationName: 'away' });
    await expect(away.ping()).rejects.toThrow('ECONNREFUSED');
    await away.end();
  });

  test('a server that takes connections and says nothing fails the call within the connection timeout', async () => {
    const mute = createServer(() => {}).listen(0, '127.0.0.1');
    await new Promise((resolve) => mute.once('listening', resolve));
    const { port } = mute.address() as { port: number };
    const db = Database.connect({ url: `postgres://a:b@127.0.0.1:${port}/c`, applicationName: 'mute' });
    await expect(db.ping()).rejects.toThrow('timeout');
    await db.end();
    mute.close();
  }, 10_000);
});
