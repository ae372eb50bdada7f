import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type SignalBatch, partitionOf } from '@parapet/contracts';
import { type TestNats, startNats } from '@parapet/testkit';
import { type JetStreamConnection, connectJetStream } from './connection.js';
import { DeadLetters } from './dead-letters.js';
import { HandlerEnded, PartitionConsumer, type PartitionConsumerOptions, type Received } from './partition-consumer.js';
import { SignalPublisher } from './signal-publisher.js';
import { ensureStreams } from './streams.js';

const PARTITIONS = 8;
type Batch = readonly Received<SignalBatch>[];

describe('one partition of SIGNALS, read in order', () => {
  let server: TestNats;
  let connection: JetStreamConnection;
  let signals: SignalPublisher;
  let environment = '';
  let partition = 0;
  let n = 0;
  const running: PartitionConsumer[] = [];
  const troubles: string[] = [];

  beforeAll(async () => {
    server = await startNats();
    connection = await connectJetStream({ url: server.url, name: 'test' });
    await ensureStreams(connection);
    signals = new SignalPublisher(connection.publisher(), { partitions: PARTITIONS });
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((consumer) => consumer.stop()));
    for await (const { name } of connection.manager.consumers.list('SIGNALS'))
      await connection.manager.consumers.delete('SIGNALS', name);
    troubles.length = 0;
  });
  afterAll(async () => {
    await connection?.close();
    await server?.stop();
  });

  async function send(
    receipt: string,
    also: { readonly traceparent?: string; readonly source?: string } = {},
  ): Promise<void> {
    const batch: SignalBatch = {
      receipt,
      part: 1,
      parts: 1,
      tenant: 'acme',
      environment,
      source: also.source ?? 's',
      samples: [],
      alerts: null,
    };
    await signals.publish(batch, also.traceparent === undefined ? {} : { traceparent: also.traceparent });
  }

  /** An environment of its own, and a reader that begins behind all earlier cases. */
  async function fresh(): Promise<void> {
    environment = `case-${++n}`;
    partition = partitionOf('acme', environment, PARTITIONS);
    start = (await connection.manager.streams.info('SIGNALS')).state.last_seq;
  }
  let start = 0;

  function read(
    handler: (batch: Batch) => Promise<void>,
    options: PartitionConsumerOptions = {},
    over = connection,
  ): PartitionConsumer {
    const consumer = new PartitionConsumer(over, partition, {
      backoffMs: () => 10,
      afterSeq: start,
      onTrouble: (what, error) => troubles.push(`${what} ${String(error ?? '')}`),
      ...options,
    });
    running.push(consumer);
    consumer.run(handler);
    return consumer;
  }

  async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
    const deadlineMs = Date.now() + 15_000;
    while (!(await isTrue())) {
      if (Date.now() > deadlineMs) throw new Error(`never: ${what}; ${troubles.join('; ')}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  const receipts = (batches: readonly Batch[]): string[] => batches.flat().map(({ message }) => message.receipt);
  const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `r${i}`);

  it('brings batches in the order of the stream, with the stamp of the stream, and says when it has caught up', async () => {
    await fresh();
    for (const name of names(250)) await send(name);
    const batches: Batch[] = [];
    const consumer = read(async (batch) => void batches.push(batch), { batchMax: 100 });
    expect(consumer.caughtUp()).toBe(false);
    await until('caught up', () => consumer.caughtUp());
    expect(receipts(batches)).toEqual(names(250));
    expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(100);
    const sequences = batches.flat().map(({ streamSeq }) => streamSeq);
    expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
    expect(batches.flat().every(({ receivedAtMs }) => Math.abs(receivedAtMs - Date.now()) < 20_000)).toBe(true);
    await until(
      'all acknowledged',
      async () => (await connection.manager.consumers.info('SIGNALS', `partition-${partition}`)).num_ack_pending === 0,
    );
  });

  it('brings no more bytes at once than a batch may hold, one message always, and loses none at the limit of what is in hand', async () => {
    await fresh();
    // In the body and not in the receipt, which travels as a header too.
    const bytesOf = (i: number): number => (i % 10 === 0 ? 60_000 : 3_000);
    for (const [i, name] of names(60).entries()) await send(name, { source: 's'.repeat(bytesOf(i)) });
    const batches: Batch[] = [];
    let isHeld = true;
    const consumer = read(
      async (batch) => {
        batches.push(batch);
        // So that what the first leaves in hand waits together.
        await until('let go', () => !isHeld);
      },
      { batchMax: 100, batchBytesMax: 40_000 },
    );
    await until('the first', () => batches.length === 1);
    await new Promise((resolve) => setImmediate(resolve));
    isHeld = false;
    await until('caught up', () => consumer.caughtUp());
    expect(receipts(batches)).toEqual(names(60));
    const size = (batch: Batch) => batch.reduce((sum, { message }) => sum + message.source.length, 0);
    expect(batches.filter((batch) => batch.length > 1 && size(batch) > 40_000)).toEqual([]);
    expect(batches.filter((batch) => batch.length === 1 && size(batch) > 40_000)).toHaveLength(6);
  });

  it('ends although its batch fails only after it was told to, and does not wait to try it again', async () => {
    await fresh();
    await send('a');
    let isReached = false;
    let fail: (why: Error) => void = () => {};
    const consumer = read(
      () =>
        new Promise((_, reject) => {
          isReached = true;
          fail = reject;
        }),
      { isAway: () => true, backoffMs: () => 3_600_000 },
    );
    await until('under way', () => isReached);
    const stopped = consumer.stop();
    fail(new Error('its session is gone'));
    await stopped;
    const done: string[] = [];
    read(async (batch) => void done.push(...batch.map(({ message }) => message.receipt)));
    await until('the next owner has it', () => done.length === 1);
  });

  it('tells nobody of a batch that its handler gave up because it ends', async () => {
    await fresh();
    await send('a');
    const outcomes: string[] = [];
    let isReached = false;
    let giveUp: (why: Error) => void = () => {};
    const consumer = read(
      () =>
        new Promise((_, reject) => {
          isReached = true;
          giveUp = reject;
        }),
      { onOutcome: ({ outcome }) => void outcomes.push(outcome) },
    );
    await until('under way', () => isReached);
    const stopped = consumer.stop();
    giveUp(new HandlerEnded());
    await stopped;
    expect(outcomes).toEqual([]);
    const done: string[] = [];
    read(async (batch) => void done.push(...batch.map(({ message }) => message.receipt)));
    await until('the next owner has it', () => done.length === 1);
  });

  it('has caught up with an empty partition, and not while the server is away', async () => {
    await fresh();
    const consumer = read(async () => {});
    await until('caught up', () => consumer.caughtUp());
    await server.crash();
    await until('away', () => !consumer.caughtUp());
    await server.restart();
    await until('caught up again', () => consumer.caughtUp());
  }, 30_000);

  it('carries the trace of the sender', async () => {
    await fresh();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await send('traced', { traceparent });
    const batches: Batch[] = [];
    read(async (batch) => void batches.push(batch));
    await until('read', () => batches.length === 1);
    expect(batches[0]?.[0]?.traceparent).toBe(traceparent);
  });

  it('never brings a later message before a failing one has ended, then sets that one aside and goes on', async () => {
    await fresh();
    for (const name of ['a', 'poison', 'b']) await send(name);
    const done: string[] = [];
    let poisoned = 0;
    read(async (batch) => {
      if (batch.some(({ message }) => message.receipt === 'poison')) {
        if (batch.length === 1) poisoned++;
        throw new Error('cannot fold this');
      }
      done.push(...batch.map(({ message }) => message.receipt));
    });
    await until('b done', () => done.includes('b'));
    expect(done).toEqual(['a', 'b']);
    expect(poisoned).toBe(5);
    const letters = await new DeadLetters(connection).list({ consumer: `partition-${partition}` });
    expect(letters.map(({ reason, excerpt }) => [reason, excerpt.includes('"receipt":"poison"')])).toEqual([
      ['Error: cannot fold this', true],
    ]);
  });

  it('sets bytes that are no batch aside without asking the handler', async () => {
    await fresh();
    const subject = `parapet.signals.v1.${partition}.acme.${environment}`;
    for (const [i, text] of ['{', '[]', '{"receipt":"r"}', '"\xff"'].entries()) {
      await connection.publisher().publish(subject, Buffer.from(text, 'latin1'), { messageId: `bad.${n}.${i}` });
    }
    await send('good');
    const batches: Batch[] = [];
    const before = (await new DeadLetters(connection).list({ consumer: `partition-${partition}` })).length;
    read(async (batch) => void batches.push(batch));
    await until('good', () => receipts(batches).includes('good'));
    expect(receipts(batches)).toEqual(['good']);
    expect((await new DeadLetters(connection).list({ consumer: `partition-${partition}` })).length - before).toBe(4);
  });

  it('waits with everything while the database is away, and sets nothing aside', async () => {
    await fresh();
    for (const name of names(3)) await send(name);
    const batches: Batch[] = [];
    let tries = 0;
    const consumer = read(async (batch) => {
      if (++tries <= 12) throw Object.assign(new Error('the database is starting up'), { code: '57P03' });
      batches.push(batch);
    });
    await until('tried', () => tries > 3);
    expect(consumer.caughtUp()).toBe(false);
    await until('caught up', () => consumer.caughtUp());
    expect(receipts(batches)).toEqual(names(3));
  });

  it('brings a successor what a crashed owner had in hand, before anything newer', async () => {
    await fresh();
    for (const name of ['a', 'b', 'c']) await send(name);
    const other = await connectJetStream({ url: server.url, name: 'crashing' });
    let held = false;
    read(() => ((held = true), new Promise<void>(() => {})), { batchMax: 2, afterSeq: start }, other);
    running.pop();
    await until('held', () => held);
    await other.nats.close();
    for (const name of ['d', 'e']) await send(name);
    const batches: Batch[] = [];
    read(async (batch) => void batches.push(batch));
    await until('all', () => receipts(batches).length === 5);
    expect(receipts(batches)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('begins after the committed position, whatever the consumer remembers', async () => {
    await fresh();
    for (const name of names(6)) await send(name);
    const first: Batch[] = [];
    const consumer = read(async (batch) => void first.push(batch));
    await until('caught up', () => consumer.caughtUp());
    await running.pop()?.stop();
    // As after a restored database: the consumer is ahead of what was committed.
    const position = first.flat()[2]?.streamSeq as number;
    const again: Batch[] = [];
    read(async (batch) => void again.push(batch), { afterSeq: position });
    await until('again', () => receipts(again).length === 3);
    expect(receipts(again)).toEqual(['r3', 'r4', 'r5']);
  });

  it('tells of a stream that ends before the committed position, and reads what comes next', async () => {
    await fresh();
    await send('old');
    const lastSeq = (await connection.manager.streams.info('SIGNALS')).state.last_seq;
    const behind: number[] = [];
    const batches: Batch[] = [];
    const consumer = read(async (batch) => void batches.push(batch), {
      afterSeq: lastSeq + 500,
      onStreamBehind: async (seq) => void behind.push(seq),
    });
    await until('caught up', () => consumer.caughtUp());
    await send('next');
    await until('next', () => receipts(batches).includes('next'));
    expect(behind).toEqual([lastSeq]);
    expect(receipts(batches)).toEqual(['next']);
  });

  it.each(['restart', 'crash'] as const)(
    'loses nothing, and keeps the order, through a %s of the server',
    async (how) => {
      await fresh();
      const handled: number[] = [];
      const done: string[] = [];
      let position = start;
      read(async (batch) => {
        // What the evaluator does: skip up to the committed position, then commit.
        for (const { streamSeq, message } of batch) {
          handled.push(streamSeq);
          if (streamSeq > position) {
            done.push(message.receipt);
            position = streamSeq;
          }
        }
        await new Promise((resolve) => setTimeout(resolve, 1));
      });
      const sent = names(400);
      let restarting: Promise<void> | undefined;
      for (const [i, name] of sent.entries()) {
        if (i === 200) restarting = how === 'restart' ? server.restart() : server.crash().then(() => server.restart());
        await until(`${name} stored`, () =>
          send(name).then(
            () => true,
            () => false,
          ),
        );
      }
      await restarting;
      await until('all done', () => done.length >= sent.length);
      expect(done).toEqual(sent);
    },
    40_000,
  );

  it('sets a message aside that the process died of five times, and only that one', async () => {
    await fresh();
    for (const name of ['a', 'killer', 'b']) await send(name);
    const done: string[] = [];
    let deaths = 0;
    for (let life = 1; life <= 12 && !done.includes('b'); life++) {
      const other = await connectJetStream({ url: server.url, name: `life-${life}` });
      let isDead = false;
      const mine = new PartitionConsumer(other, partition, { backoffMs: () => 10 });
      if (life === 1)
        await connection.manager.consumers.add('SIGNALS', {
          durable_name: `partition-${partition}`,
          ack_policy: 'explicit',
          deliver_policy: 'by_start_sequence',
          opt_start_seq: start + 1,
          replay_policy: 'instant',
          filter_subject: `parapet.signals.v1.${partition}.>`,
        });
      mine.run(async (batch) => {
        if (batch.some(({ message }) => message.receipt === 'killer')) {
          isDead = true;
          deaths++;
          await new Promise(() => {});
        }
        done.push(...batch.map(({ message }) => message.receipt));
      });
      await until(`end of life ${life}`, () => isDead || done.includes('b'));
      if (isDead) await other.nats.close();
      else {
        await mine.stop();
        await other.close();
      }
    }
    expect(done).toEqual(['a', 'b']);
    expect(deaths).toBeLessThanOrEqual(9);
    const letters = await new DeadLetters(connection).list({ consumer: `partition-${partition}` });
    expect(letters.at(-1)?.reason).toMatch(/^the process ended \d times/);
  }, 60_000);

  it('reads a message again that was set aside and sent back', async () => {
    await fresh();
    await send('again');
    let isBroken = true;
    const done: string[] = [];
    read(async (batch) => {
      if (isBroken) throw new Error('broken');
      done.push(...batch.map(({ message }) => message.receipt));
    });
    const letters = new DeadLetters(connection);
    const mine = async () =>
      (await letters.list({ consumer: `partition-${partition}` })).filter(({ excerpt }) =>
        excerpt.includes(`"${environment}"`),
      );
    await until('set aside', async () => (await mine()).length === 1);
    isBroken = false;
    await letters.retry((await mine())[0]?.id as string);
    await until('done', () => done.length === 1);
    expect(done).toEqual(['again']);
  });
});
