import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestNats, startNats } from '@parapet/testkit';
import { type JetStreamConnection, connectJetStream } from './connection.js';
import { ensureConsumer } from './consumers.js';
import { DeadLetters, getMessage } from './dead-letters.js';
import { ensureStreams } from './streams.js';
import { streamTail } from './stream-tail.js';

interface Declared {
  readonly users: readonly {
    readonly user: string;
    readonly permissions: { readonly publish: readonly string[]; readonly subscribe: readonly string[] };
  }[];
}

const declared = JSON.parse(
  readFileSync(new URL('../../../deploy/nats/users.json', import.meta.url), 'utf8'),
) as Declared;
const SERVICES = [
  'metrics-ingestion',
  'kpi-probing',
  'guardrail-evaluation',
  'release-control',
  'rollback-actuation',
] as const;
type Service = (typeof SERVICES)[number];

/** What each may do, as a question to the server. */
const ACTS = {
  'publish signals': (c: JetStreamConnection) => publish(c, 'parapet.signals.v1.3.acme.production'),
  'publish events': (c: JetStreamConnection) =>
    publish(c, 'parapet.events.v1.acme.production.odoo.rel_1.verdict.changed'),
  'read partitions of signals': (c: JetStreamConnection) =>
    durable(c, 'SIGNALS', 'partition-3', 'parapet.signals.v1.3.>'),
  'read events as itself': (c: JetStreamConnection, self: Service) => durable(c, 'EVENTS', self, 'parapet.events.v1.>'),
  'read events as another': (c: JetStreamConnection, self: Service) =>
    durable(c, 'EVENTS', self === 'release-control' ? 'rollback-actuation' : 'release-control', 'parapet.events.v1.>'),
  'see the tail of events': (c: JetStreamConnection) => streamTail(c).lastOf('acme'),
  'list dead letters': (c: JetStreamConnection) => new DeadLetters(c).list(),
  'drop dead letters': (c: JetStreamConnection) => c.manager.streams.deleteMessage('DEAD_LETTERS', 1, false),
  'read signals one by one': (c: JetStreamConnection) => getMessage(c, 'SIGNALS', { seq: 1 }),
  'delete a stream': (c: JetStreamConnection) => c.manager.streams.delete('SIGNALS'),
  'change a stream': (c: JetStreamConnection) => c.manager.streams.update('SIGNALS', { max_age: 0 }),
  'say that a heartbeat was judged': (c: JetStreamConnection) => say(c, 'parapet.heartbeat.v1'),
  'hear that a heartbeat was judged': (c: JetStreamConnection) => listen(c, 'parapet.heartbeat.v1'),
  'listen to all events directly': (c: JetStreamConnection) => listen(c, 'parapet.events.v1.>'),
  'listen to the inboxes of others': (c: JetStreamConnection) => listen(c, '_INBOX_release-control-not-mine.>'),
} as const;
type Act = keyof typeof ACTS;

const MAY: Readonly<Record<Service, readonly Act[]>> = {
  'metrics-ingestion': ['publish signals', 'publish events', 'see the tail of events'],
  'kpi-probing': ['publish signals', 'read events as itself'],
  'guardrail-evaluation': [
    'say that a heartbeat was judged',
    'publish events',
    'read partitions of signals',
    'read events as itself',
    'see the tail of events',
  ],
  'release-control': [
    'hear that a heartbeat was judged',
    'publish signals',
    'publish events',
    'read events as itself',
    'see the tail of events',
    'list dead letters',
    'drop dead letters',
    'read signals one by one',
  ],
  'rollback-actuation': ['publish events', 'read events as itself', 'see the tail of events'],
};

let published = 0;
async function publish(c: JetStreamConnection, subject: string): Promise<void> {
  await c
    .publisher()
    .publish(subject, new TextEncoder().encode('{"id":"evt_1","journalseq":"1"}'), { messageId: `m${++published}` });
}

