import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type JetStreamConnection, connectJetStream } from './connection.js';
import { PublishRefused } from './publisher.js';
import { checkStreams, ensureStreams } from './streams.js';
import { streamTail } from './stream-tail.js';
import { EVENT_BYTES_MAX } from '@parapet/contracts';
import { startNats } from '@parapet/testkit';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('publishing to a real nats-server', () => {
  let server: Awaited<ReturnType<typeof startNats>>;
  let connection: JetStreamConnection;

  beforeAll(async () => {
    server = await startNats();
    connection = await connectJetStream({ url: server.url, name: 'test' });
  });
  afterAll(async () => {
    await connection?.close();
    await server?.stop();
  });

  it('says which stream is missing, and that the launcher makes it', async () => {
    await expect(checkStreams(connection)).rejects.toThrow('the NATS server has no stream SIGNALS');
  });

  it('refuses a subject that no stream takes', async () => {
    const refused = connection.publisher().publish('parapet.signals.v1.1.a.b', bytes('x'), { messageId: 'm' });
    await expect(refused).rejects.toMatchObject({ name: 'PublishRefused', reason: 'no-stream' });
  });

  it('makes the streams, and making them again changes nothing', async () => {
    await ensureStreams(connection);
    await ensureStreams(connection);
    await checkStreams(connection);
    const { config } = await connection.manager.streams.info('EVENTS');
    expect(config).toMatchObject({
      subjects: ['parapet.events.v1.>', 'parapet.cdevents.v1.>'],
      max_age: 90 * 86_400 * 1e9,
      discard: 'old',
      duplicate_window: 600e9,
      max_msg_size: 262_144,
      deny_delete: true,
      deny_purge: true,
      storage: 'file',
      num_replicas: 1,
    });
    expect((await connection.manager.streams.info('SIGNALS')).config).toMatchObject({
      discard: 'new',
      max_age: 72 * 3_600 * 1e9,
    });
  });

  it('brings a stream that differs back to the declared configuration', async () => {
    await connection.manager.streams.update('DEAD_LETTERS', { max_age: 1e9 * 3_600, duplicate_window: 60e9 });
    await ensureStreams(connection);
    expect((await connection.manager.streams.info('DEAD_LETTERS')).config.max_age).toBe(30 * 86_400 * 1e9);
  });

  it('confirms thousands of messages under way at once, each at its own position', async () => {
    const acks = await Promise.all(
      Array.from({ length: 5_000 }, (_, i) =>
        connection.publisher().publish('parapet.signals.v1.1.a.b', bytes(`n${i}`), { messageId: `m${i}` }),
      ),
    );
    expect(acks.map((ack) => ack.streamSeq)).toEqual(Array.from({ length: 5_000 }, (_, i) => i + 1));
    expect(acks.every((ack) => !ack.isDuplicate)).toBe(true);
  });

  it('stores a message once, however often it is published under one id', async () => {
    const first = await connection
      .publisher()
      .publish('parapet.signals.v1.1.a.b', bytes('same'), { messageId: 'same' });
    const second = await connection
      .publisher()
      .publish('parapet.signals.v1.1.a.b', bytes('same'), { messageId: 'same' });
    expect(second).toEqual({ streamSeq: first.streamSeq, isDuplicate: true });
  });

  it.each([
    ['larger than the server takes at all', 'parapet.signals.v1.1.a.b', 1024 * 1024 + 1],
    ['larger than this stream takes', 'parapet.events.v1.a.b.c.d.verdict.changed', 300 * 1024],
  ])('refuses a message that is %s', async (_, subject, size) => {
    const refused = connection.publisher().publish(subject, new Uint8Array(size), { messageId: `big${size}` });
    await expect(refused).rejects.toMatchObject({ reason: 'too-large' });
  });

  it('takes the largest event that contracts make, headers and all', async () => {
    const subject = 'parapet.events.v1.acme.production.odoo.rel_1.verdict.changed';
    const largest = connection.publisher().publish(subject, new Uint8Array(EVENT_BYTES_MAX), {
      messageId: `evt_${'0'.repeat(26)}`,
      headers: {
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        'Content-Type': 'application/cloudevents+json',
      },
    });
    await expect(largest).resolves.toMatchObject({ isDuplicate: false });
  });

  it('tells a full stream apart: nothing old is pushed out', async () => {
    await connection.manager.streams.update('SIGNALS', { max_bytes: 600_000 });
    const publishing = Array.from({ length: 40 }, (_, i) =>
      connection.publisher().publish('parapet.signals.v1.1.a.b', new Uint8Array(50_000), { messageId: `full${i}` }),
    );
    const failures = (await Promise.allSettled(publishing))
      .filter((r) => r.status === 'rejected')
      .map((r) => r.reason as PublishRefused);
    expect(failures.length).toBeGreaterThan(0);
    expect(new Set(failures.map((f) => f.reason))).toEqual(new Set(['full']));
    expect(failures[0]?.isTransient).toBe(true);
    await ensureStreams(connection);
  });

  it('tells the relay the last event of a tenant, and of no other', async () => {
    const event = (id: string, journalseq: string): Uint8Array => bytes(JSON.stringify({ id, journalseq }));
    await connection
      .publisher()
      .publish('parapet.events.v1.acme.production.odoo.rel_1.verdict.changed', event('evt_1', '7'), {
        messageId: 'evt_1',
      });
    await connection
      .publisher()
      .publish('parapet.events.v1.acme.none.none.none.source.silent', event('evt_2', '8'), { messageId: 'evt_2' });
    await connection
      .publisher()
      .publish('parapet.events.v1.other.production.odoo.rel_9.verdict.changed', event('evt_3', '3'), {
        messageId: 'evt_3',
      });
    const tail = streamTail(connection);
    expect(await tail.lastOf('acme')).toMatchObject({ messageId: 'evt_2', journalSeq: 8 });
    expect(await tail.lastOf('nobody')).toBeNull();
  });

  it('answers at once while the server is away, and publishes again when it is back', async () => {
    await server.restart();
    const outcomes: string[] = [];
    const deadlineMs = Date.now() + 20_000;
    while (Date.now() < deadlineMs && outcomes.at(-1) !== 'stored') {
      try {
        await connection.publisher().publish('parapet.signals.v1.1.a.b', bytes('after'), { messageId: 'after' });
        outcomes.push('stored');
      } catch (error) {
        outcomes.push((error as PublishRefused).reason);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    expect(outcomes.at(-1)).toBe('stored');
    expect(new Set(outcomes.slice(0, -1))).toEqual(new Set(outcomes.length > 1 ? ['disconnected'] : []));
  }, 30_000);

  it('says in one sentence what to do when nobody answers', async () => {
    const nobody = connectJetStream({ url: 'nats://u:secret@127.0.0.1:1', name: 'test', firstConnectMs: 1 });
    await expect(nobody).rejects.toThrow(/^cannot reach NATS at nats:\/\/127\.0\.0\.1:1: .*set NATS_URL/);
  });
});
