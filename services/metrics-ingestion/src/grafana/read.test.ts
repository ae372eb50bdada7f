import { describe, expect, it } from '@jest/globals';
import { handIn, plain, senderOf } from '../../test/outside.js';
import { GRAFANA_MESSAGE } from '../../test/grafana.js';
import { grafanaDoor } from './door.js';

const [ALERT] = GRAFANA_MESSAGE.alerts;
const message = (more: object): string => JSON.stringify({ ...GRAFANA_MESSAGE, ...more });
const alert = (more: object): string => message({ alerts: [{ ...ALERT, ...more }] });

describe('a message that is refused', () => {
  it.each([
    ['not JSON', 'title=x', 400, 'not-json', undefined],
    ['the format of Alertmanager', message({ version: '4' }), 422, 'invalid', '/version'],
    ['no groupKey', message({ groupKey: undefined }), 422, 'invalid', '/groupKey'],
    ['an organisation that is no number', message({ orgId: 'main' }), 422, 'invalid', '/orgId'],
    ['a status that nobody knows', alert({ status: 'Alerting' }), 422, 'invalid', '/alerts/0/status'],
    ['values as a list', alert({ values: [1] }), 422, 'invalid', '/alerts/0/values'],
    ['a value that is a text', alert({ values: { A: '1' } }), 422, 'invalid', '/alerts/0/values/A'],
    [
      'values without end',
      alert({ values: Object.fromEntries(Array.from({ length: 129 }, (_, i) => [`V${i}`, i])) }),
      422,
      'invalid',
      '/alerts/0/values',
    ],
    ['an image that is no text', alert({ imageURL: {} }), 422, 'invalid', '/alerts/0/imageURL'],
    ['a panel without end', alert({ panelURL: 'x'.repeat(16_385) }), 422, 'invalid', '/alerts/0/panelURL'],
  ] as const)('%s', (_, body, status, code, field) => {
    const { refusal } = handIn(grafanaDoor, body);
    expect({ status: refusal?.status, code: refusal?.code, field: refusal?.field }).toEqual({ status, code, field });
  });
});

describe('what is taken of a message', () => {
  const batch = (body: string) => handIn(grafanaDoor, body, senderOf('grafana')).taken?.batches[0]?.alerts;
  const annotations = (more: object) => plain(batch(alert(more))?.statements[0]?.annotations);

  it('all that Alertmanager would say, and what Grafana says besides as annotations', () => {
    expect(plain(batch(message({})))).toEqual({
      groupKey: `org 1 ${GRAFANA_MESSAGE.groupKey}`,
      receiver: 'parapet',
      externalUrl: 'https://grafana.example.test/',
      truncatedAlerts: 0,
      digest: 'ab12',
      statements: [
        {
          status: 'firing',
          fingerprint: ALERT.fingerprint,
          labels: ALERT.labels,
          annotations: {
            summary: 'fewer orders than usual',
            values: 'B=0.31, C=1',
            silenceURL: ALERT.silenceURL,
            dashboardURL: ALERT.dashboardURL,
            panelURL: ALERT.panelURL,
            imageURL: ALERT.imageURL,
          },
          startsAtMs: Date.parse('2026-11-23T09:14:00Z'),
          endsAtMs: null,
          generatorUrl: ALERT.generatorURL,
          isContradicted: false,
        },
      ],
    });
  });

  it.each([
    ['no values', { values: null }, undefined],
    ['an empty map of them', { values: {} }, undefined],
    ['a query without a result', { values: { A: null, B: 2 } }, 'A=null, B=2'],
    ['a value named like a part of every object', { values: JSON.parse('{"__proto__": 1}') }, '__proto__=1'],
    ['an annotation of the same name, which stays', { annotations: { values: 'mine' } }, 'mine'],
  ])('%s', (_, more, expected) => {
    expect((annotations(more) as Record<string, string>)['values']).toBe(expected);
  });

  it('a message of a Grafana that does not name its organisation', () => {
    expect(batch(message({ orgId: undefined }))?.groupKey).toBe(GRAFANA_MESSAGE.groupKey);
  });

  it('title, state and message are ignored, whatever they are', () => {
    expect(handIn(grafanaDoor, message({ title: 1, state: [], message: {} })).refusal).toBeNull();
  });
});
