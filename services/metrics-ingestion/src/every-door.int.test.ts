import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { STREAMS } from '@parapet/contracts';
import { hashToken, makeToken } from '@parapet/policy';
import { SEEDS } from '../test/fuzz/seeds.js';
import { World } from '../test/world.js';
import { DOORS } from './app.module.js';
import type { DoorName } from './door/kind.js';

/** What every door has, on the broker's own rights: a dead letter without any secret, and a word to those who come too often. */

const SIGNALS = `signals: [{ name: shop.carts.open, unit: carts, badDirection: low, form: gauge, from: { metric: carts_open } }]`;
const NEEDS: Readonly<Record<DoorName, string>> = {
  alertmanager: '',
  prometheus: '',
  grafana: '',
  samples: SIGNALS.replace(', from: { metric: carts_open }', ''),
  'remote-write': SIGNALS,
  otlp: SIGNALS,
};
const tokens = Object.fromEntries(DOORS.map(({ name }) => [name, makeToken()])) as Record<DoorName, string>;

const sources = DOORS.map(
  ({ name }) => `
---
apiVersion: parapet.dev/v1
kind: SignalSource
metadata: { tenant: acme-retail, name: one-${name} }
spec:
  kind: ${name}
  environments: [production]
  credentials: [{ sha256: "${hashToken(tokens[name])}" }]
  requests: { perSecond: 0.01, burst: 2 }
  ${NEEDS[name]}
`,
).join('');

let world: World;

beforeAll(async () => {
  world = await World.start(sources);
}, 60_000);

afterAll(async () => {
  await world?.stop();
});

/** Everything that a dead letter of a door holds, as the stream keeps it. */
async function lettersOf(name: DoorName): Promise<readonly string[]> {
  const letters: string[] = [];
  const { state } = await world.admin.manager.streams.info(STREAMS.deadLetters);
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const message = await world.admin.manager.streams.getMessage(STREAMS.deadLetters, { seq });
    if (message?.subject !== `parapet.dead.${name}`) continue;
    const headers = [...message.header].map(([header, values]) => `${header}: ${String(values)}`);
    letters.push([...headers, Buffer.from(message.data).toString('latin1')].join('\n'));
  }
  return letters;
}

describe.each(DOORS.map((door) => [door.name, door] as const))('the door of %s', (name, door) => {
  const [seed] = SEEDS[name];
  const secret = () => tokens[name];
  const hand = (body: string, query: string) =>
    fetch(`${world.service.url}/v1/ingest/${name}/one-${name}${door.suffix ?? ''}${query}`, {
      method: 'POST',
      body,
      headers: { 'content-type': seed?.contentType ?? '', authorization: `Bearer ${secret()}`, cookie: 'session=mine' },
    });

  it('keeps what it refuses, with whose it was and why, and no secret', async () => {
    const status = (await hand('\u0000 nobody’s format', `?token=${secret()}`)).status;
    expect([400, 415, 422]).toContain(status);
    const [letter, ...others] = await lettersOf(name);
    expect(others).toEqual([]);
    expect(letter).toContain(`door.acme-retail.one-${name}`);
    expect(letter).toMatch(new RegExp(`Parapet-Reason: ${status} [a-z-]+: .+`));
    expect(letter).toContain(`/v1/ingest/${name}/one-${name}`);
    for (const hidden of [secret(), hashToken(secret()), 'session=mine', '?token'])
      expect(letter).not.toContain(hidden);
  });

  it('tells who comes too often when to come again, in the way that its senders understand', async () => {
    await hand('x', '');
    const told = await hand('x', '');
    expect([told.status, Number(told.headers.get('retry-after')) > 0]).toEqual([door.beyondRate, true]);
    expect(await lettersOf(name)).toHaveLength(2);
  });
});
