import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AUTHORITY_FILE, type ClusterObject, FakeApi, rolesOf } from '../../testing/kubernetes/fake-api.js';
import { MeasurementFailed, type Probe } from '../probe.js';
import { makeKubernetesProbe } from './make.js';

const EVERY_MS = 60_000;
const START_MS = Date.parse('2026-09-15T10:00:00Z');
const PODS = '/api/v1/namespaces/shop/pods';
const AUTOSCALERS = '/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers';
const NODES = '/api/v1/nodes';
const PAGE = readFileSync(new URL('../../../../docs/sources/kubernetes.md', import.meta.url), 'utf8');

let api: FakeApi;
let server: string;
let nowMs = START_MS;

beforeAll(async () => {
  process.env['CLUSTER_TOKEN'] = 'cluster-token';
  // What the page grants is all that the stand-in grants.
  const roles = [...PAGE.matchAll(/^```yaml\n(.*?)^```$/gms)].flatMap(([, yaml]) => rolesOf(yaml as string));
  expect(roles.map(({ kind }) => kind)).toEqual(['Role', 'ClusterRole']);
  api = new FakeApi(roles);
  server = await api.start();
});
afterAll(async () => {
  delete process.env['CLUSTER_TOKEN'];
  await api.stop();
});
beforeEach(() => {
  nowMs = START_MS;
  api.objects.clear();
  api.asked.length = 0;
  api.instead = null;
  api.expiring = 0;
  api.token = 'cluster-token';
});

function probeOf(settings: object = {}): Probe {
  const made = makeKubernetesProbe(
    {
      tenant: 'acme-retail',
      workload: 'odoo-retail',
      probe: {
        name: 'cluster',
        kind: 'kubernetes',
        environment: 'production',
        everyMs: EVERY_MS,
        settings: {
          server,
          token: { env: 'CLUSTER_TOKEN' },
          ca: AUTHORITY_FILE,
          allowPrivate: true,
          namespaces: ['shop'],
          ...settings,
        },
      },
    } as Parameters<typeof makeKubernetesProbe>[0],
    () => nowMs,
  );
  if ('problems' in made) throw new Error(made.problems.join('\n'));
  return made;
}

async function measured(probe: Probe, kpi: string) {
  const measure = probe.measures.find((one) => one.kpi === kpi);
  if (measure === undefined) throw new Error(`no ${kpi} among ${probe.measures.map((one) => one.kpi).join()}`);
  const toMs = Math.floor(nowMs / EVERY_MS) * EVERY_MS;
  const { measurements, rows, notes } = await measure.measure([{ fromMs: toMs - EVERY_MS, toMs }]);
  const samples = measurements[0]?.samples ?? [];
  const values = samples.map(({ signal, dimensions: { instance, ...own }, value }) => {
    expect(instance).toBe('cluster');
    return [`${signal} ${Object.values(own).join()}`, value] as const;
  });
  return { values: Object.fromEntries(values), rows, notes };
}

async function failureOf(kpi: string, settings: object = {}): Promise<readonly [string, string]> {
  const error = await measured(probeOf(settings), kpi).then(
    () => new Error('it succeeded'),
    (e: unknown) => e,
  );
  if (!(error instanceof MeasurementFailed)) throw error;
  return [error.reason, error.message];
}

const metadata = (name: string, ageMs: number, labels = {}): ClusterObject['metadata'] => ({
  name,
  uid: `uid-of-${name}`,
  creationTimestamp: new Date(nowMs - ageMs).toISOString().replace('.000Z', 'Z'),
  labels,
});

function pod(
  name: string,
  restarts: number,
  o: { phase?: string; ageMs?: number; labels?: object } = {},
): ClusterObject {
  return {
    metadata: metadata(name, o.ageMs ?? 3_600_000, o.labels),
    spec: { containers: [{ name: 'odoo', env: [{ name: 'PGPASSWORD', value: 'secret' }] }] },
    status: {
      phase: o.phase ?? 'Running',
      containerStatuses: [{ name: 'odoo', restartCount: restarts, ready: true }],
      initContainerStatuses: [{ name: 'migrate', restartCount: 0 }],
    },
  };
}

