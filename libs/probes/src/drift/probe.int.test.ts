import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { AUTHORITY_FILE, type ClusterObject, FakeApi, rolesOf } from '../../testing/kubernetes/fake-api.js';
import { type DeclaredProbe, type Measured, MeasurementFailed } from '../probe.js';
import { makeDriftProbe } from './make.js';

const NOW_MS = Date.parse('2026-11-23T09:00:10Z');
const WINDOW = { fromMs: Date.parse('2026-11-23T08:59:00Z'), toMs: Date.parse('2026-11-23T09:00:00Z') };
const PAGE = readFileSync(new URL('../../../../docs/sources/drift.md', import.meta.url), 'utf8');
const DEPLOYMENTS = '/apis/apps/v1/namespaces/shop/deployments';
const PODS = '/api/v1/namespaces/shop/pods';
const SECRET = 'hunter2';

const MANIFEST = `
kind: Deployment
metadata: { name: odoo }
spec:
  replicas: 2
  selector: { matchLabels: { app: odoo, part: web } }
  template:
    spec:
      containers:
        - { name: odoo, image: "shop/odoo:2.5", env: [{ name: PGPASSWORD, value: ${SECRET} }] }
---
kind: Secret
metadata: { name: db }
stringData: { password: ${SECRET} }
`;

let api: FakeApi;
let server: string;
let dir: string;

beforeAll(async () => {
  process.env.TEST_CLUSTER_TOKEN = 'cluster-token';
  // What the page grants is all that the stand-in grants, so a question about a secret would be refused.
  const roles = [...PAGE.matchAll(/^```yaml\n(.*?)^```$/gms)].flatMap(([, yaml]) => rolesOf(yaml as string));
  expect(roles.map(({ kind }) => kind)).toEqual(['Role']);
  api = new FakeApi(roles);
  server = await api.start();
});
afterAll(() => api.stop());
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'parapet-drift-'));
  api.objects.clear();
  api.asked.length = 0;
  api.instead = null;
  api.token = 'cluster-token';
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function object(name: string, more: object = {}): ClusterObject {
  return { metadata: { name, uid: name, creationTimestamp: '2026-11-23T08:00:00Z' }, ...more } as ClusterObject;
}

function pod(name: string, image: string): ClusterObject {
  const { metadata } = object(name);
  const labels = { app: 'odoo', part: 'web' };
  return {
    metadata: { ...metadata, labels },
    spec: { containers: [{ name: 'odoo', image }] },
    status: { phase: 'Running' },
  } as ClusterObject;
}

function deployment(image: string, replicas: number, value = SECRET): ClusterObject {
  return object('odoo', {
    spec: {
      replicas,
      selector: { matchLabels: { app: 'odoo', part: 'web' } },
      template: {
        spec: {
          dnsPolicy: 'ClusterFirst',
          containers: [{ name: 'odoo', image, env: [{ name: 'PGPASSWORD', value }] }],
        },
      },
    },
  });
}

async function measured(settings: object): Promise<Measured> {
  const declared: DeclaredProbe = {
    tenant: 'acme-retail',
    workload: 'odoo-retail',
    probe: {
      name: 'drift',
      kind: 'drift',
      environment: 'production',
      everyMs: 60_000,
      settings,
    } as DeclaredProbe['probe'],
  };
  const probe = makeDriftProbe(declared, () => NOW_MS);
  if ('problems' in probe) throw new Error(probe.problems.join('; '));
  const [measure] = probe.measures;
  if (measure === undefined) throw new Error('no measure');
  return await measure.measure([WINDOW]);
}

const cluster = (more: object = {}) => ({
  kubernetes: {
    server,
    namespace: 'shop',
    token: { env: 'TEST_CLUSTER_TOKEN' },
    ca: AUTHORITY_FILE,
    allowPrivate: true,
    ...more,
  },
});

