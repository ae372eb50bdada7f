import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MeasurementFailed } from '../probe.js';
import { differencesOf, withoutIgnored } from './compare.js';
import { servicesOf } from './compose-unit.js';
import { driftSettings } from './config.js';
import { wholeImage } from './image.js';
import { placeOf, unitOf } from './kubernetes-unit.js';
import { documentsIn } from './manifests.js';
import { podDifferences } from './running.js';
import type { Unit } from './unit.js';

const SECRET = 'hunter2';

/** What Git declares. */
const DECLARED = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: odoo, namespace: shop }
spec:
  replicas: 3
  selector: { matchLabels: { app: odoo } }
  template:
    spec:
      containers:
        - name: odoo
          image: shop/odoo:2.5
          args: [--workers, "8"]
          env:
            - { name: LOG_LEVEL, value: info }
            - { name: PGPASSWORD, valueFrom: { secretKeyRef: { name: db, key: password } } }
            - { name: EMPTY, value: "" }
          envFrom: [{ configMapRef: { name: odoo-env } }]
          volumeMounts: [{ name: conf, mountPath: /etc/odoo }]
      volumes: [{ name: conf, configMap: { name: odoo-conf } }]
---
apiVersion: v1
kind: ConfigMap
metadata: { name: odoo-conf, namespace: shop }
data: { odoo.conf: "workers = 8", list_db: "False" }
---
apiVersion: v1
kind: Secret
metadata: { name: db, namespace: shop }
stringData: { password: ${SECRET} }
`;

/** The same as the API server gives it back: filled in, reordered, with a status. */
const RUNNING = `
kind: Deployment
apiVersion: apps/v1
metadata: { name: odoo, namespace: shop, uid: u1, generation: 4, annotations: { deployment.kubernetes.io/revision: "4" } }
spec:
  replicas: 3
  progressDeadlineSeconds: 600
  revisionHistoryLimit: 10
  strategy: { type: RollingUpdate, rollingUpdate: { maxSurge: 25%, maxUnavailable: 25% } }
  selector: { matchLabels: { app: odoo } }
  template:
    metadata: { creationTimestamp: null }
    spec:
      dnsPolicy: ClusterFirst
      restartPolicy: Always
      schedulerName: default-scheduler
      volumes: [{ name: conf, configMap: { name: odoo-conf, defaultMode: 420 } }]
      containers:
        - name: odoo
          image: docker.io/shop/odoo:2.5
          imagePullPolicy: IfNotPresent
          terminationMessagePath: /dev/termination-log
          envFrom: [{ configMapRef: { name: odoo-env } }]
          args: [--workers, "8"]
          env:
            - { name: EMPTY }
            - { name: PGPASSWORD, valueFrom: { secretKeyRef: { name: db, key: password } } }
            - { name: LOG_LEVEL, value: info }
          volumeMounts: [{ name: conf, mountPath: /etc/odoo }]
