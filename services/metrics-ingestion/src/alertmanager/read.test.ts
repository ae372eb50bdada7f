import { describe, expect, it } from '@jest/globals';
import { handIn, NOW_MS, plain } from '../../test/outside.js';
import { alertmanagerDoor } from './door.js';
import { unescapeReceiver } from '../alerts/message.js';

const ALERT = {
  status: 'firing',
  labels: { alertname: 'OdooHttpErrorRatioHigh', environment: 'production' },
  annotations: { summary: '5xx ratio above 2 %', value: '0.047' },
  startsAt: '2026-11-23T09:14:00Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'https://prometheus.example.test/graph',
  fingerprint: 'd783b4c1d22ee09f',
};
const MESSAGE = {
  version: '4',
  groupKey: '{}:{environment="production"}',
  truncatedAlerts: 0,
  status: 'firing',
  receiver: 'release-guardrail',
  externalURL: 'https://alertmanager.example.test',
  groupLabels: { environment: 'production' },
  commonLabels: { environment: 'production' },
  commonAnnotations: {},
  alerts: [ALERT],
};

const message = (more: object): string => JSON.stringify({ ...MESSAGE, ...more });
const alert = (more: object): string => message({ alerts: [ALERT, { ...ALERT, ...more }] });
const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`l${i}`, 'x']));
const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

