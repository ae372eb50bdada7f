import { describe, expect, test } from '@jest/globals';
import type { Candidate, Guardrail } from '@parapet/guardrails';
import { type AlertsState, type Episode, NO_ALERTS } from '@parapet/signals';
import { CONFIGURATION, ENVIRONMENT, POLICY } from '../testing/shop.js';
import { unattachedOf, viewOf } from './alert-views.js';
import { alertSourcesOf, declarationOf } from './declarations.js';

const SOURCES = alertSourcesOf(CONFIGURATION, ENVIRONMENT);
const GUARDRAIL = POLICY.guardrails[1] as Guardrail;
const RELEASE: Candidate = {
  release: 'rel_1',
  name: 'odoo-2026.11.3',
  components: ['odoo-web'],
  startMs: 1000,
  liveAtMs: null,
  endedAtMs: null,
};

function episode(fingerprint: string, rest: Partial<Episode> = {}): Episode {
  return {
    source: 'alertmanager',
    fingerprint,
    number: 1,
    labels: { alertname: 'CheckoutDown', severity: 'critical', service: 'odoo-web' },
    annotations: { summary: 'checkout fails' },
    generatorUrl: null,
    state: 'firing',
    sinceMs: 2000,
    startsAtMs: 2000,
    openedAtMs: 2000,
    firingSinceMs: 2000,
    leaseEndsAtMs: 99_000,
    closedAtMs: null,
    confirmAtMs: null,
    dispute: {},
    abandonedFrom: null,
    ...rest,
  };
}

const alertsOf = (...episodes: Episode[]): AlertsState => ({
  ...NO_ALERTS,
  clockMs: 3000,
  episodes: Object.fromEntries(episodes.map((e) => [`${e.source}|${e.fingerprint}`, e])),
});
const view = (alerts: AlertsState, guardrail = GUARDRAIL) =>
  viewOf(guardrail, { id: 'rel_1', startMs: 1000 }, alerts, SOURCES, [RELEASE]);

