import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tokens, World } from '../test/world.js';

/** Every body that a running Alertmanager was recorded with, handed in through HTTP, and what SIGNALS must hold of it. */

const FIXTURES = new URL('../../../test/fixtures/alertmanager/', import.meta.url);
const DOOR = '/v1/ingest/alertmanager/shop-alertmanager';

interface Recorded {
  readonly file: string;
  readonly sha256: string;
  readonly alerts: number;
  readonly truncatedAlerts: number;
}
const { files } = JSON.parse(readFileSync(new URL('manifest.json', FIXTURES), 'utf8')) as {
  files: readonly Recorded[];
};

/** Derived from the body by other means than the door's: what belongs to an environment, field by field. */
function expected(body: string, environment: 'production' | 'staging') {
  const message = JSON.parse(body);
  const time = (text: string) => (text.startsWith('0001') ? null : new Date(text).getTime());
  return message.alerts
    .filter(({ labels }: { labels: Record<string, string> }) => {
      if (labels['alertname'] === 'Watchdog') return true;
      return (labels['environment'] === 'staging' ? 'staging' : 'production') === environment;
    })
    .map((alert: Record<string, unknown>) => ({
      status: alert['status'],
      fingerprint: alert['fingerprint'],
      labels: alert['labels'],
      annotations: alert['annotations'],
      startsAtMs: time(String(alert['startsAt'])),
      endsAtMs: time(String(alert['endsAt'])),
      generatorUrl: alert['generatorURL'] === '' ? null : alert['generatorURL'],
      isContradicted: false,
    }));
}

describe('every recorded body', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  }, 60_000);
  afterAll(async () => {
    await world?.stop();
  }, 30_000);

  it.each(files.map((one) => [one.file, one] as const))(
    '%s is stored whole, for each environment, and answered 202',
    async (file, { sha256, alerts, truncatedAlerts }) => {
      const body = readFileSync(new URL(file, FIXTURES));
      const told = await world.post(DOOR, tokens.alertmanager, body);
      expect(told).toMatchObject({
        status: 202,
        body: { receipt: expect.stringMatching(/^rcp_[0-9A-Z]{26}$/), accepted: alerts },
      });

      const raw = JSON.parse(body.toString('utf8'));
      const stored = await world.stored(told.body.receipt);
      expect(stored.map(({ batch }) => plain(batch))).toEqual(
        (['production', 'staging'] as const).map((environment) => ({
          receipt: told.body.receipt,
          part: 1,
          parts: 1,
          tenant: 'acme-retail',
          environment,
          source: 'shop-alertmanager',
          samples: [],
          alerts: {
            groupKey: raw.groupKey,
            receiver: raw.receiver.replaceAll('\\', ''),
            externalUrl: raw.externalURL,
            truncatedAlerts,
            digest: sha256,
            statements: expected(body.toString('utf8'), environment),
          },
        })),
      );
    },
  );

  it('counts what was said before, and stores it again: it renews leases', async () => {
    const body = readFileSync(new URL('group-01-three-firing.json', FIXTURES), 'utf8');
    const told = await world.post(DOOR, tokens.alertmanager, body);
    expect(told.body).toMatchObject({ accepted: 3, repeated: 3 });
    expect(await world.stored(told.body.receipt)).toHaveLength(2);
    const grown = JSON.parse(body);
    grown.alerts[0].annotations.value = '0.99';
    expect((await world.post(DOOR, tokens.alertmanager, JSON.stringify(grown))).body).toMatchObject({
      accepted: 3,
      repeated: 2,
    });
  });
});

/** Maps without prototype compare as plain ones. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