function autoscaler(
  name: string,
  desiredReplicas: number,
  o: { most?: number; active?: string; reason?: string } = {},
) {
  return {
    metadata: metadata(name, 3_600_000),
    spec: { minReplicas: 2, maxReplicas: o.most ?? 6 },
    status: {
      desiredReplicas,
      currentReplicas: desiredReplicas,
      conditions: [{ type: 'ScalingActive', status: o.active ?? 'True', reason: o.reason ?? 'ValidMetricFound' }],
    },
  };
}

function node(name: string, conditions: Readonly<Record<string, string>>): ClusterObject {
  const all = { Ready: 'True', MemoryPressure: 'False', DiskPressure: 'False', PIDPressure: 'False', ...conditions };
  return {
    metadata: metadata(name, 3_600_000),
    status: { conditions: Object.entries(all).map(([type, status]) => ({ type, status })) },
  };
}

describe('pods', () => {
  it('are read page by page; restarts since the last reading count, those of new pods all of them', async () => {
    const probe = probeOf({ pageSize: 10 });
    const many = Array.from({ length: 25 }, (_, n) => pod(`web-${n}`, n));
    api.objects.set(PODS, many);
    const first = await measured(probe, 'pods-shop');
    expect(first.values).toEqual({
      'kubernetes.restarts shop': { kind: 'gap', reason: 'too-few-samples' },
      'kubernetes.pods.pending shop': { kind: 'gauge', value: 0 },
    });
    expect(first.rows).toBe(25);
    expect(api.asked).toEqual([
      `GET ${PODS}?limit=10`,
      `GET ${PODS}?limit=10&continue=10`,
      `GET ${PODS}?limit=10&continue=20`,
    ]);

    nowMs += EVERY_MS;
    // One restarted twice, one is gone with its restarts, and one of the new release crashes from its beginning.
    api.objects.set(PODS, [...many.slice(1, 24), pod('web-24', 26), pod('next-1', 3, { ageMs: 20_000 })]);
    expect((await measured(probe, 'pods-shop')).values['kubernetes.restarts shop']).toEqual({
      kind: 'count',
      count: 5,
      of: 60,
    });
    nowMs += 5 * EVERY_MS;
    expect((await measured(probe, 'pods-shop')).values['kubernetes.restarts shop']).toEqual({
      kind: 'gap',
      reason: 'too-few-samples',
    });
  });

  it('that wait for longer than they may are pending, and named', async () => {
    api.objects.set(PODS, [
      pod('web-1', 0),
      pod('web-2', 0, { phase: 'Pending', ageMs: 121_000 }),
      pod('web-3', 0, { phase: 'Pending', ageMs: 119_000 }),
    ]);
    const { values, notes } = await measured(probeOf(), 'pods-shop');
    expect(values['kubernetes.pods.pending shop']).toEqual({ kind: 'gauge', value: 1 });
    expect(notes).toContain('pending: web-2');
  });

  it('are chosen by labels where settings say so', async () => {
    api.objects.set(PODS, [pod('web-1', 0, { labels: { app: 'odoo' } }), pod('other-1', 0)]);
    expect((await measured(probeOf({ selector: 'app=odoo' }), 'pods-shop')).rows).toBe(1);
    expect(await failureOf('pods-shop', { selector: 'app=none' })).toEqual([
      'missing',
      'no pod in namespace shop matches app=none',
    ]);
  });

  it('of a list that expires on the way are read anew, once', async () => {
    api.objects.set(
      PODS,
      Array.from({ length: 25 }, (_, n) => pod(`web-${n}`, 0)),
    );
    api.expiring = 1;
    expect((await measured(probeOf({ pageSize: 10 }), 'pods-shop')).rows).toBe(25);
    expect(api.asked).toHaveLength(2 + 3);
    api.expiring = 2;
    expect(await failureOf('pods-shop', { pageSize: 10 })).toEqual([
      'unreachable',
      `the list ${PODS} expired twice while it was read`,
    ]);
  });

  it('beyond what may be read are a failure, never a part of them', async () => {
    api.objects.set(
      PODS,
      Array.from({ length: 25 }, (_, n) => pod(`web-${n}`, 0)),
    );
    expect(await failureOf('pods-shop', { pageSize: 10, itemsMax: 24 })).toEqual([
      'too-large',
      `${PODS} lists more than 24 objects: narrow selector, or raise itemsMax`,
    ]);
    expect((await measured(probeOf({ pageSize: 10, itemsMax: 25 }), 'pods-shop')).rows).toBe(25);
    // A server that goes on for ever, without a single item.
    api.instead = { status: 200, body: JSON.stringify({ items: [], metadata: { continue: 'more' } }) };
    api.asked.length = 0;
    expect((await failureOf('pods-shop', { pageSize: 10, itemsMax: 50 }))[0]).toBe('too-large');
    expect(api.asked.length).toBeLessThan(10);
  });
});

