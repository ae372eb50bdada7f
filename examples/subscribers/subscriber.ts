/**
 * A durable subscriber of Parapet's events: prints every verdict and rollback, each exactly once and in order, whatever is
 * restarted in between. Run it with Node 22.18 or newer:
 *
 *     NATS_URL=nats://127.0.0.1:4222 PARAPET_TENANT=acme-retail node examples/subscribers/subscriber.ts
 *
 * What to copy: a durable pull consumer with explicit acknowledgements; the effect and the position are written in one step;
 * the acknowledgement comes after that; a repeat is acknowledged and nothing else; a gap is filled from the API.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { AckPolicy, type Consumer, DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, nanos, type NatsConnection } from '@nats-io/transport-node';

/** As much of a CloudEvent as this subscriber uses; readers ignore what they do not know. */
interface ReleaseEvent {
  readonly id: string;
  readonly type: string;
  readonly time: string;
  /** The release. */
  readonly subject: string;
  /** From 1 without gaps, per release. */
  readonly sequence: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Options {
  readonly servers: string;
  readonly user?: string;
  readonly pass?: string;
  readonly tenant: string;
  /** Names this subscriber for ever: the server remembers its place under this name. */
  readonly name: string;
  /** Effects, one a line; its own memory of what was handled. */
  readonly ledger: string;
  /** Reads a release's events after a sequence from the API. Without it a gap is only reported. */
  readonly readEvents?: (release: string, after: number) => Promise<readonly ReleaseEvent[]>;
  readonly log: (line: string) => void;
}

/** Handles every verdict and rollback event of a tenant; ends when the connection is closed. */
export async function subscribe(options: Options): Promise<{ stop: () => Promise<void>; ended: Promise<void> }> {
  const connection = await connect({
    servers: options.servers,
    name: options.name,
    maxReconnectAttempts: -1,
    // A subscriber with rights of its own may only listen below its own inbox.
    inboxPrefix: `_INBOX_${options.name}`,
    ...(options.user === undefined ? {} : { user: options.user, pass: options.pass ?? '' }),
  });
  const consumer = await durable(connection, options);
  const messages = await consumer.consume({ max_messages: 100 });
  const book = new Ledger(options.ledger);

  const ended = (async () => {
    for await (const message of messages) {
      const event = message.json<ReleaseEvent>();
      const sequence = Number(event.sequence);
      const last = book.lastOf(event.subject);
      if (sequence <= last) {
        message.ack();
        continue;
      }
      // Only a broker that lost its tail leaves a gap. The API always has the whole list.
      if (sequence > last + 1 && event.subject.startsWith('rel_')) await fill(event, last, book, options);
      handle(event, book, options.log);
      message.ack();
    }
  })();

  return {
    ended,
    stop: async () => {
      await messages.close();
      await ended;
      await connection.close();
    },
  };
}

/** Handles what is missing before an event. */
async function fill(event: ReleaseEvent, last: number, book: Ledger, options: Options): Promise<void> {
  options.log(`${event.subject}: events ${last + 1} to ${Number(event.sequence) - 1} did not come`);
  const missed = (await options.readEvents?.(event.subject, last)) ?? [];
  for (const one of missed) {
    if (Number(one.sequence) < Number(event.sequence)) handle(one, book, options.log);
  }
}

/** The consumer of our name; made by whoever runs the server where this user may not make one. */
async function durable(connection: NatsConnection, options: Options): Promise<Consumer> {
  const manager = await jetstreamManager(connection);
  const exists = await manager.consumers.info('EVENTS', options.name).then(
    () => true,
    (error: unknown) => {
      if ((error as { code?: number }).code === 10014 || /not found/i.test(String(error))) return false;
      throw error;
    },
  );
  if (!exists) {
    await manager.consumers.add('EVENTS', {
      durable_name: options.name,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      // The whole tenant, so that sequences have no gaps. For verdicts alone: `…v1.<tenant>.*.*.*.verdict.>`, and no look at gaps.
      filter_subject: `parapet.events.v1.${options.tenant}.>`,
      // One at a time keeps the order also when a handling fails; raise it to your parallelism.
      max_ack_pending: 1,
      ack_wait: nanos(30_000),
      max_deliver: 10,
    });
  }
  return jetstream(connection).consumers.get('EVENTS', options.name);
}

/** What this subscriber is for. Put the effect of yours here. */
function handle(event: ReleaseEvent, book: Ledger, log: (line: string) => void): void {
  const [, , noun, verb] = event.type.split('.');
  const { data } = event;
  switch (`${noun}.${verb}`) {
    case 'verdict.changed':
      log(
        `${event.time} ${event.subject} verdict ${String(data['from'])} -> ${String(data['to'])}${data['final'] === true ? ' (final)' : ''}`,
      );
      break;
    case 'rollback.ordered':
      log(`${event.time} ${event.subject} rollback ordered to ${String(data['to'])}`);
      break;
    case 'rollback.verified':
      log(`${event.time} ${event.subject} rollback ${String(data['outcome'])}`);
      break;
    default:
    // A type we do not act on, or one of a newer Parapet: nothing, but it counts as seen.
  }
  book.write(event);
}

/** A file with one line an event: the effect and the position are one write, so neither is without the other. */
class Ledger {
  private readonly last = new Map<string, number>();

  constructor(private readonly file: string) {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    // A line that a crash cut short was not written: it does not count, and the next one begins anew.
    if (text !== '' && !text.endsWith('\n')) appendFileSync(file, '\n');
    for (const line of text.split('\n').filter((one) => one.endsWith('}')))
      this.remember(JSON.parse(line) as ReleaseEvent);
  }

  lastOf(release: string): number {
    return this.last.get(release) ?? 0;
  }

  write(event: ReleaseEvent): void {
    const { id, subject, sequence, type } = event;
    appendFileSync(this.file, `${JSON.stringify({ id, subject, sequence, type })}\n`);
    this.remember(event);
  }

  private remember(event: Pick<ReleaseEvent, 'subject' | 'sequence'>): void {
    this.last.set(event.subject, Number(event.sequence));
  }
}

/** Reads missed events from the API. */
function fromApi(url: string, token: string): NonNullable<Options['readEvents']> {
  return async (release, after) => {
    const response = await fetch(new URL(`/v1/releases/${release}/events?after=${after}&limit=200`, url), {
      headers: { Authorization: `Bearer ${token}`, Accept: 'application/json' },
    });
    if (!response.ok) throw new Error(`cannot read the events of ${release} after ${after}: ${response.status}`);
    return ((await response.json()) as { items: readonly ReleaseEvent[] }).items;
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { NATS_URL, NATS_USER, NATS_PASSWORD, PARAPET_TENANT, PARAPET_URL, PARAPET_TOKEN, SUBSCRIBER, LEDGER } =
    process.env;
  const running = await subscribe({
    servers: NATS_URL ?? 'nats://127.0.0.1:4222',
    tenant: PARAPET_TENANT ?? 'acme-retail',
    name: SUBSCRIBER ?? 'example-subscriber',
    ledger: LEDGER ?? 'handled.jsonl',
    log: (line) => console.log(line),
    ...(NATS_USER === undefined ? {} : { user: NATS_USER, pass: NATS_PASSWORD ?? '' }),
    ...(PARAPET_URL === undefined || PARAPET_TOKEN === undefined
      ? {}
      : { readEvents: fromApi(PARAPET_URL, PARAPET_TOKEN) }),
  });
  process.once('SIGINT', () => void running.stop());
  process.once('SIGTERM', () => void running.stop());
  await running.ended;
}
