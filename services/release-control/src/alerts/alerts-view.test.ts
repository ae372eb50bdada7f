import { describe, expect, test } from '@jest/globals';
import type { Candidate } from '@parapet/guardrails';
import type { SignalSource } from '@parapet/policy';
import { type AlertsState, type Episode, NO_ALERTS } from '@parapet/signals';
import type { StoredWord } from './alert-store.js';
import { alertsView, type KnownAlerts } from './alerts-view.js';

const SOURCE: SignalSource = {
  name: 'am',
  kind: 'alertmanager',
  credentials: [],
  environments: ['production'],
  heartbeat: { labels: { alertname: 'Watchdog' }, periodMs: 30_000, isRequired: true },
  signals: [],
  repeatIntervalMs: 120_000,
  groupIntervalMs: 15_000,
  doubtMs: 900_000,
  pairedWith: null,
  releaseLabel: 'release',
  requests: { perSecond: 50, burst: 200 },
};
const release = (id: string, over: Partial<Candidate> = {}): Candidate => ({
  release: id,
  name: `odoo-${id}`,
  components: ['odoo-web'],
  startMs: 1000,
  liveAtMs: 1500,
  endedAtMs: null,
  ...over,
});
const episode = (fingerprint: string, over: Partial<Episode> = {}): Episode => ({
  source: 'am',
  fingerprint,
  number: 1,
  labels: { alertname: `Alert-${fingerprint}`, service: 'odoo-web' },
  annotations: {},
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
  ...over,
});
const word = (fingerprint: string, outcome: StoredWord['outcome']): StoredWord => ({
  source: 'am',
  fingerprint,
  episode: 1,
  as: 'resolved',
  by: 'responder',
  reason: 'tills sell',
  at: '1970-01-01T00:00:03.000Z',
  outcome,
});
function known(episodes: readonly Episode[], over: Partial<KnownAlerts> = {}): KnownAlerts {
  const state: AlertsState = {
    ...NO_ALERTS,
    clockMs: 3000,
    episodes: Object.fromEntries(episodes.map((one) => [`am|${one.fingerprint}`, one])),
  };
  return { environment: 'production', state, sources: [SOURCE], candidates: [release('1')], words: [], ...over };
}
const shown = (known: KnownAlerts) => alertsView(known, 4000).items.map((one) => `${one.fingerprint} ${one.state}`);

describe('the alerts of an environment', () => {
  test('what is in doubt comes first, then what was given up, then what fires; what is over is left out', () => {
    const all = [
      episode('a'),
      episode('b', { state: 'abandoned', abandonedFrom: 'unseen' }),
      episode('c', { state: 'resolved' }),
      episode('d', { state: 'unseen', sinceMs: 2100 }),
      episode('e', { state: 'disputed', sinceMs: 2200 }),
    ];
    expect(shown(known(all))).toEqual(['e disputed', 'd unseen', 'b abandoned', 'a firing']);
  });

  test('what a person settled stays to be seen', () => {
    const over = episode('a', { state: 'resolved' });
    expect(shown(known([over], { words: [word('a', 'applied')] }))).toEqual(['a resolved']);
    const settled = { as: 'resolved', by: 'responder', reason: 'x', atMs: 3000 } as const;
    expect(alertsView(known([{ ...over, settled }]), 4000).items[0]?.word).toEqual({
      as: 'resolved',
      by: 'responder',
      reason: 'x',
      at: '1970-01-01T00:00:03.000Z',
      outcome: 'applied',
    });
  });

  test.each([
    ['unseen', null, true],
    ['unconfirmed', null, true],
    ['disputed', null, true],
    ['unseen', 'waiting', false],
    ['unseen', 'overtaken', true],
    ['firing', null, false],
    ['abandoned', null, true],
  ] as const)('%s with a word that is %s may be settled: %s', (state, outcome, may) => {
    const words = outcome === null ? [] : [word('a', outcome)];
    expect(alertsView(known([episode('a', { state })], { words }), 4000).items[0]?.settleable).toBe(may);
  });

  test('belong to the one release that ran, and else to nobody, with every candidate', () => {
    const at = (candidates: readonly Candidate[]) =>
      alertsView(known([episode('a')], { candidates }), 4000).items[0]?.attachment;
    expect(at([release('1')])).toEqual({ kind: 'attached', release: { id: '1', name: 'odoo-1' } });
    expect(at([release('1'), release('2')])).toEqual({
      kind: 'unattached',
      candidates: [
        { id: '1', name: 'odoo-1' },
        { id: '2', name: 'odoo-2' },
      ],
    });
    expect(at([])).toEqual({ kind: 'unattached', candidates: [] });
  });

  test('are named by the label that the source declares', () => {
    const byLabel = episode('a', { labels: { alertname: 'x', tag: 'odoo-2' } });
    const sources = [{ ...SOURCE, releaseLabel: 'tag' }];
    const candidates = [release('1'), release('2')];
    expect(alertsView(known([byLabel], { sources, candidates }), 4000).items[0]?.attachment).toMatchObject({
      kind: 'attached',
      release: { id: '2' },
    });
  });

  test('are as good as their sources: silent by time alone, although nothing was written since', () => {
    const heartbeat = { heardAtMs: 3000, aliveSinceMs: 0, isResolved: false };
    const of = {
      declaredAtMs: 0,
      heardAtMs: 3000,
      heartbeat,
      hasRepeated: true,
      isSaidSilent: false,
      isSaidRefused: false,
    };
    const heard = known([]);
    const state = { ...heard.state, sources: { am: of } };
    const health = (nowMs: number) => alertsView({ ...heard, state }, nowMs).sources;
    expect(health(4000)).toEqual([{ source: 'am', health: 'alive', heardAt: '1970-01-01T00:00:03.000Z' }]);
    expect(health(3000 + 4 * 30_000)).toMatchObject([{ health: 'silent' }]);
    expect(alertsView(heard, 4000).sources).toEqual([{ source: 'am', health: 'never', heardAt: null }]);
  });

  test('name the groups that were cut', () => {
    const group = { source: 'am', firing: [], isIncomplete: true, heardAtMs: 3000, digest: '', longRepeats: 0 };
    const base = known([]);
    const state = {
      ...base.state,
      groups: { 'am|http://am|{}:{alertname="x"}': group, 'am|http://am|whole': { ...group, isIncomplete: false } },
    };
    expect(alertsView({ ...base, state }, 4000).incomplete).toEqual([
      { source: 'am', group: 'http://am|{}:{alertname="x"}', heardAt: '1970-01-01T00:00:03.000Z' },
    ]);
  });

  test('are cut where there are too many, and how many is said', () => {
    const many = Array.from({ length: 503 }, (_, i) => episode(`f${i}`));
    expect(alertsView(known([...many, episode('d', { state: 'unseen' })]), 4000)).toMatchObject({
      more: 4,
      items: expect.arrayContaining([expect.objectContaining({ fingerprint: 'd' })]),
    });
  });
});