describe('autoscalers', () => {
  it.each<[string, readonly ClusterObject[], object, readonly string[]]>([
    [
      'that want as much as they may have',
      [autoscaler('web', 6), autoscaler('bus', 3)],
      { kind: 'gauge', value: 1 },
      ['at its maximum: web'],
    ],
    ['with room', [autoscaler('web', 5)], { kind: 'gauge', value: 0 }, []],
    [
      'that may not scale do not count',
      [autoscaler('web', 2, { most: 2 }), autoscaler('bus', 3)],
      { kind: 'gauge', value: 0 },
      [],
    ],
    [
      'that are switched off do not count',
      [autoscaler('web', 6, { active: 'False', reason: 'ScalingDisabled' })],
      { kind: 'gauge', value: 0 },
      [],
    ],
    [
      'that cannot compute say nothing',
      [autoscaler('web', 3, { active: 'False', reason: 'FailedGetResourceMetric' })],
      { kind: 'gap', reason: 'sensor-broken' },
      ['cannot scale: web'],
    ],
    [
      'at their maximum count also where another says nothing',
      [autoscaler('web', 6), autoscaler('bus', 3, { active: 'Unknown' })],
      { kind: 'gauge', value: 1 },
      ['at its maximum: web', 'cannot scale: bus'],
    ],
  ])('%s', async (_, objects, value, notes) => {
    api.objects.set(AUTOSCALERS, objects);
    const found = await measured(probeOf(), 'autoscalers-shop');
    expect(found.values).toEqual({ 'kubernetes.autoscalers.saturated shop': value });
    expect(found.notes).toEqual(notes);
  });

  it('that are not there are a failure, and no 0', async () => {
    expect(await failureOf('autoscalers-shop')).toEqual(['missing', 'no autoscaler in namespace shop']);
  });
});

describe('nodes', () => {
  const nodes = async (...objects: readonly ClusterObject[]) => {
    api.objects.set(NODES, objects);
    return await measured(probeOf({ kpis: ['nodes'] }), 'nodes');
  };
  const values = (notReady: number, memory: object, disk: object, pids: object) => ({
    'kubernetes.nodes.pressure not-ready': { kind: 'gauge', value: notReady },
    'kubernetes.nodes.pressure memory': memory,
    'kubernetes.nodes.pressure disk': disk,
    'kubernetes.nodes.pressure pids': pids,
  });
  const is = (value: number) => ({ kind: 'gauge', value });
  const gap = { kind: 'gap', reason: 'sensor-broken' };

  it('under pressure are counted by what they lack', async () => {
    const found = await nodes(
      node('a', { MemoryPressure: 'True', DiskPressure: 'True' }),
      node('b', { MemoryPressure: 'True' }),
      node('c', {}),
    );
    expect(found.values).toEqual(values(0, is(2), is(1), is(0)));
    expect(found.notes).toEqual(['MemoryPressure: a, b', 'DiskPressure: a']);
  });

  it('that are gone are not ready, and what they lack nobody knows', async () => {
    const gone = { Ready: 'Unknown', MemoryPressure: 'Unknown', DiskPressure: 'Unknown', PIDPressure: 'Unknown' };
    const found = await nodes(node('a', gone), node('b', { MemoryPressure: 'True' }));
    expect(found.values).toEqual(values(1, is(1), gap, gap));
    expect(found.notes).toContain('not ready: a');
  });
});

