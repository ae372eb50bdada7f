import 'reflect-metadata';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type AlertsState, type EpisodeChange, hear, NO_ALERTS } from '@parapet/signals';
import { freePort, startAlertmanager, type TestServer } from '@parapet/testkit';
import { snippetsOf } from '../test/snippets.js';
import { eventually, type StoredBatch, tokens, World } from '../test/world.js';

jest.setTimeout(30_000);

const SOURCE = 'shop-alertmanager';
const LABELS = { alertname: 'OrdersFail', guardrail: 'orders', environment: 'production', service: 'odoo-web' };

let world: World;
let folder: string;
let replicas: TestServer[];

beforeAll(async () => {
  world = await World.start();
  folder = mkdtempSync(join(tmpdir(), 'parapet-replicas-'));
  writeFileSync(join(folder, 'token'), `${tokens.alertmanager}\n`);
  const configYaml = (snippetsOf('alertmanager.md', 'yaml')[0] as string)
    .replaceAll('https://parapet.acme.example', world.service.url)
    .replaceAll('/etc/alertmanager/parapet.token', join(folder, 'token'))
    .replace('group_wait: 5s', 'group_wait: 1s')
    .replaceAll('group_interval: 15s', 'group_interval: 1s');
  const ports = [await freePort(), await freePort()];
  replicas = await Promise.all(
    ports.map((port) =>
      startAlertmanager({ configYaml, cluster: { port, peers: ports.filter((one) => one !== port) } }),
    ),
  );
  await Promise.all(replicas.map((replica) => eventually(async () => (await peersOf(replica)) === 2)));
}, 60_000);

afterAll(async () => {
  await Promise.all((replicas ?? []).map((replica) => replica.stop()));
  await world?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 30_000);

async function peersOf({ url }: TestServer): Promise<number> {
  const status = (await (await fetch(new URL('/api/v2/status', url))).json()) as {
    cluster: { status: string; peers: unknown[] };
  };
  return status.cluster.status === 'ready' ? status.cluster.peers.length : 0;
}

/** Tells all replicas that are there of an alert, as a Prometheus does. */
async function tell(more: object): Promise<void> {
  const body = JSON.stringify([{ labels: LABELS, annotations: { summary: 'Orders fail' }, ...more }]);
  const headers = { 'content-type': 'application/json' };
  for (const { url } of replicas)
    expect((await fetch(new URL('/api/v2/alerts', url), { method: 'POST', headers, body })).status).toBe(200);
}

/** The messages in which the alert stands so. */
async function said(status: 'firing' | 'resolved'): Promise<readonly StoredBatch[]> {
  return (await world.stored()).filter(
    ({ batch }) =>
      batch.source === SOURCE && batch.alerts?.statements.some((statement) => statement.status === status) === true,
  );
}

describe('two Alertmanagers of one cluster, as the page configures them', () => {
  it('tell of one alert: one of them that it fires, and after that one’s end the other that it is over', async () => {
    await tell({});
    const [firing] = await eventually(async () => {
      const all = await said('firing');
      return all.length > 0 && all;
    }, 20_000);
    const sender = firing?.batch.alerts?.externalUrl ?? '';
    const gone = replicas.find(({ url }) => sender.endsWith(`:${new URL(url).port}`)) as TestServer;
    expect(gone).toBeDefined();
    replicas = replicas.filter((one) => one !== gone);
    await gone.stop();
    await tell({ endsAt: new Date().toISOString() });
    const [resolved] = await eventually(async () => {
      const all = await said('resolved');
      return all.length > 0 && all;
    }, 20_000);
    expect(resolved?.batch.alerts?.externalUrl).not.toBe(sender);
    expect(resolved?.batch.alerts?.groupKey).toBe(firing?.batch.alerts?.groupKey);
  });

  it('and that is one episode, without a doubt in between', async () => {
    const found = world.watcher().source(SOURCE)?.source;
    if (found === undefined) throw new Error(`no source ${SOURCE}`);
    // The heartbeat is another story: with it an end waits for the next two.
    const source = { ...found, heartbeat: null };
    const changes: EpisodeChange[] = [];
    let state: AlertsState = NO_ALERTS;
    for (const { batch, receivedAtMs } of await world.stored()) {
      if (batch.source !== SOURCE || batch.environment !== 'production' || batch.alerts === null) continue;
      const { receipt, part, parts } = batch;
      const step = hear(state, [source], source, { receipt, part, parts, batch: batch.alerts, receivedAtMs }, []);
      changes.push(...step.changes);
      state = step.state;
    }
    expect(changes.map(({ number, from, to }) => [number, from, to])).toEqual([
      [1, null, 'firing'],
      [1, 'firing', 'resolved'],
    ]);
  });
});
