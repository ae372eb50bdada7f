import 'reflect-metadata';
import { globSync, rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, type INestMicroservice } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { NestFactory } from '@nestjs/core';
import type { CloudEvent } from '@parapet/contracts';
import { type TestNats, startNats } from '@parapet/testkit';
import { type JetStreamConnection, connectJetStream } from './connection.js';
import { DeadLetters } from './dead-letters.js';
import type { HandlingOutcome } from './handling.js';
import { JetStreamContext, JournalHandler, RethrowRpcErrors } from './journal-handler.js';
import { JetStreamStrategy, type JetStreamStrategyOptions } from './strategy.js';
import { ensureStreams } from './streams.js';

type Handle = (event: CloudEvent, context: JetStreamContext) => Promise<void>;
let onVerdict: Handle = async () => {};
let onAny: Handle = async () => {};

@Controller()
class Handlers {
  @JournalHandler('verdict.changed')
  async verdict(@Payload() event: CloudEvent, @Ctx() context: JetStreamContext): Promise<void> {
    await onVerdict(event, context);
  }

  @JournalHandler('*')
  async any(@Payload() event: CloudEvent, @Ctx() context: JetStreamContext): Promise<void> {
    await onAny(event, context);
  }
}

// What `@Module` writes; a decorator on a class expression reads worse.
class HandlersModule {}
Reflect.defineMetadata('controllers', [Handlers], HandlersModule);

