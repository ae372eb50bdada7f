import { partitionOf, type PublicEvent, type SignalBatch, toJournal } from '@parapet/contracts';
import type { DecisionPolicy } from '@parapet/decisions';
import type { Guardrail, GuardrailPolicy } from '@parapet/guardrails';
import type { Configuration, SignalSource } from '@parapet/policy';
import type { Database, Journal } from '@parapet/postgres';
import type { Sample } from '@parapet/signals';

/** A shop with one samples source and one Alertmanager, a policy of three guardrails, and the messages they make. */

export const TENANT = 'acme-retail';
export const ENVIRONMENT = 'production';
export const PARTITIONS = 4;
export const PARTITION = partitionOf(TENANT, ENVIRONMENT, PARTITIONS);
export const MINUTE = 60_000;

const source = (rest: Partial<SignalSource> & Pick<SignalSource, 'name' | 'kind'>): SignalSource => ({
  credentials: [],
  environments: [ENVIRONMENT],
  heartbeat: null,
  signals: [],
  repeatIntervalMs: 120_000,
  groupIntervalMs: 15_000,
  doubtMs: 900_000,
  pairedWith: null,
  releaseLabel: 'release',
  requests: { perSecond: 50, burst: 200 },
  ...rest,
});

const orders: Guardrail = {
  name: 'order-success',
  signal: 'shop.orders',
  where: {},
  mode: 'act',
  weight: 1,
  isRequired: true,
  staleAfterMs: 60_000,
  test: { kind: 'proportion', against: 'baseline', windows: ['before'], worseBy: 0.1, unacceptable: 3 },
};
const criticalAlerts: Guardrail = {
  name: 'critical-alerts',
  signal: null,
  where: {},
  mode: 'act',
  weight: 1,
  isRequired: false,
  staleAfterMs: 60_000,
  test: {
    kind: 'alerts',
    matchers: [{ label: 'severity', operator: '=', value: 'critical' }],
    forMs: 30_000,
    rearmMs: 120_000,
    sources: [],
  },
};

export const POLICY: GuardrailPolicy = {
  name: 'checkout',
  revision: 1,
  warmUpMs: 0,
  durationMs: 10 * MINUTE,
  coverage: 0.75,
  falseRollbackRate: 0.01,
  baselineMs: 60 * MINUTE,
  extendMs: 10 * MINUTE,
  recoverWithinMs: 6 * MINUTE,
  guardrails: [orders, criticalAlerts],
};

export const CONFIGURATION: Configuration = {
  tenant: { name: TENANT, environments: [{ name: ENVIRONMENT }], access: [] },
  revision: 1,
  workloads: [],
  guardrailPolicies: [POLICY],
  decisionPolicies: [],
  signalSources: [
    source({
      name: 'shop',
      kind: 'samples',
      signals: [
        {
          name: 'shop.orders',
          unit: 'orders',
          badDirection: 'low',
          temporality: 'delta',
          dimensions: ['store'],
          intervalMs: 15_000,
          latenessMs: MINUTE,
        },
      ],
    }),
    source({
      name: 'alertmanager',
      kind: 'alertmanager',
      heartbeat: { labels: { alertname: 'Watchdog' }, periodMs: 30_000, isRequired: true },
    }),
  ],
  calendars: [],
};

export function sample(atMs: number, bad: number, total: number, store = 'lyon-2'): Sample {
  return {
    signal: 'shop.orders',
    atMs,
    value: { kind: 'count', count: total - bad, of: total },
    dimensions: { store },
    key: `${store}/${atMs}`,
  };
}

export function samples(receipt: string, ...of: readonly Sample[]): SignalBatch {
  return {
    receipt,
    part: 1,
    parts: 1,
    tenant: TENANT,
    environment: ENVIRONMENT,
    source: 'shop',
    samples: of,
    alerts: null,
  };
}

export function alertBatch(
  receipt: string,
  group: string,
  status: 'firing' | 'resolved',
  startsAtMs: number,
  labels: Record<string, string>,
): SignalBatch {
  return {
    receipt,
    part: 1,
    parts: 1,
    tenant: TENANT,
    environment: ENVIRONMENT,
    source: 'alertmanager',
    samples: [],
    alerts: {
      groupKey: group,
      receiver: 'guardrail',
      externalUrl: 'https://am.example.test',
      truncatedAlerts: 0,
      digest: `${group} ${status} ${startsAtMs}`,
      statements: [
        {
          status,
          fingerprint: group.padStart(16, '0').slice(0, 16),
          labels,
          annotations: { summary: 'checkout fails' },
          startsAtMs,
          endsAtMs: status === 'resolved' ? startsAtMs + 1 : null,
          generatorUrl: null,
          isContradicted: false,
        },
      ],
    },
  };
}
export const heartbeat = (receipt: string, startsAtMs: number): SignalBatch =>
  alertBatch(receipt, 'beat', 'firing', startsAtMs, { alertname: 'Watchdog' });

const CAREFUL: DecisionPolicy = {
  name: 'careful',
  revision: 1,
  rules: [{ name: 'ask', when: {}, then: 'propose' }],
  proposal: {
    expiresAfterMs: 60_000,
    onExpiry: 'hold',
    approvalsNeeded: 1,
    starterMayApprove: false,
    acknowledgeForMs: 60_000,
  },
  orderValidForMs: 60_000,
};

export function registered(name: string, policy: GuardrailPolicy = POLICY): PublicEvent {
  return {
    type: 'ReleaseRegistered',
    name,
    workload: 'odoo-retail',
    environment: ENVIRONMENT,
    components: [{ component: 'odoo-web', version: name }],
    previous: null,
    steps: [],
    criticality: 'high',
    reversibility: 'yes',
    guardrailPolicy: policy,
    decisionPolicy: CAREFUL,
    origin: 'api',
  };
}
export function movedTo(from: string, to: string, atMs: number): PublicEvent {
  return { type: 'ReleasePhaseChanged', from, to, at: new Date(atMs).toISOString(), by: 'pipeline' } as PublicEvent;
}

/** Journals an event of a release as its owner would. */
export async function journaled(db: Database, journal: Journal, release: string, event: PublicEvent): Promise<number> {
  return db.transactRetrying(TENANT, async (tx) => {
    const rows = await journal.append(
      tx,
      { tenant: TENANT, stream: release, environment: ENVIRONMENT, workload: 'odoo-retail' },
      'any',
      [toJournal(event)],
      {
        actor: { kind: 'service', id: 'test' },
      },
    );
    return rows[0]?.seq as number;
  });
}

/** Settles the first episode of an alert by hand, as release-control does: the journal and what waits, in one transaction. */
export async function settledByHand(
  db: Database,
  journal: Journal,
  fingerprint: string,
  as: 'resolved' | 'firing',
): Promise<void> {
  const ref = { tenant: TENANT, stream: `alerts:${ENVIRONMENT}`, environment: ENVIRONMENT, workload: 'none' };
  const data = { source: 'alertmanager', fingerprint, episode: 1, as, by: 'on-call', reason: 'the tills sell again' };
  await db.transactRetrying(TENANT, async (tx) => {
    const [row] = await journal.append(tx, ref, 'any', [{ type: 'alert.settled', data }], {
      actor: { kind: 'person', id: 'on-call', auth: 'token' },
    });
    await tx.query(
      `INSERT INTO evaluation_settlement (tenant, seq, environment, source, fingerprint, episode) VALUES ($1, $2, $3, $4, $5, 1)`,
      [TENANT, row?.seq, ENVIRONMENT, data.source, fingerprint],
    );
  });
}