describe('what could not be measured is never a number', () => {
  it('a token that is not accepted', async () => {
    api.token = 'exchanged';
    expect(await failureOf('pods-shop')).toEqual(['refused', 'the token is not accepted: Unauthorized']);
    process.env['CLUSTER_TOKEN'] = 'exchanged';
    api.objects.set(PODS, [pod('web-1', 0)]);
    expect((await measured(probeOf(), 'pods-shop')).rows).toBe(1);
    process.env['CLUSTER_TOKEN'] = 'cluster-token';
  });

  it('a role that does not allow it, in the words of the cluster', async () => {
    const strict = new FakeApi(rolesOf('{ kind: Role, rules: [] }'));
    const found = await failureOf('nodes', { server: await strict.start(), kpis: ['nodes'] });
    await strict.stop();
    expect(found).toEqual([
      'refused',
      'the role of the service account does not allow it: nodes is forbidden: User "system:serviceaccount:parapet:parapet-kpi-probing" ' +
        'cannot list resource "nodes" in API group "" at the cluster scope',
    ]);
  });

  it.each<[string, number, string, string]>([
    ['an API that the cluster does not have', 404, '{"kind":"Status","message":"not found"}', 'missing'],
    ['too many requests', 429, '{"kind":"Status","message":"slow down"}', 'unreachable'],
    ['a server in trouble', 503, 'upstream connect error', 'unreachable'],
    ['a redirect', 302, '', 'bad-answer'],
    ['something that is no list', 200, '<html>Sign in</html>', 'bad-answer'],
    ['a pod without a status', 200, JSON.stringify({ items: [{ metadata: metadata('web-1', 0) }] }), 'bad-answer'],
    ['a restart count that is none', 200, JSON.stringify({ items: [pod('web-1', -1)] }), 'bad-answer'],
  ])('%s', async (_, status, body, reason) => {
    api.instead = { status, body };
    expect((await failureOf('pods-shop'))[0]).toBe(reason);
  });

  it.each<[string, object, readonly [string, RegExp]]>([
    ['a certificate of somebody else', { ca: undefined }, ['unreachable', /certificate/]],
    ['authorities that are not there', { ca: '/nowhere/ca.crt' }, ['refused', /cannot read .* \/nowhere\/ca.crt/]],
    ['a token that is not there', { token: { file: '/nowhere/token' } }, ['refused', /\/nowhere\/token/]],
    ['an address that nobody allowed', { allowPrivate: false }, ['refused', /443 and 8443 only/]],
    ['nobody there', { server: 'https://127.0.0.1:1' }, ['unreachable', /ECONNREFUSED/]],
  ])('%s', async (_, settings, [reason, words]) => {
    const [found, text] = await failureOf('pods-shop', settings);
    expect(found).toBe(reason);
    expect(text).toMatch(words);
  });

  it('a namespace that is named twice would be one series of two', () => {
    expect(() => probeOf({ namespaces: ['shop', 'shop'] })).toThrow('settings.namespaces: each stands here once');
  });

  it('plain http is refused before a token is sent', () => {
    expect(() => probeOf({ server: 'http://127.0.0.1:8080' })).toThrow('https only');
  });
});
