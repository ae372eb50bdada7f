import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { handIn, NOW_MS, plain, senderOf } from '../../test/outside.js';
import { fingerprintOf } from '../alerts/fingerprint.js';
import { prometheusDoor } from './door.js';
import { senderOf as pushedBy } from './read.js';

const FIXTURES = new URL('../../../../test/fixtures/prometheus-push/', import.meta.url);
const ALERT = {
  labels: { alertname: 'OrdersFail', environment: 'production' },
  annotations: { summary: 'orders fail' },
  startsAt: '2026-11-23T09:14:00Z',
  endsAt: '2026-11-23T09:18:00Z',
  generatorURL: 'https://prometheus.example.test/graph?g0.expr=x',
};
const push = (...alerts: readonly object[]): string => JSON.stringify(alerts);
const alert = (more: object): string => push(ALERT, { ...ALERT, ...more });
const ago = (seconds: number) => new Date(NOW_MS - seconds * 1_000).toISOString();

describe('a push that is refused', () => {
  it.each([
    ['nothing at all', '', 400, 'not-json', undefined],
    ['a push that is cut off', push(ALERT).slice(0, -1), 400, 'not-json', undefined],
    ['a webhook of Alertmanager', JSON.stringify({ version: '4', alerts: [] }), 422, 'invalid', ''],
    ['10 001 alerts', JSON.stringify(Array(10_001).fill({})), 413, 'too-large', ''],
    ['an alert that is no object', '["firing"]', 422, 'invalid', '/0'],
    ['no labels', alert({ labels: undefined }), 422, 'invalid', '/1/labels'],
    ['a label that is a number', alert({ labels: { a: 1 } }), 422, 'invalid', '/1/labels/a'],
    ['annotations as a list', alert({ annotations: [] }), 422, 'invalid', '/1/annotations'],
    ['a start that is no time', alert({ startsAt: 'soon' }), 422, 'invalid', '/1/startsAt'],
    ['an end without offset', alert({ endsAt: '2026-11-23T09:14:00' }), 422, 'invalid', '/1/endsAt'],
    ['a link that is no text', alert({ generatorURL: 1 }), 422, 'invalid', '/1/generatorURL'],
  ] as const)('%s', (_, body, status, code, field) => {
    const { refusal } = handIn(prometheusDoor, body);
    expect({ status: refusal?.status, code: refusal?.code, field: refusal?.field }).toEqual({ status, code, field });
  });
});

describe('what is taken of a push', () => {
  const batches = (body: string) => handIn(prometheusDoor, body, senderOf('prometheus')).taken?.batches ?? [];
  const statement = (more: object) => batches(push({ ...ALERT, ...more }))[0]?.alerts?.statements[0];

  it('one batch for each environment, ungrouped, with its sender', () => {
    expect(plain(batches(push(ALERT)))).toEqual([
      {
        receipt: expect.any(String),
        part: 1,
        parts: 1,
        tenant: 'acme-retail',
        environment: 'production',
        source: 'shop',
        samples: [],
        alerts: {
          groupKey: '',
          receiver: '',
          externalUrl: 'https://prometheus.example.test',
          truncatedAlerts: 0,
          digest: 'ab12',
          isUngrouped: true,
          statements: [
            {
              status: 'firing',
              fingerprint: fingerprintOf(ALERT.labels),
              labels: ALERT.labels,
              annotations: ALERT.annotations,
              startsAtMs: Date.parse(ALERT.startsAt),
              endsAtMs: Date.parse(ALERT.endsAt),
              generatorUrl: ALERT.generatorURL,
              isContradicted: false,
              isLease: true,
            },
          ],
        },
      },
      expect.objectContaining({
        environment: 'staging',
        alerts: expect.objectContaining({ statements: [], isUngrouped: true }),
      }),
    ]);
  });

  it('no alert at all still says that the sender is alive', () => {
    expect(batches('[]').map(({ environment, alerts }) => [environment, alerts?.statements])).toEqual([
      ['production', []],
      ['staging', []],
    ]);
  });

  it.each([
    ['no end: firing', undefined, 'firing'],
    ['year 1: firing', '0001-01-01T00:00:00Z', 'firing'],
    ['an end ahead: firing', ago(-240), 'firing'],
    ['an end that passed on its way: firing still', ago(4.999), 'firing'],
    ['an end 5 s ago: resolved', ago(5), 'resolved'],
    ['an end long ago: resolved', ago(900), 'resolved'],
  ] as const)('%s', (_, endsAt, status) => {
    expect(statement({ endsAt })).toMatchObject({ status, isLease: true });
  });

  it('an empty label is no label, here as at Alertmanager', () => {
    const found = statement({ labels: { ...ALERT.labels, team: '' } });
    expect(found).toMatchObject({ fingerprint: fingerprintOf(ALERT.labels) });
    expect(plain(found?.labels)).toEqual(ALERT.labels);
  });

  it('the same alert twice, once; fires and has ended, firing counts and is marked', () => {
    const twice = batches(push(ALERT, ALERT))[0]?.alerts?.statements;
    expect(twice).toHaveLength(1);
    const both = batches(push({ ...ALERT, endsAt: ago(60) }, ALERT))[0]?.alerts?.statements;
    expect(both).toEqual([expect.objectContaining({ status: 'firing', isContradicted: true })]);
  });

  it.each([
    ['a link to its graph', 'https://prometheus.example/graph?g0.expr=up', 'https://prometheus.example'],
    ['below a path', 'http://10.0.0.1:9090/prom/graph?g0.expr=up', 'http://10.0.0.1:9090/prom'],
    ['a path that only begins so', 'https://x.example/graphs?a=/graph?', ''],
    ['somebody else’s link', 'https://x.example/alerting/grafana/a/view', ''],
    ['no web address', 'javascript:alert(1)/graph?', ''],
    ['none', null, ''],
  ])('who pushed it, by %s', (_, link, expected) => {
    expect(pushedBy(link)).toBe(expected);
  });

  it.each(['push-firing-first', 'push-firing-resent', 'push-resolved', 'push-resolved-resent'])(
    '%s, as a running Prometheus sent it',
    (file) => {
      const body = readFileSync(new URL(`${file}.json`, FIXTURES), 'utf8');
      const [said] = JSON.parse(body);
      const [first] = batches(body);
      expect(first?.alerts?.externalUrl).toBe('https://prometheus.example.test');
      expect(plain(first?.alerts?.statements)).toEqual([
        {
          // The recording is older than the test's clock.
          status: 'resolved',
          fingerprint: fingerprintOf(said.labels),
          labels: said.labels,
          annotations: said.annotations,
          startsAtMs: Date.parse(said.startsAt),
          endsAtMs: Date.parse(said.endsAt),
          generatorUrl: said.generatorURL,
          isContradicted: false,
          isLease: true,
        },
      ]);
    },
  );
});
