import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type AlertStatement, isHeartbeat } from '@parapet/signals';
import { ARRIVAL, senderOf } from '../../test/outside.js';
import { batchesOf, statementsOf } from './batches.js';

const FIRING: AlertStatement = {
  status: 'firing',
  fingerprint: '1',
  labels: {},
  annotations: {},
  startsAtMs: 1,
  endsAtMs: null,
  generatorUrl: null,
  isContradicted: false,
};
const statement = (
  fingerprint: string,
  labels: Record<string, string>,
  more: Partial<AlertStatement> = {},
): AlertStatement => ({
  ...FIRING,
  fingerprint,
  labels,
  ...more,
});
const MESSAGE = { groupKey: 'g', receiver: 'r', externalUrl: 'u', truncatedAlerts: 2 };

describe('where an alert goes', () => {
  const { source } = senderOf('alertmanager');
  const placed = (alerts: readonly AlertStatement[], more = {}) =>
    Object.fromEntries(
      batchesOf({ ...MESSAGE, alerts }, senderOf('alertmanager', more), ARRIVAL).map((batch) => [
        batch.environment,
        batch.alerts?.statements.map((one) => one.fingerprint),
      ]),
    );

  it.each([
    [
      'to the environment of its label',
      [statement('a', { environment: 'staging' })],
      { production: [], staging: ['a'] },
    ],
    ['to the first one without the label', [statement('a', {})], { production: ['a'], staging: [] }],
    [
      'to the first one where the label is not declared',
      [statement('a', { environment: 'qa' })],
      { production: ['a'], staging: [] },
    ],
    [
      'to each its own',
      [statement('a', { environment: 'staging' }), statement('b', { environment: 'production' })],
      { production: ['b'], staging: ['a'] },
    ],
    ['the heartbeat to all', [statement('w', { alertname: 'Watchdog' })], { production: ['w'], staging: ['w'] }],
    [
      'the heartbeat to all, whatever its label says',
      [statement('w', { alertname: 'Watchdog', environment: 'staging' })],
      { production: ['w'], staging: ['w'] },
    ],
    ['nowhere, and every environment hears of it', [], { production: [], staging: [] }],
  ] as const)('%s', (_, alerts, expected) => {
    expect(placed(alerts)).toEqual(expected);
  });

  it('without a declared heartbeat a watchdog is an alert like any other', () => {
    expect(placed([statement('w', { alertname: 'Watchdog' })], { heartbeat: null })).toEqual({
      production: ['w'],
      staging: [],
    });
  });

  it('every batch carries the group, the receipt and the digest', () => {
    for (const batch of batchesOf({ ...MESSAGE, alerts: [] }, senderOf('alertmanager'), ARRIVAL)) {
      expect(batch).toMatchObject({ receipt: ARRIVAL.receipt, tenant: 'acme-retail', source: 'shop', samples: [] });
      expect(batch.alerts).toMatchObject({ ...MESSAGE, digest: ARRIVAL.digest });
    }
  });

  it('loses no alert and doubles none but the heartbeat', () => {
    const label = fc.constantFrom('production', 'staging', 'qa', '');
    const alerts = fc.array(fc.tuple(fc.nat(20), label, fc.boolean()), { maxLength: 30 });
    fc.assert(
      fc.property(alerts, (drawn) => {
        const said = drawn.map(([n, environment, isWatchdog]) =>
          statement(String(n), { environment, alertname: isWatchdog ? 'Watchdog' : 'x' }),
        );
        const once = statementsOf(said);
        const stored = batchesOf({ ...MESSAGE, alerts: said }, senderOf('alertmanager'), ARRIVAL).flatMap(
          (b) => b.alerts?.statements ?? [],
        );
        for (const one of once) {
          const times = stored.filter((found) => found.fingerprint === one.fingerprint).length;
          expect(times).toBe(isHeartbeat(source.heartbeat, one.labels) ? source.environments.length : 1);
        }
      }),
    );
  });
});

describe('the same alert twice in one message', () => {
  const firing = statement('a', {}, { startsAtMs: 5 });
  const resolved = statement('a', {}, { status: 'resolved', endsAtMs: 9 });
  it.each([
    ['once if equal', [firing, { ...firing }], [firing]],
    ['firing counts where it stands first', [firing, resolved], [{ ...firing, isContradicted: true }]],
    ['firing counts where it stands last', [resolved, firing], [{ ...firing, isContradicted: true }]],
    ['and stays marked', [resolved, firing, resolved, firing], [{ ...firing, isContradicted: true }]],
    ['the first of two that only differ in words', [firing, { ...firing, startsAtMs: 6 }], [firing]],
  ])('%s', (_, said, expected) => {
    expect(statementsOf(said)).toEqual(expected);
  });
});
