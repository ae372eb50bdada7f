import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestNats, startNats } from '@parapet/testkit';
import { AdvisoryWatch } from './advisories.js';
import { type JetStreamConnection, connectJetStream } from './connection.js';
import { ensureConsumer, isBeyondStream } from './consumers.js';
import { DeadLetters, NotRetriable } from './dead-letters.js';
import { ensureStreams } from './streams.js';

describe('dead letters on a real nats-server', () => {
  let server: TestNats;
  let connection: JetStreamConnection;
  let letters: DeadLetters;
  const troubles: string[] = [];

  beforeAll(async () => {
    server = await startNats();
    connection = await connectJetStream({ url: server.url, name: 'test' });
    await ensureStreams(connection);
    letters = new DeadLetters(connection);
  });
  afterAll(async () => {
    await connection?.close();
    await server?.stop();
  });

  async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
    const deadlineMs = Date.now() + 15_000;
    while (!(await isTrue())) {
      if (Date.now() > deadlineMs) throw new Error(`never: ${what}; ${troubles.join('; ')}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  it('makes one of a message that the server itself gave up on', async () => {
    const subject = 'parapet.events.v1.acme.production.odoo.rel_1.verdict.changed';
    const payload = new TextEncoder().encode('{"id":"evt_lost"}');
    const { streamSeq } = await connection
      .publisher()
      .publish(subject, payload, { messageId: 'evt_lost', headers: { traceparent: 't' } });
    await ensureConsumer(connection, 'EVENTS', {
      name: 'dying',
      filter: 'parapet.events.v1.>',
      ackWaitMs: 1_000,
      ackPendingMax: 10,
      deliveriesMax: 1,
    });
    // Delivered once, to a process that died; asking again makes the server notice that its bound is reached.
    const pull = (reply: string): void =>
      connection.nats.publish('$JS.API.CONSUMER.MSG.NEXT.EVENTS.dying', '{"batch":1,"expires":3000000000}', { reply });
    const taken = new Promise<void>((resolve) => {
      connection.nats.subscribe('_INBOX_test.dying', { max: 1, callback: () => resolve() });
    });
    pull('_INBOX_test.dying');
    await taken;
    connection.nats.subscribe('_INBOX_test.second', { callback: () => {} });
    pull('_INBOX_test.second');
    const watch = new AdvisoryWatch(connection, {
      onTrouble: (what, error) => troubles.push(`${what} ${String(error)}`),
    });
    await watch.start();
    await until('a letter', async () => (await letters.list({ consumer: 'dying' })).length === 1);
    await watch.stop();
    const [letter] = await letters.list({ consumer: 'dying' });
    expect(letter).toMatchObject({
      subject,
      excerpt: '{"id":"evt_lost"}',
      reason: expect.stringContaining('delivered 1 times'),
    });
    await letters.retry(letter?.id as string);
    const { state } = await connection.manager.streams.info('EVENTS');
    expect(state.last_seq).toBe(streamSeq + 1);
    expect(troubles).toEqual([]);
  }, 30_000);

  it('keeps one letter however often a message is set aside, and pages through many in order', async () => {
    for (let i = 0; i < 5; i++) {
      for (let again = 0; again < 2; again++) {
        await letters.put('paging', `reason ${i}`, {
          subject: 's',
          payload: new Uint8Array(3),
          position: { stream: 'EVENTS', streamSeq: 100 + i },
        });
      }
    }
    const first = await letters.list({ consumer: 'paging', limit: 3 });
    const rest = await letters.list({ consumer: 'paging', limit: 3, after: first.at(-1)?.id as string });
    expect([...first, ...rest].map(({ reason }) => reason)).toEqual([
      'reason 0',
      'reason 1',
      'reason 2',
      'reason 3',
      'reason 4',
    ]);
    expect(rest).toHaveLength(2);
  });

  it('keeps any reason and any bytes: line breaks, letters beyond ASCII, what is no text', async () => {
    await letters.put('odd', 'no such till: Zürich\r\nNats-Msg-Id: forged', {
      subject: 's',
      payload: new Uint8Array([0xff, 0x00, 0x41]),
      digest: 'odd',
    });
    const [letter] = await letters.list({ consumer: 'odd' });
    expect(letter?.reason).toBe('no such till: Z?rich Nats-Msg-Id: forged');
    expect(letter).toMatchObject({ bytes: 3, excerpt: '\ufffd\u0000A' });
  });

  it('drops one on request, and then there is none under its id', async () => {
    await letters.put('dropping', 'r', { subject: 's', payload: new Uint8Array(1), digest: 'dropping' });
    const [letter] = await letters.list({ consumer: 'dropping' });
    await letters.drop(letter?.id as string);
    expect(await letters.find(letter?.id as string)).toBeNull();
    expect(await letters.list({ consumer: 'dropping' })).toEqual([]);
  });

  it('says that what a door refused has to be sent again by its sender', async () => {
    await letters.put('alertmanager', 'not-json', {
      subject: 'door.acme.shop',
      payload: new Uint8Array(1),
      digest: 'door',
    });
    const [letter] = await letters.list({ consumer: 'alertmanager' });
    await expect(letters.retry(letter?.id as string)).rejects.toThrow(NotRetriable);
    expect(await letters.find(letter?.id as string)).not.toBeNull();
  });

  it('does not take an advisory of the server, or anything else there, for a letter', async () => {
    const { state } = await connection.manager.streams.info('DEAD_LETTERS', {
      subjects_filter: '$JS.EVENT.ADVISORY.>',
    });
    expect(Object.keys(state.subjects ?? {}).length).toBeGreaterThan(0);
    const all = await letters.list({ limit: 200 });
    expect(all.every(({ consumer }) => !consumer.startsWith('$JS'))).toBe(true);
  });

  it('notices a consumer beyond the end of its stream', async () => {
    const { state } = await connection.manager.streams.info('EVENTS');
    const info = await connection.manager.consumers.info('EVENTS', 'dying');
    expect(await isBeyondStream(connection, 'EVENTS', info)).toBe(false);
    const ahead = { ...info, ack_floor: { ...info.ack_floor, stream_seq: state.last_seq + 1 } };
    expect(await isBeyondStream(connection, 'EVENTS', ahead)).toBe(true);
  });
});