function manifests(text = MANIFEST): { file: string } {
  writeFileSync(join(dir, 'odoo.yaml'), text);
  return { file: dir };
}

const counts = ({ measurements }: Measured) =>
  Object.fromEntries(
    (measurements[0]?.samples ?? []).map(({ dimensions, value }) => [
      dimensions.kind,
      value.kind === 'gauge' ? value.value : value.kind,
    ]),
  );

async function failure(settings: object): Promise<string> {
  const error = await measured(settings).then(
    () => new Error('it measured'),
    (e: unknown) => e,
  );
  if (!(error instanceof MeasurementFailed)) throw error;
  return `${error.reason}: ${error.message}`;
}

describe('a cluster', () => {
  test('that runs what is declared shows no drift, and is asked for nothing else', async () => {
    api.objects.set(DEPLOYMENTS, [deployment('docker.io/shop/odoo:2.5', 2), object('other')]);
    api.objects.set(PODS, [pod('a', 'shop/odoo:2.5'), pod('b', 'shop/odoo:2.5')]);
    const found = await measured({ declared: manifests(), running: cluster() });
    expect(counts(found)).toEqual({ object: 0, image: 0, replicas: 0, env: 0, config: 0 });
    expect(found).toMatchObject({ rows: 3, notes: [] });
    expect(api.asked).toEqual([
      `GET ${DEPLOYMENTS}?fieldSelector=metadata.name%3Dodoo&limit=250`,
      `GET ${PODS}?labelSelector=app%3Dodoo%2Cpart%3Dweb&limit=250`,
    ]);
  });

  test('that was changed by hand is told field by field, and no value with it', async () => {
    api.objects.set(DEPLOYMENTS, [deployment('shop/odoo:2.4', 5, 'changed-by-hand')]);
    api.objects.set(PODS, [pod('a', 'shop/odoo:2.4'), pod('b', 'shop/odoo:2.3')]);
    const found = await measured({ declared: manifests(), running: cluster() });
    expect(counts(found)).toEqual({ object: 0, image: 3, replicas: 1, env: 1, config: 0 });
    expect(found.notes).toEqual([
      'Deployment/shop/odoo/replicas: 5 run, declared 2',
      'Deployment/shop/odoo/image/odoo: shop/odoo:2.4 runs, declared shop/odoo:2.5',
      'Deployment/shop/odoo/env/odoo/PGPASSWORD: differs',
      'Deployment/shop/odoo/image/odoo: 1 pod(s) run shop/odoo:2.4, declared shop/odoo:2.5',
      'Deployment/shop/odoo/image/odoo: 1 pod(s) run shop/odoo:2.3, declared shop/odoo:2.5',
    ]);
    expect(JSON.stringify(found)).not.toMatch(/hunter2|changed-by-hand/);
  });

  test('without a declared object shows it, and ignores what may differ', async () => {
    const ignore = ['Deployment/*'];
    expect(counts(await measured({ declared: manifests(), running: cluster() }))).toMatchObject({ object: 1 });
    expect(counts(await measured({ declared: manifests(), running: cluster(), ignore }))).toMatchObject({ object: 0 });
  });

  test('with many differences tells twenty of them and counts them all', async () => {
    const many = Array.from({ length: 30 }, (_, i) => `kind: ConfigMap\nmetadata: { name: c${i} }\n`).join('---\n');
    const found = await measured({ declared: manifests(many), running: cluster() });
    expect(counts(found)).toMatchObject({ object: 30 });
    expect(found.notes).toHaveLength(21);
    expect(found.notes?.at(-1)).toBe('and 10 more');
  });

  test.each<[string, () => void, object, RegExp]>([
    ['refuses the token', () => void (api.token = 'exchanged'), {}, /^refused: the token is not accepted/],
    [
      'does not allow it',
      () => void (api.instead = { status: 403, body: '{"message": "configmaps is forbidden"}' }),
      {},
      /^refused: the role of the service account does not allow it: configmaps is forbidden/,
    ],
    ['answers an error', () => void (api.instead = { status: 500, body: '{}' }), {}, /^unreachable: .* answered 500/],
    ['answers something else', () => void (api.instead = { status: 200, body: '<html>' }), {}, /^bad-answer: /],
    ['is away', () => undefined, { server: 'https://127.0.0.1:1' }, /^unreachable: /],
    ['has another certificate', () => undefined, { ca: undefined }, /^unreachable: /],
  ])('that %s gives a reason, and no drift', async (_, happens, change, expected) => {
    happens();
    expect(await failure({ declared: manifests(), running: cluster(change) })).toMatch(expected);
  });
});

