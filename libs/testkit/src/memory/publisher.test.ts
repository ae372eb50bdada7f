import { describe, expect, test } from '@jest/globals';
import { publisherContract } from '../contracts/publisher.js';
import { InMemoryPublisher } from './publisher.js';

publisherContract('the stream in memory', async () => {
  const publisher = new InMemoryPublisher();
  return {
    publisher,
    subject: 'parapet.events.v1.acme.production.odoo.rel_1.verdict.changed',
    stored: async () =>
      publisher.messages.map((m) => ({
        messageId: m.messageId,
        text: new TextDecoder().decode(m.payload),
        headers: m.headers,
      })),
  };
});

describe('faults of the stream in memory', () => {
  const payload = new Uint8Array();

  test('lost: nothing is stored', async () => {
    const publisher = new InMemoryPublisher(() => 'lost');
    await expect(publisher.publish('a', payload, { messageId: 'evt_1' })).rejects.toThrow('not sent');
    expect(publisher.messages).toEqual([]);
  });

  test('unconfirmed: stored, and the next try is a duplicate', async () => {
    const faults: ('unconfirmed' | null)[] = ['unconfirmed', null];
    const publisher = new InMemoryPublisher(() => faults.shift() ?? null);
    await expect(publisher.publish('a', payload, { messageId: 'evt_1' })).rejects.toThrow('before evt_1 was confirmed');
    expect(await publisher.publish('a', payload, { messageId: 'evt_1' })).toEqual({ streamSeq: 1, isDuplicate: true });
  });
});
