import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { configurationOf, declaredSignals, parseDocuments, type StoredDocument } from './index.js';

function stored(folder: string, prefix = ''): StoredDocument[] {
  const url = new URL(folder, import.meta.url);
  const files = readdirSync(fileURLToPath(url)).filter((file) => file.endsWith('.yaml') && file.startsWith(prefix));
  const parsed = parseDocuments(files.map((file) => ({ file, text: readFileSync(new URL(file, url), 'utf8') })));
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.documents.map(({ kind, name, spec, digest }, i) => ({ kind, name, spec, digest, revision: i + 1 }));
}

const EXAMPLE = configurationOf('acme-retail', stored('../../../examples/config/odoo-retail/'));
const EVERY = configurationOf('acme-retail', stored('../fixtures/', 'good-every-test'));
const MINIMAL = configurationOf('acme-retail', stored('../fixtures/', 'good-minimal'));

describe('what stored documents mean', () => {
  it('carries revisions: the highest for the whole, each policy its own', () => {
    expect(MINIMAL.revision).toBe(5);
    expect(MINIMAL.guardrailPolicies[0]?.revision).toBe(3);
    expect(configurationOf('acme-retail', stored('../fixtures/', 'good-minimal'), 17).revision).toBe(17);
  });

  it('fills a watch with the defaults of the method', () => {
    const { guardrails: _guardrails, ...watch } = MINIMAL.guardrailPolicies[0] ?? { guardrails: [] };
    expect(watch).toEqual({
      name: 'carts',
      revision: 3,
      warmUpMs: 120_000,
      durationMs: 3_600_000,
      coverage: 0.75,
      falseRollbackRate: 0.01,
      baselineMs: 86_400_000,
      extendMs: 14_400_000,
      recoverWithinMs: 1_800_000,
      precision: { floor: 0.5, marks: 5 },
    });
  });

  it('gives guardrails their tests, with the defaults of the method', () => {
    expect(MINIMAL.guardrailPolicies[0]?.guardrails).toEqual([
      {
        name: 'failures',
        signal: 'checkout.failures',
        where: {},
        mode: 'act',
        weight: 1,
        isRequired: true,
        staleAfterMs: 60_000,
        test: {
          kind: 'proportion',
          against: 'baseline',
          windows: ['before', 'same-hours'],
          worseBy: 0.1,
          unacceptable: 3,
        },
      },
      {
        name: 'errors-per-second',
        signal: 'checkout.failures',
        where: {},
        mode: 'observe',
        weight: 1,
        isRequired: false,
        staleAfterMs: 60_000,
        test: { kind: 'rate', against: 'limit', limit: 0.5, unacceptable: 2 },
      },
      {
        name: 'carts',
        signal: 'shop.carts.open',
        where: { store: 'lyon-2' },
        mode: 'propose',
        weight: 1,
        isRequired: false,
        staleAfterMs: 120_000,
        test: {
          kind: 'threshold',
          direction: 'below',
          enter: 10,
          leave: 20,
          forMs: 30_000,
          keepMs: 0,
          maxGapMs: 60_000,
        },
      },
    ]);
  });

  const both = ['before', 'same-hours'];
  it.each<[string, unknown]>([
    ['failures', { kind: 'proportion', against: 'auto', windows: both, worseBy: 0.1, unacceptable: 3 }],
    [
      'failures-before',
      { kind: 'proportion', against: 'baseline', windows: ['before'], worseBy: 0.1, unacceptable: 3 },
    ],
    [
      'errors',
      {
        kind: 'rate',
        against: 'control',
        control: { kind: 'rest', dimension: 'store', released: [] },
        worseBy: 0.2,
        unacceptable: 4,
      },
    ],
    [
      'errors-canary',
      {
        kind: 'rate',
        against: 'control',
        control: { kind: 'where', where: { arm: 'stable' } },
        worseBy: 0.1,
        unacceptable: 3,
      },
    ],
    [
      'queue',
      { kind: 'gauge', transform: 'log', against: 'baseline', windows: ['same-hours'], worseBy: 0.1, unacceptable: 3 },
    ],
    ['queue-limit', { kind: 'gauge', transform: 'none', against: 'limit', limit: 0, unacceptable: 2 }],
    ['delay', { kind: 'gauge', transform: 'log', against: 'auto', windows: both, worseBy: 0.05, unacceptable: 1.5 }],
    ['latency', { kind: 'histogram', against: 'baseline', windows: both, worseBy: 0.1, unacceptable: 2 }],
    [
      'latency-canary',
      {
        kind: 'histogram',
        against: 'control',
        control: { kind: 'where', where: { arm: 'stable' } },
        worseBy: 0.05,
        unacceptable: 2,
      },
    ],
    [
      'budget',
      {
        kind: 'burn-rate',
        objective: 0.99,
        rows: [{ longMs: 3_600_000, shortMs: 300_000, factor: 14.4 }],
        badMin: 3,
        scope: 'release',
      },
    ],
    [
      'budget-rows',
      {
        kind: 'burn-rate',
        objective: 0.999,
        rows: [
          { longMs: 3_600_000, shortMs: 300_000, factor: 14.4 },
          { longMs: 21_600_000, shortMs: 1_200_000, factor: 6 },
        ],
        badMin: 5,
        scope: 'rolling',
      },
    ],
  ])('means by %s what the method says', (name, test) => {
    expect(EVERY.guardrailPolicies[0]?.guardrails.find((one) => one.name === name)?.test).toEqual(test);
  });

  it('lets the released side of a canary be the other one, unless a where says which it is', () => {
    const whereOf = (name: string) => EVERY.guardrailPolicies[0]?.guardrails.find((one) => one.name === name)?.where;
    expect(['errors-canary', 'latency-canary', 'errors-region', 'errors'].map(whereOf)).toEqual([
      { arm: 'canary' },
      { arm: 'canary' },
      { region: 'north' },
      {},
    ]);
  });

  it('takes the volume of the watch where a guardrail names none of its own', () => {
    const guardrails = EVERY.guardrailPolicies[0]?.guardrails ?? [];
    const named = Object.fromEntries(guardrails.map((one) => [one.name, one.volume]));
    expect([named['failures'], named['failures-before']]).toEqual(['shop.visits', 'checkout.attempts']);
    expect(MINIMAL.guardrailPolicies[0]?.guardrails.every((one) => !('volume' in one))).toBe(true);
  });

  it('keeps what a source says of the form of its signals', () => {
    const forms = EVERY.signalSources[0]?.signals.map((one) => [one.name, one.form]) ?? [];
    expect(Object.fromEntries(forms)).toMatchObject({ 'checkout.latency': 'histogram', 'shop.queue': 'gauge' });
    expect(MINIMAL.signalSources[0]?.signals.every((one) => !('form' in one))).toBe(true);
  });

  it('reads the times of a calendar as the clocks of its zone show them', () => {
    expect(EVERY.calendars).toEqual([
      expect.objectContaining({ name: 'trade', timeZone: 'Europe/Paris', environments: ['production'] }),
    ]);
    expect(EVERY.calendars[0]?.periods[1]).toEqual({
      name: 'year-end freeze',
      kind: 'freeze',
      fromMs: Date.parse('2026-12-14T23:00:00Z'),
      toMs: Date.parse('2027-01-04T07:00:00Z'),
      repeat: null,
    });
    expect(MINIMAL.calendars).toEqual([]);
  });

  it('calls a signal stale after four of its intervals, and never before a minute', () => {
    const signals = declaredSignals(MINIMAL);
    expect(signals.get('checkout.failures')).toEqual({
      name: 'checkout.failures',
      unit: 'checkouts',
      badDirection: 'high',
      temporality: 'delta',
      dimensions: [],
      intervalMs: 15_000,
      latenessMs: 60_000,
    });
    expect(signals.get('shop.carts.open')?.latenessMs).toBe(120_000);
  });

  it('tells a rate, whose events are no part of its time, from a share', () => {
    const signals = declaredSignals(EXAMPLE);
    expect(signals.get('odoo.pos.orders')?.isRate).toBe(true);
    expect(signals.get('traefik.service.requests')?.isRate).toBe(true);
    expect(signals.get('odoo.order.success')).not.toHaveProperty('isRate');
  });

  it('lets a built-in signal come as often as the slowest probe that measures it', () => {
    const documents = stored('../../../examples/config/odoo-retail/').map((document) =>
      document.kind === 'Workload'
        ? {
            ...document,
            spec: {
              ...(document.spec as object),
              probes: [
                {
                  name: 'odoo',
                  kind: 'odoo-sql',
                  environment: 'production',
                  every: '5m',
                  settings: { connection: { env: 'X' } },
                },
              ],
            },
          }
        : document,
    );
    const slow = configurationOf('acme-retail', documents);
    expect(declaredSignals(slow).get('odoo.order.success')).toMatchObject({
      intervalMs: 300_000,
      latenessMs: 1_200_000,
    });
    expect(slow.guardrailPolicies[0]?.guardrails[0]?.staleAfterMs).toBe(1_200_000);
    expect(declaredSignals(EXAMPLE).get('odoo.order.success')).toMatchObject({
      intervalMs: 60_000,
      latenessMs: 240_000,
    });
  });

  it('parses the matchers of alert guardrails', () => {
    const alerts = EXAMPLE.guardrailPolicies[0]?.guardrails.find((one) => one.signal === null);
    expect(alerts?.test).toEqual({
      kind: 'alerts',
      matchers: [
        { label: 'severity', operator: '=', value: 'critical' },
        { label: 'service', operator: '=~', value: 'odoo.*' },
      ],
      forMs: 60_000,
      rearmMs: 120_000,
      sources: [],
    });
  });

  it('reads a decision table, with words and lists of words alike, and how people are asked', () => {
    expect(EXAMPLE.decisionPolicies).toEqual([
      {
        name: 'careful',
        revision: expect.any(Number),
        rules: [
          {
            name: 'high-and-reversible',
            when: { criticality: ['high'], reversibility: ['yes', 'partly'], mode: ['act'] },
            then: 'auto',
          },
          { name: 'low', when: { criticality: ['low'] }, then: 'observe' },
          { name: 'ask', when: {}, then: 'propose' },
        ],
        proposal: {
          expiresAfterMs: 1_800_000,
          onExpiry: 'hold',
          approvalsNeeded: 1,
          starterMayApprove: false,
          acknowledgeForMs: 300_000,
        },
        orderValidForMs: 900_000,
      },
    ]);
  });

  it('reads a workload; the settings of a probe stay as they were written', () => {
    expect(EXAMPLE.workloads).toEqual([
      {
        name: 'odoo-retail',
        criticality: 'high',
        guardrailPolicy: 'checkout',
        decisionPolicy: 'careful',
        components: [
          { name: 'odoo-web', target: 'shop' },
          { name: 'odoo-pos', target: 'shop' },
        ],
        targets: [
          {
            name: 'shop',
            kind: 'webhook',
            url: 'https://deploy.acme.example/parapet',
            secret: { env: 'PARAPET_TARGET_SHOP_SECRET' },
            timeoutMs: 10_000,
            allowPrivate: false,
          },
        ],
        probes: [
          {
            name: 'odoo',
            kind: 'odoo-sql',
            environment: 'production',
            everyMs: 60_000,
            perTarget: 1,
            settings: { connection: { env: 'ODOO_DATABASE_URL' }, statementTimeout: '5s' },
          },
        ],
        owners: ['retail-platform'],
      },
    ]);
  });

  it('reads sources, with the times an Alertmanager has unless told otherwise', () => {
    expect(EXAMPLE.signalSources[0]).toEqual({
      name: 'alertmanager',
      kind: 'alertmanager',
      credentials: [{ env: 'PARAPET_TOKEN_ALERTMANAGER' }],
      environments: ['production'],
      heartbeat: { labels: { alertname: 'Watchdog' }, periodMs: 30_000, isRequired: true },
      signals: [],
      repeatIntervalMs: 120_000,
      groupIntervalMs: 15_000,
      doubtMs: 900_000,
      pairedWith: null,
      releaseLabel: 'release',
      requests: { perSecond: 50, burst: 200 },
    });
  });

  it('reads how each kind of alert source proves who it is, and how long what it says holds', () => {
    const { signalSources } = configurationOf('acme-retail', stored('../fixtures/', 'good-alert-sources'));
    const settings = signalSources.map(({ name, credentials, certificates, requires, secret, leaseMs, pairedWith }) => [
      name,
      { credentials, certificates, requires, secret, leaseMs, pairedWith },
    ]);
    const none = { credentials: [], certificates: undefined, requires: undefined, secret: undefined };
    expect(Object.fromEntries(settings)).toEqual({
      'shop-prometheus': {
        ...none,
        credentials: [{ env: 'PROMETHEUS' }],
        leaseMs: 360_000,
        pairedWith: 'shop-alertmanager',
      },
      'shop-alertmanager': {
        ...none,
        certificates: [{ name: 'alertmanager.shop.example' }],
        leaseMs: undefined,
        pairedWith: 'shop-prometheus',
      },
      'plant-alertmanager': {
        ...none,
        credentials: [{ env: 'PLANT' }],
        certificates: [{ sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' }],
        requires: 'both',
        leaseMs: undefined,
        pairedWith: null,
      },
      'shop-grafana': { ...none, secret: { env: 'GRAFANA_SECRET' }, leaseMs: undefined, pairedWith: null },
    });
  });

  it('throws for a stored document that no longer fits, naming it', () => {
    const documents = stored('../fixtures/', 'good-minimal').map((one) =>
      one.kind === 'DecisionPolicy' ? { ...one, spec: { rules: [] } } : one,
    );
    expect(() => configurationOf('acme-retail', documents)).toThrow(
      /cannot read stored configuration of acme-retail: stored DecisionPolicy ask \/spec\/rules: must hold at least 1/,
    );
  });

  it('throws without a Tenant', () => {
    expect(() => configurationOf('acme-retail', [])).toThrow('tenant acme-retail has no Tenant document');
  });
});
