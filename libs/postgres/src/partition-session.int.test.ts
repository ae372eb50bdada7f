import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startDatabase, type TestDatabase } from '@parapet/testkit';
import { Client } from 'pg';
import { PartitionSession } from './partition-session.js';

let database: TestDatabase;
let admin: Client;
let sessions: PartitionSession[] = [];

beforeAll(async () => {
  database = await startDatabase();
  admin = new Client({ connectionString: database.adminUrl });
  await admin.connect();
  await admin.query('CREATE TABLE work (partition int, what text); GRANT ALL ON work TO PUBLIC');
}, 60_000);
afterEach(async () => {
  await Promise.all(sessions.map((session) => session.close()));
  sessions = [];
  await admin.query('TRUNCATE work');
});
afterAll(async () => {
  await admin.end();
  await database.stop();
});

let partition = 100;
/** A partition that no other test of this file touches. */
const freshPartition = () => ++partition;

async function open(applicationName = 'evaluator'): Promise<PartitionSession> {
  const session = await PartitionSession.open({ url: database.url('guardrail-evaluation'), applicationName });
  sessions.push(session);
  return session;
}

const lossOf = (session: PartitionSession) => new Promise<Error>((resolve) => session.onLost(resolve));
const commit = (session: PartitionSession, of: number, what: string) =>
  session.transact('acme', (tx) => tx.query('INSERT INTO work VALUES ($1, $2)', [of, what]));
const worked = async () =>
  (await admin.query<{ what: string }>('SELECT what FROM work ORDER BY ctid')).rows.map((r) => r.what);

