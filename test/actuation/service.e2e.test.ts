import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cloudEvent, encodeEvent, publicSubject, toJournal } from '@parapet/contracts';
import { connectJetStream, DeadLetters, ensureStreams, type JetStreamConnection } from '@parapet/jetstream';
import { ConfigurationStore, Relay } from '@parapet/postgres';
import { freePort, startNats, testIds, type TestNats } from '@parapet/testkit';
import { type Ground, openGround, TENANT } from './ground.js';
import { DEPLOYMENT_SECRET, type TestShop } from './shop.js';

const MAIN = fileURLToPath(new URL('../../services/rollback-actuation/src/main.ts', import.meta.url));
const REGISTER = fileURLToPath(new URL('../../libs/testkit/register-source.mjs', import.meta.url));
const WITHIN_MS = 30_000;

let ground: Ground;
let nats: TestNats;
let shop: TestShop;
let jetstream: JetStreamConnection;
let relay: Relay;
let service: ChildProcess;
let url: string;
let output = '';

beforeAll(async () => {
  ground = await openGround();
  nats = await startNats();
  shop = await ground.shops.open();
  jetstream = await connectJetStream({ url: nats.url, name: 'test' });
  await ensureStreams(jetstream);
  const control = ground.database.connect('release-control');
  relay = new Relay(control, jetstream.publisher());
  await new ConfigurationStore().putNow(
    control,
    TENANT,
    [
      { kind: 'Tenant', name: TENANT, spec: { environments: [{ name: 'production' }], access: [] } },
      {
        kind: 'Workload',
        name: 'odoo-retail',
        spec: {
          criticality: 'high',
          guardrailPolicy: 'shop-floor',
          decisionPolicy: 'by-criticality',
          components: [
            { name: 'odoo-web', target: 'shop' },
            { name: 'odoo-pos', target: 'shop' },
          ],
          targets: [
            {
              name: 'shop',
              kind: 'webhook',
              url: shop.deployments,
              secret: { env: 'DEPLOYMENT_SECRET' },
              timeout: '5s',
              allowPrivate: true,
            },
          ],
        },
      },
    ],
    { kind: 'service', id: 'test' },
  );
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  service = spawn(process.execPath, ['--conditions=@parapet/source', '--import', REGISTER, MAIN], {
    env: {
      PATH: process.env['PATH'],
      PORT: String(port),
      DATABASE_URL: ground.database.url('rollback-actuation'),
      NATS_URL: nats.url,
      REDIS_URL: 'redis://127.0.0.1:1',
      DEPLOYMENT_SECRET,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [service.stdout, service.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await until(async () => (await fetch(`${url}/readyz`).catch(() => null))?.status === 200);
}, 120_000);

afterAll(async () => {
  if (service !== undefined && service.exitCode === null && service.signalCode === null) {
    service.kill('SIGKILL');
    await once(service, 'exit');
  }
  await relay?.stop();
  await jetstream?.close();
  await shop?.stop();
  await nats?.stop();
  await ground?.stop();
}, 60_000);

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + WITHIN_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`it did not come so within ${WITHIN_MS} ms:\n${output.slice(-4_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('the service', () => {
  it('carries out an order that a message tells of, and verifies it when a message tells of the recovery', async () => {
    await shop.deploy('2');
    const order = await ground.order({}, { queued: false });
    await relay.sweep();
    await ground.until(order, 'finished done', WITHIN_MS);
    await ground.recovery(order, 'recovered');
    await relay.sweep();
    expect((await ground.until(order, 'verified', WITHIN_MS)).at(-1)).toBe('verified');
    expect(await shop.changes()).toEqual([
      { by: 'cd', version: '2' },
      { by: 'actuator', version: '1' },
    ]);
  });

  it('does nothing for a message without a row in the journal, and sets it aside', async () => {
    await shop.deploy('2');
    const before = await shop.changes();
    const makeId = testIds();
    const real = await ground.order({ notAfter: new Date(Date.now() - 1_000).toISOString() }, { queued: false });
    const [row] = await ground.rows(real);
    if (row === undefined) throw new Error('the order has no row');
    // A forged order under the place of a real one, valid for an hour.
    const forged = {
      ...row,
      id: makeId('evt'),
      data: toJournal({ ...real, actuation: makeId('act'), notAfter: new Date(Date.now() + 3_600_000).toISOString() })
        .data,
    };
    await jetstream
      .publisher()
      .publish(publicSubject(forged), encodeEvent(cloudEvent(forged)), { messageId: forged.id });
    const letters = new DeadLetters(jetstream);
    await until(async () => (await letters.list({})).some(({ reason }) => reason.includes('NotInJournal')));
    expect(await shop.changes()).toEqual(before);
  });

  it('counts what it did, and never shows the secret of a target', async () => {
    const page = await (await fetch(`${url}/metrics`)).text();
    expect(page).toMatch(/parapet_actuations_total\{[^}]*outcome="done"[^}]*\} 1/);
    expect(page).toMatch(/parapet_verifications_total\{[^}]*outcome="verified"[^}]*\} 1/);
    expect(page).toMatch(/parapet_target_request_seconds_count\{[^}]*target="shop"[^}]*\} [1-9]/);
    expect(output + page).not.toContain(DEPLOYMENT_SECRET.slice(6));
  });

  it('ends in order when it is told to', async () => {
    service.kill('SIGTERM');
    await once(service, 'exit');
    expect(service.exitCode).toBe(0);
  });
});
