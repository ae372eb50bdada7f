// What a CD system does that listens instead of asking: a durable consumer, explicit acks, repeats known by their sequence.
import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { caller } from './api.mjs';
import { CD_SUBSCRIBER } from './world.mjs';

/** The types a CD system acts on. */
const isOfInterest = (/** @type {string} */ type) => /^dev\.parapet\.(verdict|rollback)\./.test(type);

/**
 * Subscribes with the rights of a subscriber, and keeps what was heard of verdicts and rollbacks, per release in order of arrival.
 * @param {import('../launcher/system.d.mts').System} system
 */
export async function subscribeAsCd(system) {
  const { name } = CD_SUBSCRIBER;
  const connection = await connect({
    servers: system.urls.nats,
    name,
    inboxPrefix: `_INBOX_${name}`,
    ...(system.nats.of(name).user === undefined
      ? {}
      : { user: system.nats.of(name).user ?? '', pass: system.nats.of(name).password ?? '' }),
  });
  /** @type {Map<string, { sequence: number; type: string }[]>} */
  const heard = new Map();
  let repeats = 0;
  // It knows its consumer by name; asking the server for more is beyond its rights.
  const consumer = await jetstream(connection).consumers.get('EVENTS', name);
  const messages = await consumer.consume({ max_messages: 100 });
  const reading = (async () => {
    for await (const message of messages) {
      const event = message.json();
      const known = heard.get(event.subject) ?? [];
      const sequence = Number(event.sequence);
      const isRepeat = known.some((one) => one.sequence === sequence);
      if (isRepeat) repeats += 1;
      else heard.set(event.subject, [...known, { sequence, type: event.type }]);
      message.ack();
    }
  })();
  return {
    /**
     * Waits until everything that the releases' own lists hold was heard, then compares order and completeness.
     * @param {readonly string[]} releases
     * @param {string} token
     */
    async settle(releases, token) {
      const api = caller(system.urls.console, token);
      let expected = 0;
      let wrong = 0;
      for (const release of releases) {
        const { items } = await api.get(`/v1/releases/${release}/events?limit=200`);
        /** @type {{ sequence: number; type: string }[]} */
        const wanted = items.map((/** @type {any} */ event) => ({
          sequence: Number(event.sequence),
          type: event.type,
        }));
        const deadlineMs = Date.now() + 15_000;
        while ((heard.get(release)?.length ?? 0) < wanted.length && Date.now() < deadlineMs)
          await new Promise((resolve) => setTimeout(resolve, 50));
        const mine = (heard.get(release) ?? []).slice(0, wanted.length);
        const ofInterest = (/** @type {{ sequence: number; type: string }[]} */ events) =>
          events.filter((one) => isOfInterest(one.type));
        expected += ofInterest(wanted).length;
        if (JSON.stringify(ofInterest(mine)) !== JSON.stringify(ofInterest(wanted))) wrong += 1;
      }
      return {
        isComplete: wrong === 0 && expected > 0,
        words: `${expected} verdict and rollback events of ${releases.length} releases${wrong === 0 ? ', every one and in order' : `, ${wrong} release(s) incomplete or out of order`}${repeats > 0 ? ` (${repeats} repeats known by their sequence)` : ''}`,
      };
    },
    async close() {
      await messages.close();
      await reading;
      await connection.drain();
    },
  };
}