async function until(condition: () => boolean | Promise<boolean>, withinMs = 15_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`condition not met within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('owning partitions', () => {
  test('of two sessions one gets a partition, the other when it is given back', async () => {
    const [one, two] = [await open(), await open()];
    const [a, b] = [freshPartition(), freshPartition()];
    expect([await one.claim(a), await two.claim(a), await two.claim(b)]).toEqual([true, false, true]);
    expect([one.owned(), two.owned()]).toEqual([[a], [b]]);
    await one.give(a);
    expect([await two.claim(a), one.owned(), two.owned()]).toEqual([true, [], [a, b]]);
  });

  test('claimed twice is held once: given back once it is free', async () => {
    const [one, two] = [await open(), await open()];
    const a = freshPartition();
    expect([await one.claim(a), await one.claim(a)]).toEqual([true, true]);
    await one.give(a);
    expect(await two.claim(a)).toBe(true);
  });

  test('giving back what one does not have changes nothing', async () => {
    const [one, two] = [await open(), await open()];
    const a = freshPartition();
    await one.claim(a);
    await two.give(a);
    expect(await two.claim(a)).toBe(false);
  });

  test('a closed session gives everything back, and tells nobody it was lost', async () => {
    const [one, two] = [await open(), await open()];
    const a = freshPartition();
    await one.claim(a);
    let isLost = false;
    one.onLost(() => (isLost = true));
    await one.close();
    await until(() => two.claim(a));
    expect(isLost).toBe(false);
    await expect(commit(one, a, 'late')).rejects.toThrow();
  });
});

describe('committing through the session', () => {
  test('transactions run one after the other, each whole', async () => {
    const session = await open();
    const order: string[] = [];
    await Promise.all(
      ['a', 'b', 'c'].map((name) =>
        session.transact('acme', async (tx) => {
          order.push(`${name} begins`);
          await tx.query('SELECT pg_sleep(0.01)');
          order.push(`${name} ends`);
        }),
      ),
    );
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  test('work that fails is rolled back, and the session goes on', async () => {
    const session = await open();
    const a = freshPartition();
    await session.claim(a);
    const failing = session.transact('acme', async (tx) => {
      await tx.query("INSERT INTO work VALUES (1, 'gone')");
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await commit(session, a, 'kept');
    expect([await worked(), session.owned()]).toEqual([['kept'], [a]]);
  });
});

describe('losing the session', () => {
  const terminate = (applicationName: string) =>
    admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
      applicationName,
    ]);

  test('ended by the server while idle: told once, owns nothing, can commit nothing, and another claims at once', async () => {
    const [one, two] = [await open('terminated-idle'), await open()];
    const a = freshPartition();
    await one.claim(a);
    let told = 0;
    one.onLost(() => told++);
    const loss = lossOf(one);
    await terminate('terminated-idle');
    await loss;
    expect(one.owned()).toEqual([]);
    await until(() => two.claim(a));
    await expect(commit(one, a, 'late')).rejects.toThrow('partition session is lost');
    await expect(one.claim(a)).rejects.toThrow('partition session is lost');
    await commit(two, a, 'of the new owner');
    expect([await worked(), told]).toEqual([['of the new owner'], 1]);
  });

  test('ended in the middle of a transaction: nothing of it remains', async () => {
    const one = await open('terminated-busy');
    const a = freshPartition();
    await one.claim(a);
    const loss = lossOf(one);
    const cut = one.transact('acme', async (tx) => {
      await tx.query("INSERT INTO work VALUES (1, 'half')");
      await terminate('terminated-busy');
      await tx.query("INSERT INTO work VALUES (1, 'whole')");
    });
    await expect(cut).rejects.toThrow('connection lost in a transaction of acme');
    await loss;
    await expect(commit(one, a, 'late')).rejects.toThrow('partition session is lost');
    expect(await worked()).toEqual([]);
  });

  test('a listener that comes late is told at once', async () => {
    const one = await open('terminated-before');
    const loss = lossOf(one);
    await terminate('terminated-before');
    await loss;
    expect(await lossOf(one)).toBeInstanceOf(Error);
  });

  test('an owner that neither works nor touches for 5 s loses its partitions; one that touches keeps them', async () => {
    const [idle, awake] = [await open(), await open()];
    const [a, b] = [freshPartition(), freshPartition()];
    await idle.claim(a);
    await awake.claim(b);
    let isLost = false;
    idle.onLost(() => (isLost = true));
    await until(async () => {
      await awake.touch();
      return isLost;
    });
    await until(() => awake.claim(a));
    expect(awake.owned()).toEqual([a, b]);
  }, 20_000);
});

describe('an owner whose process is paused', () => {
  let child: ChildProcess | null = null;
  afterEach(() => {
    child?.kill('SIGKILL');
    child = null;
  });

  /** Starts another process that owns the partition and commits whatever line it is given. */
  async function ownerProcess(
    of: number,
  ): Promise<{ process: ChildProcess; say(line: string): void; next(): Promise<string> }> {
    const script = fileURLToPath(new URL('../test/partition-owner.ts', import.meta.url));
    const register = fileURLToPath(new URL('../../testkit/register-source.mjs', import.meta.url));
    child = spawn(
      process.execPath,
      ['--conditions=@parapet/source', '--import', register, script, database.url('guardrail-evaluation'), String(of)],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    const heard: string[] = [];
    lines.on('line', (line) => heard.push(line));
    const next = async () => {
      await until(() => heard.length > 0);
      return heard.shift() as string;
    };
    return { process: child, say: (line) => void child?.stdin?.write(`${line}\n`), next };
  }

  test.each([
    { sentence: 'between two transactions', where: 'idle' },
    { sentence: 'in the middle of a transaction', where: 'in-transaction' },
  ])(
    '$sentence cannot commit when it wakes up: another has claimed meanwhile',
    async ({ where }) => {
      const a = freshPartition();
      const owner = await ownerProcess(a);
      expect(await owner.next()).toBe('claimed');
      owner.say('commit first');
      expect(await owner.next()).toBe('committed first');
      if (where === 'in-transaction') {
        owner.say('begin late');
        expect(await owner.next()).toBe('begun late');
      }
      owner.process.kill('SIGSTOP');
      const successor = await open();
      await until(() => successor.claim(a));
      await commit(successor, a, 'of the successor');
      owner.process.kill('SIGCONT');
      owner.say(where === 'in-transaction' ? 'finish' : 'commit late');
      expect(await owner.next()).toMatch(/^(lost|failed)/);
      expect(await worked()).toEqual(['first', 'of the successor']);
      owner.process.stdin?.end();
      await once(owner.process, 'exit');
    },
    30_000,
  );
});