describe('journal events brought to Nest handlers', () => {
  let server: TestNats;
  let connection: JetStreamConnection;
  let app: INestMicroservice | undefined;
  let consumer = '';
  let consumers = 0;
  let published = 0;
  const outcomes: HandlingOutcome[] = [];

  async function start(options: Partial<JetStreamStrategyOptions> = {}): Promise<void> {
    const strategy = new JetStreamStrategy({
      connection,
      consumer,
      stream: 'EVENTS',
      backoffMs: () => 20,
      onOutcome: (outcome) => outcomes.push(outcome),
      ...options,
    });
    app = await NestFactory.createMicroservice(HandlersModule, { strategy, logger: ['error'] });
    app.useGlobalFilters(new RethrowRpcErrors());
    await app.listen();
  }

  async function publish(
    release: string,
    name: string,
    more: { type?: string; headers?: Record<string, string> } = {},
  ): Promise<void> {
    const subject = `parapet.events.v1.acme.production.odoo.${release}.${more.type ?? 'verdict.changed'}`;
    const payload = new TextEncoder().encode(JSON.stringify({ id: name, journalseq: String(++published) }));
    await connection
      .publisher()
      .publish(subject, payload, { messageId: `${name}.${published}`, headers: more.headers ?? {} });
  }

  async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
    const deadlineMs = Date.now() + 15_000;
    while (!(await isTrue())) {
      if (Date.now() > deadlineMs) throw new Error(`never: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  const unacknowledged = async (): Promise<number> => {
    const info = await connection.manager.consumers.info('EVENTS', consumer);
    return info.num_ack_pending + info.num_pending;
  };

  beforeAll(async () => {
    server = await startNats();
    connection = await connectJetStream({ url: server.url, name: 'test' });
    await ensureStreams(connection);
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
    onVerdict = onAny = async () => {};
    outcomes.length = 0;
    await until('everything of the last case acknowledged', async () => {
      const info = await connection.manager.consumers.info('EVENTS', consumer).catch(() => null);
      if (info !== null) await connection.manager.consumers.delete('EVENTS', consumer);
      return true;
    });
  });
  afterAll(async () => {
    await connection?.close();
    await server?.stop();
  });

  /** A consumer of one's own that begins behind all earlier cases. */
  async function fresh(): Promise<void> {
    consumer = `test-${++consumers}`;
    const { state } = await connection.manager.streams.info('EVENTS');
    await connection.manager.consumers.add('EVENTS', {
      durable_name: consumer,
      ack_policy: 'explicit',
      deliver_policy: 'by_start_sequence',
      opt_start_seq: state.last_seq + 1,
      replay_policy: 'instant',
      filter_subject: 'parapet.events.v1.>',
    });
  }

  it('hands each event over once, in order within its release, with its place in the stream', async () => {
    await fresh();
    const seen: string[] = [];
    onVerdict = async (event, context) => {
      expect(context).toBeInstanceOf(JetStreamContext);
      expect(context.deliveries).toBe(1);
      expect(Math.abs(context.receivedAtMs - Date.now())).toBeLessThan(10_000);
      seen.push(event.id);
    };
    await start();
    for (let i = 0; i < 200; i++) await publish(`rel_${i % 3}`, `${i % 3}:${i}`);
    await until('200 seen', () => seen.length === 200);
    for (const release of ['0', '1', '2']) {
      const mine = seen.filter((id) => id.startsWith(`${release}:`)).map((id) => Number(id.slice(2)));
      expect(mine).toEqual([...mine].sort((a, b) => a - b));
    }
    await until('all acknowledged', async () => (await unacknowledged()) === 0);
  });

  it('acknowledges only after the handler has resolved', async () => {
    await fresh();
    let finish: () => void = () => {};
    onVerdict = () => new Promise((resolve) => (finish = resolve));
    await start();
    await publish('rel_1', 'slow');
    await until(
      'delivered',
      async () => (await connection.manager.consumers.info('EVENTS', consumer)).num_ack_pending === 1,
    );
    expect(outcomes).toEqual([]);
    finish();
    await until('acknowledged', async () => (await unacknowledged()) === 0);
    expect(outcomes.map((o) => o.outcome)).toEqual(['done']);
  });

  it('gives a type without a handler of its own to `*` only, and both where there are both', async () => {
    await fresh();
    const seen: string[] = [];
    onVerdict = async (event) => void seen.push(`verdict ${event.id}`);
    onAny = async (event) => void seen.push(`any ${event.id}`);
    await start();
    await publish('rel_1', 'a');
    await publish('rel_1', 'b', { type: 'release.phase-changed' });
    await until('both', () => seen.length === 3);
    expect(seen).toEqual(['verdict a', 'any a', 'any b']);
  });

  it('tries a failing event again later, and meanwhile goes on with others', async () => {
    await fresh();
    const seen: string[] = [];
    onVerdict = async (event, { deliveries }) => {
      seen.push(`${event.id} ${deliveries}`);
      if (event.id === 'flaky' && deliveries < 3) throw new Error('not yet');
    };
    await start({ backoffMs: () => 150 });
    await publish('rel_1', 'flaky');
    await publish('rel_2', 'other');
    await until('flaky succeeded', () => seen.includes('flaky 3'));
    expect(seen).toEqual(['flaky 1', 'other 1', 'flaky 2', 'flaky 3']);
    await until('acknowledged', async () => (await unacknowledged()) === 0);
    expect(await new DeadLetters(connection).list({ consumer })).toEqual([]);
  });

  it('does not come before its delay', async () => {
    await fresh();
    const at: number[] = [];
    onVerdict = async () => {
      at.push(performance.now());
      if (at.length === 1) throw new Error('not yet');
    };
    await start({ backoffMs: () => 400 });
    await publish('rel_1', 'delayed');
    await until('twice', () => at.length === 2);
    expect((at[1] as number) - (at[0] as number)).toBeGreaterThanOrEqual(395);
  });

  it('sets an event aside after five failures, with its reason and its bytes, and offers it no more', async () => {
    await fresh();
    let tries = 0;
    onVerdict = async () => {
      tries++;
      throw new TypeError('no such release\nin the table');
    };
    await start();
    await publish('rel_1', 'poison', {
      headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    });
    const letters = new DeadLetters(connection);
    await until('set aside', async () => (await letters.list({ consumer })).length === 1);
    await until('terminated', async () => (await unacknowledged()) === 0);
    expect(tries).toBe(5);
    const [letter] = await letters.list({ consumer });
    expect(letter).toMatchObject({
      consumer,
      subject: 'parapet.events.v1.acme.production.odoo.rel_1.verdict.changed',
      reason: 'TypeError: no such release in the table',
      excerpt: expect.stringContaining('"id":"poison"'),
    });
    expect(outcomes.map((o) => o.outcome)).toEqual(['retried', 'retried', 'retried', 'retried', 'dead']);
  });

  it('handles a dead letter again on request, with its trace, and drops the letter', async () => {
    await fresh();
    let isBroken = true;
    const traces: (string | undefined)[] = [];
    onVerdict = async (_, { traceparent }) => {
      if (isBroken) throw new Error('broken');
      traces.push(traceparent);
    };
    await start();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await publish('rel_1', 'again', { headers: { traceparent } });
    const letters = new DeadLetters(connection);
    await until('set aside', async () => (await letters.list({ consumer })).length === 1);
    isBroken = false;
    await letters.retry((await letters.list({ consumer }))[0]?.id as string);
    await until('handled', () => traces.length === 1);
    expect(traces).toEqual([traceparent]);
    expect(await letters.list({ consumer })).toEqual([]);
  });

  it('waits with an event while something it needs is away, however long, without counting', async () => {
    await fresh();
    let tries = 0;
    onVerdict = async () => {
      tries++;
      if (tries <= 8) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    };
    await start();
    await publish('rel_1', 'patient');
    await until('handled', () => outcomes.at(-1)?.outcome === 'done');
    expect(tries).toBe(9);
    expect(outcomes.slice(0, -1).every((o) => o.outcome === 'waited')).toBe(true);
    expect(await new DeadLetters(connection).list({ consumer })).toEqual([]);
  });

  it('keeps an event whose handling takes longer than the acknowledgement may', async () => {
    await fresh();
    let runs = 0;
    onVerdict = async () => {
      runs++;
      await new Promise((resolve) => setTimeout(resolve, 2_500));
    };
    await start({ ackWaitMs: 1_000 });
    await publish('rel_1', 'long');
    await until('acknowledged', async () => outcomes.length === 1 && (await unacknowledged()) === 0);
    expect(runs).toBe(1);
  });

  it('gets an event again that a crashed process had in hand', async () => {
    await fresh();
    const other = await connectJetStream({ url: server.url, name: 'crashing' });
    const crashing = new JetStreamStrategy({ connection: other, consumer, stream: 'EVENTS', ackWaitMs: 1_000 });
    let took = false;
    crashing.addHandler(
      'verdict.changed',
      () => {
        took = true;
        return new Promise(() => {});
      },
      true,
    );
    await new Promise<void>((resolve) => crashing.listen(() => resolve()));
    await publish('rel_1', 'orphan');
    await until('taken', () => took);
    // As a killed process: the socket is gone, nothing was said.
    await other.nats.close();
    const seen: string[] = [];
    onVerdict = async (event, { deliveries }) => void seen.push(`${event.id} ${deliveries}`);
    await start({ ackWaitMs: 1_000 });
    await until('redelivered', () => seen.length > 0);
    expect(seen).toEqual(['orphan 2']);
  });

  it('sets aside an event that no process survived, without trying once more', async () => {
    await fresh();
    await publish('rel_1', 'killer');
    // Five deliveries that nobody answered.
    for (let i = 0; i < 5; i++) {
      const reply = `${connection.inboxPrefix}.killer${i}`;
      const taken = new Promise<void>((resolve) => {
        connection.nats.subscribe(reply, { max: 1, callback: (_, msg) => (msg.respond('-NAK'), resolve()) });
      });
      connection.nats.publish(`$JS.API.CONSUMER.MSG.NEXT.EVENTS.${consumer}`, '{"batch":1,"expires":5000000000}', {
        reply,
      });
      await taken;
    }
    let tries = 0;
    onVerdict = async () => void tries++;
    await start();
    const letters = new DeadLetters(connection);
    await until('set aside', async () => (await letters.list({ consumer })).length === 1);
    expect(tries).toBe(0);
    expect((await letters.list({ consumer }))[0]?.reason).toContain('delivered 6 times without an end');
  });

  it('finishes what runs and gives back what has not begun when it is closed', async () => {
    await fresh();
    let finish: () => void = () => {};
    const seen: string[] = [];
    onVerdict = async (event) => {
      seen.push(event.id);
      if (event.id === 'first') await new Promise<void>((resolve) => (finish = resolve));
    };
    await start({ releasesAtOnce: 1 });
    await publish('rel_1', 'first');
    await publish('rel_1', 'second');
    await until(
      'first runs and second waits',
      async () =>
        seen.length === 1 && (await connection.manager.consumers.info('EVENTS', consumer)).num_ack_pending === 2,
    );
    const closing = app?.close();
    finish();
    await closing;
    app = undefined;
    expect(seen).toEqual(['first']);
    await start();
    await until('second came again', () => seen.length === 2);
    expect(seen).toEqual(['first', 'second']);
  });

  it('loses nothing and repeats only what was unacknowledged when the server restarts in the middle', async () => {
    await fresh();
    const seen = new Map<string, number>();
    onVerdict = async (event) => {
      seen.set(event.id, (seen.get(event.id) ?? 0) + 1);
      await new Promise((resolve) => setTimeout(resolve, 2));
    };
    await start({ ackWaitMs: 1_000 });
    const names = Array.from({ length: 300 }, (_, i) => `n${i}`);
    let restarting: Promise<void> | undefined;
    for (const [i, name] of names.entries()) {
      if (i === 150) restarting = server.restart();
      await until(`${name} published`, () =>
        publish(`rel_${i % 5}`, name).then(
          () => true,
          () => false,
        ),
      );
    }
    await restarting;
    await until('all seen', () => names.every((name) => seen.has(name)));
    await until('all acknowledged', async () => (await unacknowledged().catch(() => 1)) === 0);
    expect(await new DeadLetters(connection).list({ consumer })).toEqual([]);
  }, 40_000);

  it('notices a consumer that was deleted, and makes it anew', async () => {
    await fresh();
    const seen: string[] = [];
    onVerdict = async (event) => void seen.push(event.id);
    await start();
    await publish('rel_1', 'before');
    await until('before', () => seen.includes('before'));
    await connection.manager.consumers.delete('EVENTS', consumer);
    await publish('rel_1', 'behind');
    await until('behind', () => seen.includes('behind'));
  });

  it('reads on after the broker lost its disk, though its position was beyond the end of the stream', async () => {
    await fresh();
    const seen: string[] = [];
    onVerdict = async (event) => void seen.push(event.id);
    await start();
    for (const name of ['a', 'b', 'c']) await publish('rel_1', name);
    await until('handled', async () => seen.length === 3 && (await unacknowledged()) === 0);
    await server.crash();
    // The stream's messages are gone, the consumer remembers having read them.
    for (const messages of globSync(`${server.dir}/**/EVENTS/msgs`)) rmSync(messages, { recursive: true });
    await server.restart();
    await until('back', () =>
      publish('rel_1', 'd').then(
        () => true,
        () => false,
      ),
    );
    await until('d handled', () => seen.includes('d'));
    expect((await connection.manager.streams.info('EVENTS')).state.last_seq).toBeLessThan(3);
  }, 30_000);
});