describe('what an alert guardrail sees', () => {
  test.each([
    ['an alert of its component', [episode('a')], ['alertmanager|a firing']],
    [
      'not one that its matchers leave out',
      [episode('a', { labels: { severity: 'warning', service: 'odoo-web' } })],
      [],
    ],
    ['not one of another component', [episode('a', { labels: { severity: 'critical', service: 'odoo-pos' } })], []],
    ['not one of another release', [episode('a', { labels: { severity: 'critical', release: 'r9' } })], []],
    ['not one that began before any release', [episode('a', { startsAtMs: 500 })], []],
    ['not one that is over', [episode('a', { state: 'resolved' })], []],
    [
      'doubtful ones, firing ones first',
      [episode('a', { state: 'unseen' }), episode('b')],
      ['alertmanager|b firing', 'alertmanager|a unseen'],
    ],
    ['not one of a source it does not listen to', [episode('a', { source: 'other' })], []],
  ] as [string, Episode[], string[]][])('%s', (_, episodes, seen) => {
    expect(view(alertsOf(...episodes)).episodes.map((e) => `${e.alert} ${e.state}`)).toEqual(seen);
  });

  test('one that the other of a pair was first to tell of', () => {
    const pair = SOURCES.map((source) => ({ ...source, pairedWith: 'prometheus' }));
    const one = { ...GUARDRAIL, test: { ...GUARDRAIL.test, sources: ['alertmanager'] } } as Guardrail;
    const alerts = alertsOf(episode('a', { source: 'prometheus' }), episode('b', { source: 'other' }));
    const { episodes } = viewOf(one, { id: 'rel_1', startMs: 1000 }, alerts, pair, [RELEASE]);
    expect(episodes.map(({ alert }) => alert)).toEqual(['prometheus|a']);
  });

  test('what a person settled, also where the alert is over by it', () => {
    const settled = { as: 'resolved', by: 'on-call', reason: 'tills sell', atMs: 2500 } as const;
    const late = { as: 'firing', by: 'second-on-call', reason: 'queue grows', atMs: 2600 } as const;
    const seen = view(
      alertsOf(episode('b', { settled: late }), episode('a', { state: 'resolved', settled }), episode('c')),
    );
    expect(seen.episodes.map((e) => e.alert)).toEqual(['alertmanager|b', 'alertmanager|c']);
    expect(seen.settled).toEqual([
      { alert: 'alertmanager|a', name: 'CheckoutDown', ...settled },
      { alert: 'alertmanager|b', name: 'CheckoutDown', ...late },
    ]);
    expect(view(alertsOf(episode('c')))).not.toHaveProperty('settled');
  });

  test('however many there are, no firing one is lost to doubtful ones', () => {
    const many = Array.from({ length: 80 }, (_, i) => episode(`u${i}`, { state: 'unseen' }));
    const { episodes } = view(alertsOf(...many, episode('f')));
    expect(episodes).toHaveLength(50);
    expect(episodes[0]).toMatchObject({ alert: 'alertmanager|f', state: 'firing' });
  });

  test('a guardrail that names a source nobody declared hears nobody', () => {
    const deaf = { ...GUARDRAIL, test: { ...GUARDRAIL.test, sources: ['gone'] } } as Guardrail;
    expect(view(NO_ALERTS, deaf)).toMatchObject({ sources: 'never', episodes: [] });
  });

  test('a source that needs a heartbeat and was heard before the release only is not heard since', () => {
    const heardAt = (atMs: number): AlertsState => ({
      ...NO_ALERTS,
      clockMs: 3000,
      sources: {
        alertmanager: {
          declaredAtMs: 0,
          heardAtMs: atMs,
          heartbeat: { heardAtMs: atMs, aliveSinceMs: atMs, isResolved: false },
          hasRepeated: false,
          isSaidSilent: false,
          isSaidRefused: false,
        },
      },
    });
    expect(view(heardAt(900))).toMatchObject({ sources: 'alive', isHeardSinceStart: false });
    expect(view(heardAt(1000))).toMatchObject({ sources: 'alive', isHeardSinceStart: true });
  });
});

test('alerts of nobody are listed with those whose they might be', () => {
  const other: Candidate = { ...RELEASE, release: 'rel_2', name: 'other' };
  expect(unattachedOf(alertsOf(episode('a')), SOURCES, [RELEASE, other])).toMatchObject([
    { fingerprint: 'a', name: 'CheckoutDown', candidates: ['rel_1', 'rel_2'] },
  ]);
  expect(unattachedOf(alertsOf(episode('a')), SOURCES, [RELEASE])).toEqual([]);
});

describe('how a signal is declared', () => {
  const workload = {
    name: 'odoo-retail',
    criticality: 'high',
    guardrailPolicy: 'checkout',
    decisionPolicy: 'careful',
    components: [],
    targets: [],
    owners: [],
    probes: [{ name: 'shop', kind: 'odoo-sql', environment: ENVIRONMENT, everyMs: 2000, settings: {} }],
  } as const;
  const probed = { ...CONFIGURATION, workloads: [workload] };
  test.each([
    ['by the source that sends it', 'shop.orders', 'shop', { unit: 'orders', intervalMs: 15_000 }],
    ['by any source of the tenant', 'shop.orders', null, { unit: 'orders', intervalMs: 15_000 }],
    [
      'with a probe, at the pace of its schedule',
      'odoo.order.success',
      'odoo-retail/shop',
      { badDirection: 'low', intervalMs: 2000, latenessMs: 60_000 },
    ],
    ['by nobody', 'shop.unheard-of', 'shop', null],
  ] as const)('%s', (_, signal, source, expected) => {
    const found = declarationOf(probed, ENVIRONMENT, signal, source);
    if (expected === null) expect(found).toBeNull();
    else expect(found).toMatchObject(expected);
  });
});
