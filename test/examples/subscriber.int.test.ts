import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type CloudEvent, cloudEvent, encodeEvent, type PublicRow, publicSubject } from '@parapet/contracts';
import { connectJetStream, ensureStreams, type JetStreamConnection } from '@parapet/jetstream';
import { startNats, type TestNats } from '@parapet/testkit';
import { subscribe } from '../../examples/subscribers/subscriber.js';

let nats: TestNats;
let house: JetStreamConnection;
let folder: string;
let count = 0;
let tenant: string;
let release: string;
let ledger: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parapet-subscriber-'));
  nats = await startNats();
  house = await connectJetStream({ url: nats.url, name: 'house' });
  await ensureStreams(house);
}, 60_000);
afterAll(async () => {
  await house?.close();
  await nats?.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  count++;
  tenant = `tenant-${count}`;
  release = `rel_01JD8Z5WQ0000000000000000${count}`;
  ledger = join(folder, `${tenant}.jsonl`);
});

function row(version: number, of = release): PublicRow {
  const data = { outcome: 'propose', rule: `rule-${version}`, criticality: 'high', reversibility: 'no' };
  const id = `evt_${of.slice(-4)}${String(version).padStart(22, '0')}`;
  const occurredAt = '2026-11-23T09:18:04.120Z';
  return {
    tenant,
    seq: version,
    id,
    stream: of,
    version,
    environment: 'production',
    workload: 'odoo-retail',
    type: 'decision.made',
    data,
    occurredAt,
    trace: null,
    hash: 'ab'.repeat(32),
  };
}

/** As the relay does it; `again` as a republish long after the duplicate window. */
async function publish(event: PublicRow, again = ''): Promise<void> {
  await eventually(() => house.isConnected);
  await house
    .publisher()
    .publish(publicSubject(event), encodeEvent(cloudEvent(event)), { messageId: `${event.id}${again}` });
}

function options(log: (line: string) => void = () => {}) {
  return { servers: nats.url, tenant, name: `subscriber-${tenant}`, ledger, log };
}

function handled(): string[] {
  const lines = readFileSync(ledger, { encoding: 'utf8', flag: 'a+' }).split('\n');
  return lines
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as CloudEvent)
    .map((event) => `${event.subject.slice(-1)}:${Number(event.sequence)}`);
}

async function eventually(isSo: () => boolean): Promise<void> {
  const endsAtMs = Date.now() + 15_000;
  while (!isSo() && Date.now() < endsAtMs) await setTimeout(20);
}

async function until(expected: number): Promise<string[]> {
  await eventually(() => handled().length >= expected);
  return handled();
}

describe('the durable subscriber', () => {
  it('handles every event once and in order, those of before it was there included', async () => {
    const other = `rel_01JD8Z5WQ0000000000000000A`;
    for (const event of [row(1), row(2), row(1, other)]) await publish(event);
    const running = await subscribe(options());
    for (const event of [row(3), row(2, other), row(4)]) await publish(event);
    expect(await until(6)).toEqual(['1:1', '1:2', 'A:1', '1:3', 'A:2', '1:4']);
    await running.stop();
  });

  it('goes on where it ended, and through a restart of the server', async () => {
    await publish(row(1));
    const first = await subscribe(options());
    await until(1);
    await first.stop();
    await publish(row(2));
    const second = await subscribe(options());
    await until(2);
    await nats.restart();
    await publish(row(3));
    expect(await until(3)).toEqual(['2:1', '2:2', '2:3']);
    await second.stop();
  });

  it('takes a repeat for a repeat', async () => {
    const running = await subscribe(options());
    for (const [event, again] of [
      [row(1), ''],
      [row(2), ''],
      [row(1), '-again'],
      [row(2), '-again'],
      [row(3), ''],
    ] as const)
      await publish(event, again);
    expect(await until(3)).toEqual(['3:1', '3:2', '3:3']);
    await running.stop();
  });

  it('takes up after a crash in the middle of a line, and handles that event again', async () => {
    appendFileSync(
      ledger,
      `{"subject":"${release}","sequence":"000000000001","id":"a"}\n{"subject":"${release}","sequ`,
    );
    const running = await subscribe(options());
    for (const version of [1, 2, 3]) await publish(row(version));
    expect(await until(3)).toEqual(['4:1', '4:2', '4:3']);
    await running.stop();
  });

  it('fills a gap from the API, in order', async () => {
    const asked: unknown[] = [];
    const readEvents = async (of: string, after: number) => {
      asked.push([of, after]);
      return [2, 3, 4, 5].map((version) => cloudEvent(row(version)));
    };
    const lines: string[] = [];
    const running = await subscribe({ ...options((line) => lines.push(line)), readEvents });
    for (const version of [1, 4]) await publish(row(version));
    expect(await until(4)).toEqual(['5:1', '5:2', '5:3', '5:4']);
    expect(asked).toEqual([[release, 1]]);
    expect(lines).toEqual([`${release}: events 2 to 3 did not come`]);
    await running.stop();
  });
});