async function durable(c: JetStreamConnection, stream: string, name: string, filter: string): Promise<void> {
  await ensureConsumer(c, stream, { name, filter, ackWaitMs: 30_000, ackPendingMax: 10, deliveriesMax: 10 });
}

/** Core NATS answers nothing to what may be published; the flush after it brings the refusal where there is one. */
function say(c: JetStreamConnection, subject: string): Promise<void> {
  c.nats.publish(subject, new Uint8Array(1));
  return c.nats.flush();
}

function listen(c: JetStreamConnection, subject: string): Promise<void> {
  return new Promise((resolve, reject) => {
    c.nats.subscribe(subject, {
      callback: (error) => {
        if (error !== null) reject(error);
      },
    });
    c.nats.flush().then(() => resolve(), reject);
  });
}

describe('the NATS users of deploy/nats/users.json, on a real server', () => {
  let server: TestNats;
  const connections = new Map<string, JetStreamConnection>();

  beforeAll(async () => {
    const users = declared.users.map((user) => ({ ...user, password: `pw-${user.user}` }));
    server = await startNats({ users: [{ user: 'launcher', password: 'pw-launcher' }, ...users] });
    for (const name of ['launcher', ...SERVICES]) {
      connections.set(name, await connectJetStream({ url: server.url, user: name, password: `pw-${name}`, name }));
    }
    const launcher = connections.get('launcher') as JetStreamConnection;
    await ensureStreams(launcher);
    await publish(launcher, 'parapet.signals.v1.3.acme.production');
    await publish(launcher, 'parapet.events.v1.acme.production.odoo.rel_1.verdict.changed');
    for (const name of ['release-control', 'rollback-actuation']) {
      await durable(launcher, 'EVENTS', name, 'parapet.events.v1.>');
    }
  });
  afterAll(async () => {
    await Promise.all([...connections.values()].map((connection) => connection.close()));
    await server?.stop();
  });

  it('there is one for each service and no other', () => {
    expect(declared.users.map(({ user }) => user).sort()).toEqual([...SERVICES].sort());
  });

  const cases = SERVICES.flatMap((service) =>
    (Object.keys(ACTS) as Act[]).map((act) => [service, MAY[service].includes(act) ? 'may' : 'may not', act] as const),
  );

  it.each(cases)('%s %s %s', async (service, may, act) => {
    const connection = connections.get(service) as JetStreamConnection;
    if (act === 'drop dead letters' && may === 'may') {
      await new DeadLetters(connections.get('launcher') as JetStreamConnection).put('test', 'r', {
        subject: 's',
        payload: new Uint8Array(1),
      });
    }
    const refused: Error[] = [];
    const forget = connection.onStatus((status) => status.kind === 'error' && refused.push(status.error));
    const attempt = Promise.resolve(ACTS[act](connection, service)).then(
      () => 'done',
      () => 'failed',
    );
    // A refused request is never answered: the server's word is the error on the connection.
    const refusal = (async () => {
      const deadlineMs = Date.now() + 5_000;
      while (refused.length === 0 && Date.now() < deadlineMs) await new Promise((resolve) => setTimeout(resolve, 5));
      return refused.length === 0 ? 'failed' : 'refused';
    })();
    const outcome = may === 'may' ? await attempt : await refusal;
    forget();
    expect(outcome).toBe(may === 'may' ? 'done' : 'refused');
    if (may === 'may not') expect(refused[0]?.name).toBe('PermissionViolationError');
  });

  it('refuses a wrong password with a sentence that names the address and not the password', async () => {
    const wrong = connectJetStream({
      url: server.url,
      user: 'kpi-probing',
      password: 'geheim',
      name: 'kpi-probing',
      firstConnectMs: 1,
    });
    await expect(wrong).rejects.toThrow(/^cannot reach NATS at nats:\/\/127\.0\.0\.1:\d+: (?!.*geheim).*uthorization/);
  });
});
