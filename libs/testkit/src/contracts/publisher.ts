import { describe, expect, test } from '@jest/globals';
import type { Publisher } from '@parapet/runtime';

/** A publisher, and what its stream holds in order. */
export interface PublisherUnderTest {
  readonly publisher: Publisher;
  /** A subject that the stream takes. */
  readonly subject: string;
  stored(): Promise<
    readonly { readonly messageId: string; readonly text: string; readonly headers: Readonly<Record<string, string>> }[]
  >;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What every Publisher promises; an implementation's own test calls it with a maker of empty streams. */
export function publisherContract(name: string, fresh: () => Promise<PublisherUnderTest>): void {
  describe(`${name} as a publisher`, () => {
    test('a message is stored when publish resolves, with its id and headers', async () => {
      const { publisher, subject, stored } = await fresh();
      const confirmed = await publisher.publish(subject, bytes('one ü'), {
        messageId: 'evt_1',
        headers: { traceparent: '00-a-b-01' },
      });
      expect(confirmed).toEqual({ streamSeq: expect.any(Number), isDuplicate: false });
      expect(await stored()).toMatchObject([
        { messageId: 'evt_1', text: 'one ü', headers: { traceparent: '00-a-b-01' } },
      ]);
    });

    test('the same id again is stored once, and confirmed as a duplicate at its first position', async () => {
      const { publisher, subject, stored } = await fresh();
      const first = await publisher.publish(subject, bytes('one'), { messageId: 'evt_1' });
      await publisher.publish(subject, bytes('two'), { messageId: 'evt_2' });
      const again = await publisher.publish(subject, bytes('one'), { messageId: 'evt_1' });
      expect(again).toEqual({ streamSeq: first.streamSeq, isDuplicate: true });
      expect((await stored()).map((message) => message.messageId)).toEqual(['evt_1', 'evt_2']);
    });

    test('messages published one after the other are stored in that order', async () => {
      const { publisher, subject, stored } = await fresh();
      const ids = Array.from({ length: 20 }, (_, i) => `evt_${i}`);
      const positions: number[] = [];
      for (const messageId of ids)
        positions.push((await publisher.publish(subject, bytes(messageId), { messageId })).streamSeq);
      expect((await stored()).map((message) => message.messageId)).toEqual(ids);
      expect(positions).toEqual([...positions].sort((a, b) => a - b));
    });
  });
}
