/** An actuator's process for tests that kill it: says every state it has written, and dies right after the one it is told to. */
import { Database, Journal } from '@parapet/postgres';
import { idMaker } from '@parapet/kernel';
import type { Targets } from '../../services/rollback-actuation/src/target.js';
import { WebhookTarget } from '../../services/rollback-actuation/src/webhook/target.js';
import { Worker } from '../../services/rollback-actuation/src/worker.js';

const [databaseUrl = '', url = '', secret = '', dieAfter = ''] = process.argv.slice(2);

const target = new WebhookTarget({ name: 'shop', url, timeoutMs: 10_000, allowPrivate: true }, () => secret, Date.now);
const targets: Targets = { find: () => target };
const worker = new Worker({
  db: Database.connect({ url: databaseUrl, applicationName: 'actuator' }),
  databaseUrl,
  journal: new Journal(idMaker(Date.now, (bytes) => void crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>))),
  targets,
  pollMs: 50,
  observer: {
    events(_tenant, events) {
      for (const event of events) {
        const word = event.type === 'ActuationStepChanged' ? event.state : event.type;
        // Nothing after this line runs: no handler, no flush, no release of locks but by the server.
        if (word === dieAfter) process.kill(process.pid, 'SIGKILL');
      }
    },
    trouble: (what, error) => process.stderr.write(`${what}: ${String(error)}\n`),
  },
});
worker.start();
process.stdout.write('started\n');
