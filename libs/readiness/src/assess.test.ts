import { describe, expect, test } from '@jest/globals';
import type { Guardrail } from '@parapet/guardrails';
import fc from 'fast-check';
import { assess, type ReadinessEvidence } from './assess.js';
import type { ReadinessCheck } from './events.js';

const NOW_MS = Date.parse('2026-11-23T09:00:00Z');
const guardrail: Guardrail = {
  name: 'orders',
  signal: 'odoo.order.success',
  where: {},
  test: { kind: 'proportion', against: 'baseline', windows: ['before'], worseBy: 0.1, unacceptable: 3 },
  mode: 'act',
  weight: 1,
  isRequired: true,
  staleAfterMs: 60_000,
};
const alerts: Guardrail = {
  ...guardrail,
  name: 'pages',
  signal: null,
  test: { kind: 'alerts', matchers: [], forMs: 0, rearmMs: 0, sources: [] },
};
const policy = {
  name: 'checkout',
  revision: 1,
  warmUpMs: 0,
  durationMs: 3_600_000,
  coverage: 0.75,
  falseRollbackRate: 0.01,
  baselineMs: 3_600_000,
  extendMs: 0,
  recoverWithinMs: 600_000,
  guardrails: [guardrail, alerts],
};
const good: ReadinessEvidence = {
  nowMs: NOW_MS,
  guardrailPolicy: policy,
  criticality: 'high',
  steps: [{ kind: 'configuration', what: 'new settings', reversible: 'yes' }],
  previous: { release: 'rel_1', name: 'shop-1' },
  componentsWithoutWayBack: [],
  signalsHeardAtMs: new Map([['odoo.order.success', NOW_MS - 10_000]]),
  alertSourcesHeardAtMs: new Map([['alertmanager', NOW_MS - 10_000]]),
  historySinceMs: new Map([['odoo.order.success', NOW_MS - 7_200_000]]),
};

const outcomes = (checks: readonly ReadinessCheck[]): Record<string, string> =>
  Object.fromEntries(checks.map((c) => [c.name, c.outcome]));
const ALL_OK = {
  'guardrails-declared': 'ok',
  'heard:orders': 'ok',
  'heard:pages': 'ok',
  'baseline:orders': 'ok',
  'rollback-target': 'ok',
  'way-back': 'ok',
};

describe('a planned release is looked at before it starts', () => {
  type Row = readonly [
    sentence: string,
    over: Partial<ReadinessEvidence>,
    differs: Record<string, string>,
    isReady: boolean,
  ];
  const rows: readonly Row[] = [
    ['everything known and good', {}, {}, true],
    [
      'guardrails that only observe lead to nothing',
      {
        guardrailPolicy: {
          ...policy,
          guardrails: [
            { ...guardrail, mode: 'observe' },
            { ...alerts, mode: 'observe' },
          ],
        },
      },
      { 'guardrails-declared': 'warning' },
      true,
    ],
    ['a signal that was never heard is unknown', { signalsHeardAtMs: new Map() }, { 'heard:orders': 'unknown' }, true],
    [
      'a signal that fell silent is a warning',
      { signalsHeardAtMs: new Map([['odoo.order.success', NOW_MS - 60_001]]) },
      { 'heard:orders': 'warning' },
      true,
    ],
    [
      'an alert source that was never heard is unknown',
      { alertSourcesHeardAtMs: new Map([['alertmanager', null]]) },
      { 'heard:pages': 'unknown' },
      true,
    ],
    [
      'an alert source that fell silent is a warning',
      { alertSourcesHeardAtMs: new Map([['alertmanager', NOW_MS - 90_000]]) },
      { 'heard:pages': 'warning' },
      true,
    ],
    ['no alert source at all is a warning', { alertSourcesHeardAtMs: new Map() }, { 'heard:pages': 'warning' }, true],
    ['a baseline without history is unknown', { historySinceMs: new Map() }, { 'baseline:orders': 'unknown' }, true],
    [
      'a short history is a warning',
      { historySinceMs: new Map([['odoo.order.success', NOW_MS - 600_000]]) },
      { 'baseline:orders': 'warning' },
      true,
    ],
    ['nothing to go back to is a warning', { previous: null }, { 'rollback-target': 'warning' }, true],
    [
      'a component without a way back is a warning',
      { componentsWithoutWayBack: ['kiosk'] },
      { 'rollback-target': 'warning' },
      true,
    ],
    ['a way back that nobody declared is unknown', { steps: [] }, { 'way-back': 'unknown' }, true],
    [
      'a step that cannot be undone is a warning',
      { steps: [{ kind: 'database-migration', what: 'adds a column', reversible: 'no' }] },
      { 'way-back': 'warning' },
      true,
    ],
  ];
  test.each(rows)('%s', (_sentence, over, differs, isReady) => {
    const { ready, checks } = assess({ ...good, ...over });
    expect(outcomes(checks)).toEqual({ ...ALL_OK, ...differs });
    expect(ready).toBe(isReady);
  });

  test('a policy without guardrails is refused', () => {
    const { ready, checks } = assess({ ...good, guardrailPolicy: { ...policy, guardrails: [] } });
    expect(ready).toBe(false);
    expect(checks[0]).toEqual({
      name: 'guardrails-declared',
      outcome: 'refused',
      reason: 'policy checkout declares no guardrails: nothing would watch this release',
    });
  });

  test('what was not heard recently is never ok', () => {
    fc.assert(
      fc.property(fc.option(fc.integer({ min: -100_000, max: 1_000_000 }), { nil: undefined }), (agoMs) => {
        const signalsHeardAtMs = new Map(agoMs === undefined ? [] : [['odoo.order.success', NOW_MS - agoMs] as const]);
        const isOk = outcomes(assess({ ...good, signalsHeardAtMs }).checks)['heard:orders'] === 'ok';
        expect(isOk).toBe(agoMs !== undefined && agoMs <= guardrail.staleAfterMs);
      }),
    );
  });
});