describe('manifests', () => {
  test('are read from a mounted folder with its links, one level or several', async () => {
    mkdirSync(join(dir, '..data'));
    mkdirSync(join(dir, 'base'));
    writeFileSync(join(dir, '..data', 'a.yaml'), 'kind: ConfigMap\nmetadata: { name: a }');
    symlinkSync(join('..data', 'a.yaml'), join(dir, 'a.yaml'));
    writeFileSync(join(dir, 'base', 'b.yml'), 'kind: ConfigMap\nmetadata: { name: b, namespace: shop }');
    writeFileSync(join(dir, 'README.md'), '{ not yaml');
    expect(counts(await measured({ declared: { file: dir }, running: cluster() }))).toMatchObject({ object: 2 });
  });

  test.each<[string, () => object, RegExp]>([
    ['a folder that is not there', () => ({ file: join(dir, 'nothing') }), /^missing: cannot read .*ENOENT/],
    ['a folder that was not filled', () => ({ file: dir }), /^missing: .* declares nothing that can be compared/],
    ['only kinds that are not compared', () => manifests('kind: Service\nmetadata: { name: a }'), /^missing: /],
    [
      'YAML that is broken, without its text',
      () => manifests(`password: "${SECRET}`),
      /^bad-answer: .*odoo\.yaml line \d+: not YAML/,
    ],
    [
      'more objects than allowed',
      () => manifests(`${MANIFEST}---\nkind: ConfigMap\nmetadata: { name: a }`),
      /^too-large: .* declares 2 objects, allowed are 1/,
    ],
  ])('that cannot be compared with give a reason: %s', async (_, declared, expected) => {
    const said = await failure({ declared: declared(), running: cluster(), objectsMax: 1 });
    expect(said).toMatch(expected);
    expect(said).not.toContain(SECRET);
    expect(api.asked).toEqual([]);
  });
});

test('Compose and an inventory at an address are compared the same way', async () => {
  const inventory = { services: { odoo: { image: 'shop/odoo:2.4', replicas: 1, environment: { LOG_LEVEL: 'info' } } } };
  const http = createServer((request, response) => {
    response
      .writeHead(request.headers.authorization === 'Bearer cluster-token' ? 200 : 401)
      .end(JSON.stringify(inventory));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/inventory`;
  writeFileSync(
    join(dir, 'compose.yaml'),
    'services: { odoo: { image: "shop/odoo:2.5", scale: 1, environment: { LOG_LEVEL: info } }, mail: { image: postfix } }',
  );
  const declared = { file: join(dir, 'compose.yaml') };
  const running = (token: object) => ({ inventory: { url, allowPrivate: true, token } });
  const found = await measured({ declared, running: running({ env: 'TEST_CLUSTER_TOKEN' }) });
  expect(counts(found)).toEqual({ object: 1, image: 1, replicas: 0, env: 0, config: 0 });
  expect(found.notes).toEqual([
    'service/odoo/image/odoo: shop/odoo:2.4 runs, declared shop/odoo:2.5',
    'service/mail: is declared and not there',
  ]);
  expect(await failure({ declared, running: { inventory: { url, allowPrivate: true } } })).toMatch(
    /^refused: .* answered 401/,
  );
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
});
