import type { DecisionPolicy } from '@parapet/decisions';
import type { GuardrailPolicy } from '@parapet/guardrails';
import type { Configuration, SignalSource } from '@parapet/policy';
import type { SignalDeclaration } from '@parapet/signals';
import { MINUTE_MS, type Plot, SECOND_MS } from './plot.js';

export const TENANT = 'acme-retail';
export const ENVIRONMENT = 'production';
/** One measurement of each signal in so long. */
export const INTERVAL_MS = 10 * SECOND_MS;
export const HEARTBEAT_MS = 30 * SECOND_MS;
export const REPEAT_MS = MINUTE_MS;
export const WATCHDOG = { alertname: 'Watchdog' } as const;

/** How a release is watched. No luck reaches this budget, so a healthy release that fails is a defect. */
export function guardrailPolicyOf(plot: Plot): GuardrailPolicy {
  const every = { where: {}, weight: 1, isRequired: true, staleAfterMs: 45 * SECOND_MS };
  return {
    name: `${plot.component}-floor`,
    revision: 1,
    warmUpMs: 10 * SECOND_MS,
    durationMs: 10 * MINUTE_MS,
    coverage: 0.75,
    falseRollbackRate: 1e-7,
    baselineMs: 20 * MINUTE_MS,
    extendMs: 3 * MINUTE_MS,
    recoverWithinMs: 10 * MINUTE_MS,
    guardrails: [
      {
        ...every,
        name: 'orders',
        signal: `${plot.component}.orders`,
        test: { kind: 'proportion', against: 'baseline', windows: ['before'], worseBy: 0.1, unacceptable: 3 },
        mode: plot.ordersMode,
        isRequired: isOrdersRequired(plot),
      },
      {
        ...every,
        name: 'latency',
        signal: `${plot.component}.latency`,
        test: {
          kind: 'threshold',
          direction: 'above',
          enter: 4,
          leave: 3,
          forMs: 30 * SECOND_MS,
          keepMs: 30 * SECOND_MS,
          maxGapMs: MINUTE_MS,
        },
        mode: 'propose',
      },
      {
        ...every,
        name: 'critical-alerts',
        signal: null,
        test: {
          kind: 'alerts',
          matchers: [{ label: 'severity', operator: '=', value: 'critical' }],
          forMs: 10 * SECOND_MS,
          rearmMs: MINUTE_MS,
          sources: [],
        },
        mode: 'act',
      },
    ],
  };
}

/** A shadow guardrail is judged and recorded and nothing waits for it. */
export function isOrdersRequired(plot: Plot): boolean {
  return plot.ordersMode !== 'observe';
}

/** What follows from a failure. */
export function decisionPolicyOf(plot: Plot): DecisionPolicy {
  return {
    name: `${plot.component}-table`,
    revision: 1,
    rules: [
      { name: 'as this day has it', when: { criticality: ['medium', 'high'] }, then: plot.wish },
      { name: 'low is asked', when: {}, then: 'propose' },
    ],
    proposal: {
      expiresAfterMs: 6 * MINUTE_MS,
      onExpiry: plot.onExpiry,
      approvalsNeeded: plot.approvalsNeeded,
      starterMayApprove: false,
      acknowledgeForMs: 2 * MINUTE_MS,
    },
    orderValidForMs: 4 * MINUTE_MS,
  };
}

/** Everything declared for the shop. */
export function configurationOf(plots: readonly Plot[]): Configuration {
  return {
    tenant: { name: TENANT, environments: [{ name: ENVIRONMENT }], access: [] },
    revision: 1,
    workloads: plots.map((plot) => ({
      name: plot.workload,
      criticality: plot.criticality,
      guardrailPolicy: `${plot.component}-floor`,
      decisionPolicy: `${plot.component}-table`,
      components: [{ name: plot.component, target: plot.target }],
      targets: [],
      probes: [],
      owners: [],
    })),
    guardrailPolicies: plots.map(guardrailPolicyOf),
    decisionPolicies: plots.map(decisionPolicyOf),
    signalSources: [alertmanager, tills(plots)],
    calendars: [],
  };
}

const every = {
  credentials: [],
  environments: [ENVIRONMENT],
  pairedWith: null,
  releaseLabel: 'release',
  requests: { perSecond: 1_000, burst: 1_000 },
};

const alertmanager: SignalSource = {
  ...every,
  name: 'alertmanager',
  kind: 'alertmanager',
  heartbeat: { labels: WATCHDOG, periodMs: HEARTBEAT_MS, isRequired: true },
  signals: [],
  repeatIntervalMs: REPEAT_MS,
  groupIntervalMs: 15 * SECOND_MS,
  doubtMs: 2 * MINUTE_MS,
};

function tills(plots: readonly Plot[]): SignalSource {
  const declared = { temporality: 'delta', dimensions: [], intervalMs: INTERVAL_MS, latenessMs: MINUTE_MS } as const;
  const signals = plots.flatMap(({ component }): SignalDeclaration[] => [
    { ...declared, name: `${component}.orders`, unit: 'orders', badDirection: 'low' },
    { ...declared, name: `${component}.latency`, unit: 's', badDirection: 'high' },
  ]);
  return {
    ...every,
    name: 'tills',
    kind: 'samples',
    heartbeat: null,
    signals,
    repeatIntervalMs: 0,
    groupIntervalMs: 0,
    doubtMs: 0,
  };
}
