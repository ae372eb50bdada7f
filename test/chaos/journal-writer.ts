/** A service in small, to be killed: appends to three releases as fast as it can and relays after each commit. */
import { randomFillSync } from 'node:crypto';
import { connectJetStream } from '@parapet/jetstream';
import { idMaker } from '@parapet/kernel';
import { Database, Journal, Relay } from '@parapet/postgres';

const [databaseUrl = '', natsUrl = '', tenant = '', ...releases] = process.argv.slice(2);
const db = Database.connect({ url: databaseUrl, applicationName: 'journal-writer', max: 6 });
const connection = await connectJetStream({ url: natsUrl, name: 'journal-writer' });
const relay = new Relay(db, connection.publisher());
const journal = new Journal(idMaker(Date.now, (bytes) => void randomFillSync(bytes)));

await Promise.all(
  releases.map(async (stream) => {
    const ref = { tenant, stream, environment: 'production', workload: 'odoo-retail' };
    for (let n = 0; ; n++) {
      await db.transact(tenant, async (tx) => {
        const event = { type: 'proposal.commented', data: { by: String(process.pid), text: String(n) } };
        await journal.append(tx, ref, 'any', [event], { actor: { kind: 'service', id: 'journal-writer' } });
        tx.afterCommit(() => relay.nudge(tenant));
      });
      // The parent counts these: what is said here is committed.
      process.stdout.write(`${stream} ${n}\n`);
    }
  }),
);