describe('a message that is refused', () => {
  const rows: readonly (readonly [string, string | Uint8Array, number, string, (string | undefined)?])[] = [
    ['nothing at all', '', 400, 'not-json', undefined],
    ['a body that is cut off', message({}).slice(0, -1), 400, 'not-json', undefined],
    ['two documents', `${message({})}${message({})}`, 400, 'not-json', undefined],
    ['something after the document', `${message({})} x`, 400, 'not-json', undefined],
    ['a byte order mark', `\uFEFF${message({})}`, 400, 'not-json', undefined],
    [
      'bytes that are no UTF-8',
      Buffer.concat([Buffer.from('{"version":"'), Buffer.from([0xff]), Buffer.from('"}')]),
      400,
      'not-json',
      undefined,
    ],
    ['an overlong encoding', Buffer.from([0x22, 0xc0, 0x80, 0x22]), 400, 'not-json', undefined],
    ['UTF-16', Buffer.from(message({}), 'utf16le'), 400, 'not-json', undefined],
    ['a bare NaN', message({}).replace('"truncatedAlerts":0', '"truncatedAlerts":NaN'), 400, 'not-json', undefined],
    ['a form', 'payload=%7B%7D', 400, 'not-json', undefined],
    ['65 levels', message({ later: 0 }).replace('"later":0', `"later":${nested(64)}`), 422, 'invalid', ''],
    ['a hundred thousand levels', nested(100_000), 422, 'invalid', ''],
    ['a list', '[]', 422, 'invalid', ''],
    ['null', 'null', 422, 'invalid', ''],
    ['a text', '"firing"', 422, 'invalid', ''],
    ['no version', message({ version: undefined }), 422, 'invalid', '/version'],
    ['a version as a number', message({ version: 4 }), 422, 'invalid', '/version'],
    ['another version', message({ version: '5' }), 422, 'invalid', '/version'],
    ['no groupKey', message({ groupKey: undefined }), 422, 'invalid', '/groupKey'],
    ['a groupKey that is no text', message({ groupKey: {} }), 422, 'invalid', '/groupKey'],
    ['a groupKey without end', message({ groupKey: 'k'.repeat(8_193) }), 422, 'invalid', '/groupKey'],
    ['truncatedAlerts below zero', message({ truncatedAlerts: -1 }), 422, 'invalid', '/truncatedAlerts'],
    ['half a truncated alert', message({ truncatedAlerts: 0.5 }), 422, 'invalid', '/truncatedAlerts'],
    ['truncatedAlerts as text', message({ truncatedAlerts: '0' }), 422, 'invalid', '/truncatedAlerts'],
    ['truncatedAlerts beyond a double', message({ truncatedAlerts: 2 ** 53 }), 422, 'invalid', '/truncatedAlerts'],
    ['no status', message({ status: undefined }), 422, 'invalid', '/status'],
    ['a status that is no text', message({ status: true }), 422, 'invalid', '/status'],
    ['no receiver', message({ receiver: undefined }), 422, 'invalid', '/receiver'],
    ['an externalURL that is no text', message({ externalURL: 7 }), 422, 'invalid', '/externalURL'],
    ['groupLabels as a list', message({ groupLabels: [] }), 422, 'invalid', '/groupLabels'],
    ['a common label that is no text', message({ commonLabels: { a: 1 } }), 422, 'invalid', '/commonLabels/a'],
    [
      'a common annotation that is no text',
      message({ commonAnnotations: { a: null } }),
      422,
      'invalid',
      '/commonAnnotations/a',
    ],
    ['no alerts', message({ alerts: undefined }), 422, 'invalid', '/alerts'],
    ['alerts that are null', message({ alerts: null }), 422, 'invalid', '/alerts'],
    ['alerts as an object', message({ alerts: { 0: ALERT } }), 422, 'invalid', '/alerts'],
    ['10 001 alerts', message({ alerts: Array(10_001).fill({}) }), 413, 'too-large', '/alerts'],
    ['an alert that is no object', message({ alerts: [ALERT, 'firing'] }), 422, 'invalid', '/alerts/1'],
    ['no status of an alert', alert({ status: undefined }), 422, 'invalid', '/alerts/1/status'],
    ['a status that nobody knows', alert({ status: 'suppressed' }), 422, 'invalid', '/alerts/1/status'],
    ['a status in capitals', alert({ status: 'Firing' }), 422, 'invalid', '/alerts/1/status'],
    ['no labels', alert({ labels: undefined }), 422, 'invalid', '/alerts/1/labels'],
    ['labels as a list', alert({ labels: ['a'] }), 422, 'invalid', '/alerts/1/labels'],
    ['a label that is a number', alert({ labels: { 'a/b~c': 1 } }), 422, 'invalid', '/alerts/1/labels/a~1b~0c'],
    ['a label that is null', alert({ labels: { a: null } }), 422, 'invalid', '/alerts/1/labels/a'],
    ['129 labels', alert({ labels: many(129) }), 422, 'invalid', '/alerts/1/labels'],
    [
      'a name of 257 bytes',
      alert({ labels: { [`${'é'.repeat(128)}x`]: 'x' } }),
      422,
      'invalid',
      `/alerts/1/labels/${'é'.repeat(128)}x`,
    ],
    [
      'a value of 4 KiB and a byte',
      alert({ labels: { a: `${'é'.repeat(2_048)}x` } }),
      422,
      'invalid',
      '/alerts/1/labels/a',
    ],
    [
      'labels that fit no message together',
      alert({ labels: Object.fromEntries(Array.from({ length: 41 }, (_, i) => [`l${i}`, 'x'.repeat(4_096)])) }),
      422,
      'invalid',
      '/alerts/1/labels',
    ],
    [
      'an annotation that is a number',
      alert({ annotations: { value: 0.047 } }),
      422,
      'invalid',
      '/alerts/1/annotations/value',
    ],
    ['annotations as a text', alert({ annotations: 'high' }), 422, 'invalid', '/alerts/1/annotations'],
    ['a time that is a number', alert({ startsAt: 1_763_888_400 }), 422, 'invalid', '/alerts/1/startsAt'],
    ['a time without offset', alert({ startsAt: '2026-11-23T09:14:00' }), 422, 'invalid', '/alerts/1/startsAt'],
    ['a day that does not exist', alert({ startsAt: '2026-02-30T09:14:00Z' }), 422, 'invalid', '/alerts/1/startsAt'],
    ['ten decimals', alert({ startsAt: '2026-11-23T09:14:00.0123456789Z' }), 422, 'invalid', '/alerts/1/startsAt'],
    ['a time before year 1', alert({ startsAt: '0000-12-31T23:59:59Z' }), 422, 'invalid', '/alerts/1/startsAt'],
    ['a time beyond year 9999', alert({ startsAt: '9999-12-31T23:59:59-01:00' }), 422, 'invalid', '/alerts/1/startsAt'],
    ['an end that is no time', alert({ endsAt: 'soon' }), 422, 'invalid', '/alerts/1/endsAt'],
    ['a link that is no text', alert({ generatorURL: {} }), 422, 'invalid', '/alerts/1/generatorURL'],
    ['a link without end', alert({ generatorURL: 'x'.repeat(16_385) }), 422, 'invalid', '/alerts/1/generatorURL'],
    ['a fingerprint that is a number', alert({ fingerprint: 1 }), 422, 'invalid', '/alerts/1/fingerprint'],
    ['a fingerprint without end', alert({ fingerprint: 'f'.repeat(129) }), 422, 'invalid', '/alerts/1/fingerprint'],
  ];
  it.each(rows)('%s', (_, body, status, code, field) => {
    const { refusal } = handIn(alertmanagerDoor, body);
    expect({ status: refusal?.status, code: refusal?.code, field: refusal?.field }).toEqual({ status, code, field });
    expect(refusal?.detail).toMatch(/\S.*\S/);
  });

  it('says what it found and what is allowed', () => {
    const { refusal } = handIn(alertmanagerDoor, alert({ status: 'suppressed' }));
    expect(refusal?.detail).toBe('/alerts/1/status must be "firing" or "resolved"; found "suppressed"');
  });
});

