// What the same machine takes for the steps alone, in the same run: a JetStream hop and a PostgreSQL commit.
import { randomUUID } from 'node:crypto';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import pg from 'pg';
import { quantiles } from '../quantiles.mjs';

/**
 * Publish, stored by the server, delivered by a durable pull consumer, acknowledged: one message at a time, in milliseconds.
 * @param {import('../../tools/launcher/system.d.mts').System} system
 * @param {number} count
 */
export async function jetStreamHops(system, count) {
  const { user, password } = system.nats.launcher;
  const connection = await connect({
    servers: system.urls.nats,
    ...(user === undefined ? {} : { user, pass: password ?? '' }),
  });
  const manager = await jetstreamManager(connection);
  const name = `BENCH_${randomUUID().slice(0, 8)}`;
  await manager.streams.add({ name, subjects: [`bench.${name}`] });
  try {
    await manager.consumers.add(name, { durable_name: 'reader', ack_policy: 'explicit' });
    const js = jetstream(connection);
    /** @type {(() => void) | undefined} */
    let heard;
    const messages = await (await js.consumers.get(name, 'reader')).consume({
      callback: (message) => {
        message.ack();
        heard?.();
      },
    });
    const payload = new Uint8Array(1000);
    const times = [];
    for (let i = 0; i < count; i++) {
      const delivered = new Promise((resolve) => {
        heard = () => resolve(undefined);
      });
      const startedMs = performance.now();
      await js.publish(`bench.${name}`, payload, { msgID: String(i) });
      await delivered;
      times.push(performance.now() - startedMs);
    }
    messages.stop();
    return quantiles(times);
  } finally {
    await manager.streams.delete(name);
    await connection.drain();
  }
}

/**
 * One row of a journal row's size inserted and committed durably, in milliseconds.
 * @param {import('../../tools/launcher/system.d.mts').System} system
 * @param {number} count
 */
export async function postgresCommits(system, count) {
  const client = new pg.Client({ connectionString: system.urls.postgres });
  await client.connect();
  try {
    await client.query('CREATE TABLE IF NOT EXISTS bench_commit (id bigserial PRIMARY KEY, row text NOT NULL)');
    const row = 'x'.repeat(1000);
    const times = [];
    for (let i = 0; i < count; i++) {
      const startedMs = performance.now();
      await client.query('BEGIN');
      await client.query('INSERT INTO bench_commit (row) VALUES ($1)', [row]);
      await client.query('COMMIT');
      times.push(performance.now() - startedMs);
    }
    return quantiles(times);
  } finally {
    await client.query('DROP TABLE IF EXISTS bench_commit');
    await client.end();
  }
}