status: { readyReplicas: 3 }
---
kind: ConfigMap
apiVersion: v1
metadata: { name: odoo-conf, namespace: shop, resourceVersion: "7" }
data: { list_db: "False", odoo.conf: "workers = 8" }
`;

function unitsOf(yaml: string): readonly Unit[] {
  return documentsIn(yaml, 'test').flatMap((manifest) => {
    const place = placeOf(manifest, 'default');
    return place === null ? [] : [unitOf(place, manifest)];
  });
}

const byName = (units: readonly Unit[]) => new Map(units.map((unit) => [unit.name, unit]));
const told = (running: string, declared = DECLARED) =>
  differencesOf(unitsOf(declared), byName(unitsOf(running))).map(
    ({ kind, field, text }) => `${kind} ${field}: ${text}`,
  );

describe('what runs as declared', () => {
  it('is no drift, whatever the API server fills in and in whatever order', () => {
    expect(told(RUNNING)).toEqual([]);
  });

  it('is no drift where the manifest leaves the number of replicas to an autoscaler', () => {
    expect(told(RUNNING.replace('replicas: 3', 'replicas: 9'), DECLARED.replace('  replicas: 3\n', ''))).toEqual([]);
  });
});

describe('what runs otherwise', () => {
  const ODOO = 'Deployment/shop/odoo';
  it.each<[string, string, string, string[]]>([
    [
      'an image',
      'shop/odoo:2.5',
      'shop/odoo:2.4',
      [`image ${ODOO}/image/odoo: docker.io/shop/odoo:2.4 runs, declared shop/odoo:2.5`],
    ],
    ['a number of replicas', 'replicas: 3', 'replicas: 1', [`replicas ${ODOO}/replicas: 1 run, declared 3`]],
    ['a value of the environment', 'value: info', 'value: debug', [`env ${ODOO}/env/odoo/LOG_LEVEL: differs`]],
    [
      'a secret from elsewhere',
      'name: db, key: password',
      'name: db, key: old',
      [`env ${ODOO}/env/odoo/PGPASSWORD: differs`],
    ],
    [
      'a secret in clear',
      'valueFrom: { secretKeyRef: { name: db, key: password } }',
      `value: ${SECRET}`,
      [`env ${ODOO}/env/odoo/PGPASSWORD: differs`],
    ],
    [
      'a variable taken away',
      '            - { name: LOG_LEVEL, value: info }\n',
      '',
      [`env ${ODOO}/env/odoo/LOG_LEVEL: is declared and not set`],
    ],
    [
      'a variable added by hand',
      '- { name: EMPTY }',
      '- { name: EMPTY }\n            - { name: DEBUG, value: "1" }',
      [`env ${ODOO}/env/odoo/DEBUG: is set and not declared`],
    ],
    ['arguments', '"8"]', '"2"]', [`config ${ODOO}/config/odoo/args: differs`]],
    [
      'another ConfigMap',
      'configMap: { name: odoo-conf,',
      'configMap: { name: mine,',
      [`config ${ODOO}/config/odoo/mount /etc/odoo: differs`],
    ],
    [
      'a source of variables',
      'envFrom: [{ configMapRef: { name: odoo-env } }]',
      'envFrom: []',
      [`config ${ODOO}/config/odoo/envFrom configmap odoo-env: is declared and not set`],
    ],
    [
      'a key of a ConfigMap',
      'workers = 8',
      'workers = 2',
      ['config ConfigMap/shop/odoo-conf/config/odoo.conf: differs'],
    ],
    [
      'a container added by hand',
      'containers:',
      'containers:\n        - { name: shell, image: busybox }',
      [`image ${ODOO}/image/shell: runs busybox and is not declared`],
    ],
    [
      'a container that is gone',
      '- name: odoo\n          image',
      '- name: other\n          image',
      [
        `image ${ODOO}/image/odoo: is declared and does not run`,
        `image ${ODOO}/image/other: runs docker.io/shop/odoo:2.5 and is not declared`,
      ],
    ],
    [
      'an object that is gone',
      'kind: ConfigMap',
      'kind: Nothing',
      ['object ConfigMap/shop/odoo-conf: is declared and not there'],
    ],
  ])('is told by its name: %s', (_, from, to, expected) => {
    const running = RUNNING.replace(from, to);
    expect(running).not.toBe(RUNNING);
    expect(told(running)).toEqual(expected);
  });

  it('is never told with a value of the environment, of a ConfigMap or of a secret', () => {
    const values = ['info', 'workers = 8', SECRET, 'debug-value'];
    const running = RUNNING.replace('value: info', 'value: debug-value').replace('workers = 8', `workers = ${SECRET}`);
    const everything = JSON.stringify([
      differencesOf(unitsOf(DECLARED), byName(unitsOf(running))),
      unitsOf(DECLARED).map((unit) => [...unit.containers.values()].map(({ env }) => [...(env ?? [])])),
    ]);
    for (const value of values) expect(everything).not.toContain(value);
  });

  it('may be ignored by name, with * for anything', () => {
    const running = RUNNING.replace('replicas: 3', 'replicas: 1').replace('value: info', 'value: debug');
    const differences = differencesOf(unitsOf(DECLARED), byName(unitsOf(running)));
    const fields = (ignore: string[]) => withoutIgnored(differences, ignore).map(({ field }) => field);
    expect(fields([`${ODOO}/replicas`])).toEqual([`${ODOO}/env/odoo/LOG_LEVEL`]);
    expect(fields(['*/env/*'])).toEqual([`${ODOO}/replicas`]);
    expect(fields(['Deployment.shop.odoo.replicas', '*LOG'])).toHaveLength(2);
    expect(fields(['*'])).toEqual([]);
  });
});

describe('pods', () => {
  const [odoo] = unitsOf(DECLARED);
  const pod = (image: string, more: object = {}) => ({
    metadata: {},
    spec: { containers: [{ name: 'odoo', image }] },
    status: { phase: 'Running' },
    ...more,
  });
  it('that still run another image are counted once per image; those on their way out are not', () => {
    const pods = [
      pod('shop/odoo:2.5'),
      pod('shop/odoo:2.4'),
      pod('shop/odoo:2.4'),
      pod('shop/odoo:2.3', { metadata: { deletionTimestamp: 'now' } }),
      pod('shop/odoo:2.2', { status: { phase: 'Succeeded' } }),
    ];
    expect(podDifferences(odoo as Unit, pods)).toEqual([
      {
        kind: 'image',
        field: 'Deployment/shop/odoo/image/odoo',
        text: '2 pod(s) run shop/odoo:2.4, declared shop/odoo:2.5',
      },
    ]);
  });
});

describe('an image by its whole name', () => {
  const DIGEST = `sha256:${'a'.repeat(64)}`;
  it.each([
    ['odoo', 'docker.io/library/odoo:latest'],
    ['odoo:17', 'docker.io/library/odoo:17'],
    ['shop/odoo:2.5', 'docker.io/shop/odoo:2.5'],
    ['index.docker.io/shop/odoo:2.5', 'docker.io/shop/odoo:2.5'],
    ['registry.example:5000/odoo', 'registry.example:5000/odoo:latest'],
    ['localhost/odoo:1', 'localhost/odoo:1'],
    [`ghcr.io/shop/odoo:2.5@${DIGEST}`, `ghcr.io/shop/odoo@${DIGEST}`],
  ])('%s is %s', (image, whole) => {
    expect(wholeImage(image)).toBe(whole);
  });

  it('has a whole name that is its own', () => {
    const part = fc.stringMatching(/^[a-z]{1,5}(:[a-z0-9]{1,3})?$/);
    const path = fc.array(fc.stringMatching(/^[a-z]{1,5}$/), { maxLength: 3 });
    fc.assert(
      fc.property(path, part, (folders, last) => {
        const whole = wholeImage([...folders, last].join('/'));
        expect(wholeImage(whole)).toBe(whole);
      }),
    );
  });
});

describe('Compose and inventories', () => {
  const compose = (text: string) => documentsIn(text, 'compose.yaml').flatMap(servicesOf);
  const COMPOSE =
    'services: { odoo: { image: "shop/odoo:2.5", environment: [LOG_LEVEL=info, FROM_HOST], deploy: { replicas: 2 }, command: odoo --workers 8 } }';
  const digest = 'sha256:0a0b8c7d59ed0c4eb5a7b4e0ad1b9f24a0f6b2c2f2a2f3ffe6e6b14a0b6f0aa1';
  it.each<[string, string, string[]]>([
    [
      'the same in other words',
      '{"services": {"odoo": {"image": "docker.io/shop/odoo:2.5", "replicas": 2, "environment": {"LOG_LEVEL": "info"}, "command": ["odoo", "--workers", "8"]}}}',
      [],
    ],
    [
      'another digest',
      `{"services": {"odoo": {"image": "shop/odoo:2.5", "replicas": 2, "environment": {"LOG_LEVEL": "${digest}"}, "command": "odoo --workers 8"}}}`,
      ['env service/odoo/env/odoo/LOG_LEVEL: differs'],
    ],
    [
      'fewer of it',
      '{"services": {"odoo": {"image": "shop/odoo:2.5", "replicas": 1, "environment": {"LOG_LEVEL": "info"}, "command": "odoo --workers 8"}}}',
      ['replicas service/odoo/replicas: 1 run, declared 2'],
    ],
    ['none of it', '{"services": {}}', ['object service/odoo: is declared and not there']],
  ])('are compared: %s', (_, inventory, expected) => {
    const found = differencesOf(compose(COMPOSE), byName(compose(inventory)));
    expect(found.map(({ kind, field, text }) => `${kind} ${field}: ${text}`)).toEqual(expected);
  });

  it.each([
    [
      'the image',
      '{"services": {"odoo": {"replicas": 2, "environment": {"LOG_LEVEL": "info"}, "command": "odoo --workers 8"}}}',
    ],
    [
      'the replicas',
      '{"services": {"odoo": {"image": "shop/odoo:2.5", "environment": {"LOG_LEVEL": "info"}, "command": "odoo --workers 8"}}}',
    ],
    [
      'the environment',
      '{"services": {"odoo": {"image": "shop/odoo:2.5", "replicas": 2, "command": "odoo --workers 8"}}}',
    ],
    [
      'the command',
      '{"services": {"odoo": {"image": "shop/odoo:2.5", "replicas": 2, "environment": {"LOG_LEVEL": "info"}}}}',
    ],
  ])('that do not tell %s, which is declared, are no agreement', (what, inventory) => {
    expect(() => differencesOf(compose(COMPOSE), byName(compose(inventory)))).toThrow(MeasurementFailed);
    expect(() => differencesOf(compose(COMPOSE), byName(compose(inventory)))).toThrow(what.replace('the ', 'its '));
  });
});

describe('manifests that cannot be read', () => {
  it('are told with their line and without their text', () => {
    const broken = `kind: Secret\nstringData:\n  password: "${SECRET}\n  other: [`;
    expect(() => documentsIn(broken, 'secret.yaml')).toThrow(/^secret\.yaml line \d+: not YAML \(\w+\)$/);
  });

  it('are refused where they repeat themselves without end', () => {
    const levels = Array.from(
      { length: 9 },
      (_, i) => `a${i + 1}: &a${i + 1} [${Array.from({ length: 9 }, () => `*a${i}`).join()}]`,
    );
    expect(() => documentsIn(`a0: &a0 [x]\n${levels.join('\n')}`, 'bomb.yaml')).toThrow('too many aliases');
  });

  it('that hold themselves are read to their end', () => {
    const [loop] = documentsIn('services: &a { odoo: *a }', 'loop.yaml');
    expect(servicesOf(loop ?? {}).map(({ name }) => name)).toEqual(['service/odoo']);
  });

  it('are refused where a Compose file still has variables', () => {
    expect(() => documentsIn('services: { odoo: { image: "shop/odoo:${TAG}" } }', 'c.yaml')).toThrow(
      'docker compose config',
    );
    expect(documentsIn('kind: ConfigMap\ndata: { script: "echo ${HOME}" }', 'm.yaml')).toHaveLength(1);
    expect(documentsIn('services: { odoo: { command: "echo $${HOME}" } }', 'c.yaml')).toHaveLength(1);
  });

  it('are taken apart where they are a list', () => {
    expect(unitsOf('kind: List\nitems: [{ kind: ConfigMap, metadata: { name: a } }]')[0]?.name).toBe(
      'ConfigMap/default/a',
    );
  });
});

describe('settings', () => {
  const GOOD = { declared: { file: '/manifests' }, running: { kubernetes: { namespace: 'shop' } } };
  it.each<[string, object]>([
    ['a folder and the cluster it runs in', {}],
    [
      'an address and an inventory',
      { declared: { url: 'https://git.example/rendered.yaml' }, running: { inventory: { file: '/i.json' } } },
    ],
  ])('may be %s', (_, change) => {
    expect(driftSettings.safeParse({ ...GOOD, ...change }).error).toBeUndefined();
  });

  it.each<[string, object, string]>([
    [
      'two that run',
      { running: { kubernetes: { namespace: 'shop' }, inventory: { file: '/i.json' } } },
      'exactly one of kubernetes and inventory',
    ],
    ['none that runs', { running: {} }, 'exactly one of kubernetes and inventory'],
    [
      'a token by plain http',
      { running: { kubernetes: { namespace: 'shop', server: 'http://10.0.0.1' } } },
      'plain http needs allowPrivate',
    ],
  ])('may not be %s', (_, change, text) => {
    const messages = driftSettings.safeParse({ ...GOOD, ...change }).error?.issues.map(({ message }) => message);
    expect(messages?.join()).toContain(text);
  });
});