describe('a message that is taken', () => {
  const statement = (body: string) => handIn(alertmanagerDoor, body).taken?.batches[0]?.alerts?.statements.at(-1);

  it.each([
    ['Grafana’s version', message({ version: '1' })],
    ['no alerts at all', message({ alerts: [] })],
    [
      'nothing that is optional',
      JSON.stringify({
        version: '4',
        groupKey: '',
        status: '',
        receiver: '',
        alerts: [{ status: 'firing', labels: {} }],
      }),
    ],
    [
      'optional fields that are null',
      message({
        truncatedAlerts: null,
        externalURL: null,
        groupLabels: null,
        alerts: [{ ...ALERT, annotations: null, startsAt: null, fingerprint: null }],
      }),
    ],
    ['fields nobody knows', alert({ routeLabels: { a: [] }, values: { A: 1 } })],
    ['10 000 alerts', message({ alerts: Array(10_000).fill({ status: 'firing', labels: {} }) })],
    ['64 levels', message({ later: 0 }).replace('"later":0', `"later":${nested(63)}`)],
    ['brackets inside texts', alert({ annotations: { summary: `${'['.repeat(100)}\\"${'{'.repeat(100)}` } })],
    [
      '128 labels of 256 bytes names',
      alert({ labels: Object.fromEntries(Array.from({ length: 128 }, (_, i) => [`${i}`.padEnd(256, 'n'), 'x'])) }),
    ],
    ['white space around', ` \n${message({})}\r\n\t`],
  ])('%s', (_, body) => {
    expect(handIn(alertmanagerDoor, body).refusal).toBeNull();
  });

  it.each([
    ['an absent time', undefined, null],
    ['an empty time', '', null],
    ['year 1', '0001-01-01T00:00:00Z', null],
    ['any offset', '2026-11-23T14:44:00.5+05:30', Date.parse('2026-11-23T09:14:00.5Z')],
    ['nine decimals', '2026-11-23T09:14:00.123456789Z', Date.parse('2026-11-23T09:14:00.123Z')],
    ['the epoch', '1970-01-01T00:00:00Z', 0],
    ['the future', '2099-01-01T00:00:00Z', Date.parse('2099-01-01T00:00:00Z')],
  ])('keeps %s', (_, startsAt, startsAtMs) => {
    expect(statement(alert({ startsAt, fingerprint: '' }))?.startsAtMs).toBe(startsAtMs);
  });

  it('computes a fingerprint that is absent, and only then', () => {
    expect(statement(alert({ fingerprint: undefined }))?.fingerprint).toBe(
      statement(alert({ fingerprint: '' }))?.fingerprint,
    );
    expect(statement(alert({ fingerprint: undefined }))?.fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(statement(alert({ fingerprint: '0123456789abcdef' }))?.fingerprint).toBe('0123456789abcdef');
  });

  it('of a member that stands there twice, the last counts', () => {
    const twice = message({}).replace('"truncatedAlerts":0', '"truncatedAlerts":0,"truncatedAlerts":7');
    expect(handIn(alertmanagerDoor, twice).taken?.batches[0]?.alerts?.truncatedAlerts).toBe(7);
  });

  it('takes a label named __proto__ or constructor for a label', () => {
    const odd = alert({ fingerprint: '' }).replaceAll(
      '"alertname":',
      '"__proto__":"p","constructor":"c","toString":"t","alertname":',
    );
    const labels = statement(odd)?.labels as Record<string, string>;
    expect(Object.getPrototypeOf(labels)).toBeNull();
    expect(Object.entries(labels).sort()).toEqual([
      ['__proto__', 'p'],
      ['alertname', 'OdooHttpErrorRatioHigh'],
      ['constructor', 'c'],
      ['environment', 'production'],
      ['toString', 't'],
    ]);
    expect(({} as Record<string, unknown>)['p']).toBeUndefined();
  });

  it('replaces what no store can keep, and marks only the record that held it', () => {
    const body = message({
      alerts: [
        { ...ALERT, fingerprint: '1' },
        { ...ALERT, fingerprint: '2', annotations: { summary: 'a\u0000b\ud800c\u{1f6d2}' } },
        { ...ALERT, fingerprint: '3', labels: { 'a\u0000': 'x' } },
      ],
    });
    const statements = handIn(alertmanagerDoor, body).taken?.batches[0]?.alerts?.statements ?? [];
    expect(statements.map((one) => one.isAltered)).toEqual([undefined, true, true]);
    expect(statements[1]?.annotations['summary']).toBe('a\uFFFDb\uFFFDc\u{1f6d2}');
    expect(plain(statements[2]?.labels)).toEqual({ 'a\uFFFD': 'x' });
  });

  it('cuts an annotation beyond 64 KiB, between characters, and marks the record', () => {
    const cut = statement(alert({ annotations: { summary: 'é'.repeat(40_000), value: '1' }, fingerprint: '' }));
    expect(cut?.isAltered).toBe(true);
    expect(cut?.annotations['value']).toBe('1');
    expect(cut?.annotations['summary']).toMatch(/^é+… \[cut\]$/);
    expect(Buffer.byteLength(cut?.annotations['summary'] ?? '')).toBeLessThanOrEqual(64 * 1024);
    const whole = statement(alert({ annotations: { summary: 'x'.repeat(65_536) }, fingerprint: '' }));
    expect([whole?.annotations['summary']?.length, whole?.isAltered]).toEqual([65_536, undefined]);
  });

  it('keeps the short ones of more annotations than one alert may carry', () => {
    const annotations = {
      value: '1',
      limit: '2',
      ...Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`a${i}`, 'x'.repeat(60_000)])),
    };
    const kept = statement(alert({ annotations, fingerprint: '' }));
    expect(kept).toMatchObject({ isAltered: true, annotations: { value: '1', limit: '2' } });
    expect(Buffer.byteLength(JSON.stringify(kept))).toBeLessThan(400 * 1024);
  });

  it('undoes the escape of a receiver’s name', () => {
    expect(unescapeReceiver('guardrail\\.prod\\+eu')).toBe('guardrail.prod+eu');
    expect(unescapeReceiver('a\\\\b\\(c\\)\\[\\]\\{\\}\\^\\$\\|\\?\\*')).toBe('a\\b(c)[]{}^$|?*');
    expect(unescapeReceiver('plain-name_1\\d')).toBe('plain-name_1\\d');
  });

  it('does not look at the clock: only samples may lie ahead of it', () => {
    expect(
      statement(alert({ startsAt: new Date(NOW_MS + 3_600_000).toISOString(), fingerprint: '' }))?.startsAtMs,
    ).toBe(NOW_MS + 3_600_000);
  });
});
