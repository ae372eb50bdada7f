import type { Published, Publisher } from '@parapet/runtime';

/** A message as the stream stored it. */
export interface StoredMessage {
  readonly streamSeq: number;
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly messageId: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What goes wrong with a publish: never stored, or stored with its confirmation lost. */
export type PublishFault = 'lost' | 'unconfirmed';

/** A stream kept in memory that stores an id once, as JetStream does within its duplicate window. */
export class InMemoryPublisher implements Publisher {
  readonly messages: StoredMessage[] = [];
  private lastSeq = 0;

  /** @param fault asked before each publish; answers what shall go wrong with it */
  constructor(private readonly fault: (messageId: string) => PublishFault | null = () => null) {}

  async publish(
    subject: string,
    payload: Uint8Array,
    { messageId, headers = {} }: { readonly messageId: string; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<Published> {
    const fault = this.fault(messageId);
    if (fault === 'lost') throw new Error(`no connection, ${messageId} not sent`);
    const stored = this.messages.find((message) => message.messageId === messageId);
    const streamSeq = stored?.streamSeq ?? ++this.lastSeq;
    if (stored === undefined)
      this.messages.push({ streamSeq, subject, payload: Uint8Array.from(payload), messageId, headers: { ...headers } });
    if (fault === 'unconfirmed') throw new Error(`connection lost before ${messageId} was confirmed`);
    return { streamSeq, isDuplicate: stored !== undefined };
  }

  /** Forgets the newest messages, as a broker restored from an older disk does. */
  loseTail(count: number): void {
    this.messages.splice(this.messages.length - count, count);
  }

  /** Id of the newest message of a tenant's events. */
  async lastOf(tenant: string): Promise<{ readonly messageId: string } | null> {
    return this.messages.findLast((message) => message.subject.split('.')[3] === tenant) ?? null;
  }
}
