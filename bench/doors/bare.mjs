// What the same server takes alone: messages of the doors' size, stored and acknowledged, many under way.
import { randomUUID } from 'node:crypto';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';

/**
 * Messages a second that JetStream stores and acknowledges.
 * @param {import('../../tools/launcher/system.d.mts').System} system
 * @param {{ bytes: number; underWay: number; seconds: number }} o
 */
export async function barePublishRate(system, { bytes, underWay, seconds }) {
  const connection = await connected(system);
  const manager = await jetstreamManager(connection);
  const name = `BENCH_${randomUUID().slice(0, 8)}`;
  await manager.streams.add({ name, subjects: [`bench.${name}`] });
  try {
    const js = jetstream(connection);
    const payload = new Uint8Array(bytes).fill(120);
    const startedMs = performance.now();
    const endMs = startedMs + seconds * 1000;
    let stored = 0;
    let next = 0;
    const one = async () => {
      while (performance.now() < endMs) {
        await js.publish(`bench.${name}`, payload, { msgID: String(next++) });
        stored++;
      }
    };
    await Promise.all(Array.from({ length: underWay }, one));
    return stored / ((performance.now() - startedMs) / 1000);
  } finally {
    await manager.streams.delete(name);
    await connection.drain();
  }
}

/**
 * How many messages SIGNALS has taken so far, and the bytes that it holds.
 * @param {import('../../tools/launcher/system.d.mts').System} system
 */
export async function storedSignals(system) {
  const connection = await connected(system);
  try {
    const { state } = await (await jetstreamManager(connection)).streams.info('SIGNALS');
    return { messages: state.last_seq, bytes: state.bytes };
  } finally {
    await connection.drain();
  }
}

/** @param {import('../../tools/launcher/system.d.mts').System} system */
function connected(system) {
  const { user, password } = system.nats.launcher;
  return connect({ servers: system.urls.nats, ...(user === undefined ? {} : { user, pass: password ?? '' }) });
}
