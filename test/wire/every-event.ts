import type { PublicEvent } from '@parapet/contracts';
import type { GuardrailPolicy, GuardrailReport } from '@parapet/guardrails';
import type { DecisionPolicy, Plan } from '@parapet/decisions';

const RELEASE = 'rel_01JD8Z5WQ00000000000000000';
const PREVIOUS = 'rel_01JD8Z5WQ00000000000000001';
const AT = '2026-11-23T09:18:04.120Z';
const SHA = '0d5c'.padEnd(64, 'a');

const component = { component: 'odoo-web', version: '17.0-2026.11.3', artifact: 'pkg:oci/odoo-retail@sha256%3Aabc' };

const guardrailPolicy: GuardrailPolicy = {
  name: 'checkout',
  revision: 3,
  warmUpMs: 120_000,
  durationMs: 3_600_000,
  coverage: 0.75,
  falseRollbackRate: 0.01,
  baselineMs: 86_400_000,
  extendMs: 0,
  recoverWithinMs: 1_800_000,
  precision: { floor: 0.5, marks: 5 },
  guardrails: [
    {
      name: 'order-success',
      signal: 'odoo.order.success',
      where: { company: '1' },
      test: { kind: 'proportion', against: 'baseline', windows: ['before'], worseBy: 0.1, unacceptable: 3 },
      mode: 'act',
      weight: 2,
      isRequired: true,
      staleAfterMs: 240_000,
    },
    {
      name: 'open-carts',
      signal: 'shop.carts.open',
      where: {},
      test: { kind: 'rate', against: 'limit', limit: 0.02, unacceptable: 3 },
      mode: 'observe',
      standing: { declared: 'act', why: 'no-data' },
      weight: 1,
      isRequired: false,
      staleAfterMs: 60_000,
    },
    {
      name: 'pos-delay',
      signal: 'odoo.pos.sync.delay',
      where: {},
      test: {
        kind: 'threshold',
        direction: 'above',
        enter: 60,
        leave: 30,
        forMs: 120_000,
        keepMs: 0,
        maxGapMs: 60_000,
      },
      mode: 'propose',
      weight: 1,
      isRequired: true,
      staleAfterMs: 240_000,
    },
    {
      name: 'critical-alerts',
      signal: null,
      where: {},
      test: {
        kind: 'alerts',
        matchers: [{ label: 'severity', operator: '=', value: 'critical' }],
        forMs: 60_000,
        rearmMs: 120_000,
        sources: ['alertmanager'],
      },
      mode: 'act',
      weight: 1,
      isRequired: true,
      staleAfterMs: 60_000,
    },
  ],
};

const decisionPolicy: DecisionPolicy = {
  name: 'careful',
  revision: 1,
  rules: [
    { name: 'auto', when: { criticality: ['high'], reversibility: ['yes'], mode: ['act'] }, then: 'auto' },
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
};

const breach: GuardrailReport = {
  name: 'order-success',
  verdict: 'breach',
  mode: 'act',
  signal: 'odoo.order.success',
  unit: 'orders',
  observed: 0.047,
  limit: 0.011,
  baseline: 0.01,
  samples: 18_230,
  evidence: 12.5,
  observedLow: 0.041,
  observedHigh: 0.054,
  coverage: 0.98,
  from: '2026-11-23T09:12:00.000Z',
  to: AT,
  words: '4.7 % of orders failed, 1.0 % before the release',
};
const unknown: GuardrailReport = {
  name: 'critical-alerts',
  verdict: 'inconclusive',
  mode: 'act',
  reason: 'sender-silent',
  words: 'Alertmanager has not been heard since 09:10',
  advice: 'Check the sender of the alerts and its watchdog.',
};

const plan: Plan = {
  planId: 'pln_01JD8Z5WQ00000000000000000',
  steps: [
    {
      what: 'return odoo-web to 17.0-2026.11.2',
      target: 'shop',
      seconds: 40,
      reversible: 'yes',
      loses: 'open carts',
      needs: 'a restart',
    },
  ],
  notUndone: ['mails already sent'],
};
const actuation = 'act_01JD8Z5WQ00000000000000000';
const proposal = 'prp_01JD8Z5WQ00000000000000000';
const answer = 'ans_01JD8Z5WQ00000000000000000';

/** One event of every type, with every member that it may have. */
export const EVERY_EVENT: { readonly [E in PublicEvent as E['type']]: E } = {
  ReleaseRegistered: {
    type: 'ReleaseRegistered',
    name: 'odoo-pos-2026.11.3+hotfix/1',
    workload: 'odoo-retail',
    environment: 'production',
    components: [component],
    previous: { release: PREVIOUS, components: [{ component: 'odoo-web', version: '17.0-2026.11.2' }] },
    steps: [
      {
        kind: 'database-migration',
        what: 'adds pos_order.loyalty_id',
        reversible: 'no',
        pointOfNoReturn: 'first-write',
      },
    ],
    criticality: 'high',
    reversibility: 'no',
    guardrailPolicy,
    decisionPolicy,
    origin: 'api',
    startedBy: 'deploy-pipeline',
    links: [{ title: 'pipeline', href: 'https://ci.acme.example/1' }],
    labels: { team: 'retail' },
  },
  ReleasePhaseChanged: {
    type: 'ReleasePhaseChanged',
    from: 'registered',
    to: 'deploying',
    at: AT,
    scope: { stores: ['lyon-2'], percent: 10 },
    by: 'deploy-pipeline',
    reason: 'first store',
  },
  ReadinessAssessed: {
    type: 'ReadinessAssessed',
    ready: true,
    checks: [
      {
        name: 'guardrails-return-data',
        outcome: 'warning',
        reason: 'one of six is silent',
        link: 'https://guard.acme.example/',
      },
    ],
  },
  VerdictChanged: {
    type: 'VerdictChanged',
    from: 'pending',
    to: 'fail',
    final: false,
    reason: 'coverage',
    words: 'orders cannot be judged: too much of the time was not measured',
    advice: 'Look for the gaps in its measurements.',
    mode: 'act',
    since: AT,
    coverage: { judged: 1, required: 2 },
    guardrails: [breach, unknown],
    attribution: {
      blamed: RELEASE,
      guardrails: ['order-success'],
      onset: AT,
      alternatives: [
        { kind: 'before', finding: 'ruled-out', words: 'it was still as usual in the minutes before' },
        {
          kind: 'release',
          release: 'rel_01JD8Z5WQ00000000000000009',
          finding: 'possible',
          words: 'release odoo-pos-7 began at 09:10 UTC and may be the cause as well',
        },
      ],
      words: 'order-success got worse at 09:12 UTC, right after this release began',
    },
    evidence: { href: `/v1/releases/${RELEASE}/evidence`, sha256: SHA },
  },
  RecoveryJudged: { type: 'RecoveryJudged', outcome: 'recovering', actuation, guardrails: [breach] },
  DecisionMade: { type: 'DecisionMade', outcome: 'propose', rule: 'ask', criticality: 'high', reversibility: 'no' },
  ProposalOpened: {
    type: 'ProposalOpened',
    proposal,
    headline: 'Order failures 4.7 % (tolerated 1.1 %) since 09:12',
    plan,
    planDigest: SHA,
    evidenceDigest: SHA,
    expiresAt: AT,
    onExpiry: 'hold',
    approvalsNeeded: 1,
    page: `https://guard.acme.example/proposals/${proposal}`,
    ifNothing: 'Nothing changes; the proposal ends at 09:48.',
    alternatives: ['switch the loyalty feature off'],
    follows: 'prp_01JD8Z5WQ00000000000000001',
  },
  ProposalAcknowledged: {
    type: 'ProposalAcknowledged',
    proposal,
    answer,
    by: 'on-call@acme.example',
    until: AT,
    revision: 1,
  },
  ProposalCommented: {
    type: 'ProposalCommented',
    proposal,
    answer,
    by: 'on-call@acme.example',
    text: 'looking',
    revision: 1,
  },
  ProposalAnswered: {
    type: 'ProposalAnswered',
    proposal,
    answer,
    word: 'approve',
    by: 'shops-lead@acme.example',
    reason: 'tills fail',
    planDigest: SHA,
    revision: 1,
  },
  ProposalChanged: {
    type: 'ProposalChanged',
    proposal,
    revision: 2,
    headline: 'Order failures 5.1 %',
    evidenceDigest: SHA,
    recovering: false,
  },
  ProposalEnded: {
    type: 'ProposalEnded',
    proposal,
    end: 'approved',
    by: ['shops-lead@acme.example'],
    reason: 'tills fail',
    planDigest: SHA,
    override: false,
  },
  RollbackOrdered: {
    type: 'RollbackOrdered',
    actuation,
    proposal,
    policy: 'careful',
    plan: plan.planId,
    planDigest: SHA,
    release: RELEASE,
    environment: 'production',
    workload: 'odoo-retail',
    to: PREVIOUS,
    steps: [
      {
        step: '1',
        target: 'shop',
        from: { release: RELEASE, components: [component] },
        to: { release: null, components: [{ component: 'odoo-web', version: '17.0-2026.11.2' }] },
        isRepeatable: true,
      },
    ],
    notAfter: AT,
  },
  ActuationStarted: { type: 'ActuationStarted', actuation, proposal, plan: plan.planId, attempt: 1 },
  ActuationStepChanged: {
    type: 'ActuationStepChanged',
    actuation,
    step: '1',
    attempt: 1,
    key: `${actuation}.1`,
    state: 'sent',
    detail: '202',
  },
  ActuationFinished: {
    type: 'ActuationFinished',
    actuation,
    outcome: 'failed',
    steps: [{ step: '1', state: 'refused' }],
    attempt: 1,
    reason: 'the target refused',
  },
  RollbackVerified: {
    type: 'RollbackVerified',
    actuation,
    outcome: 'not-verified',
    running: [{ ...component, share: 0.5 }],
    guardrails: [{ name: 'order-success', verdict: 'pass' }],
    reason: 'half of the traffic still meets the bad version',
  },
  VerdictMarked: {
    type: 'VerdictMarked',
    verdict: 5,
    said: 'fail',
    guardrail: 'order-success',
    right: false,
    reason: 'the till was being repaired',
    by: 'on-call@shop.example',
  },
  GuardrailModeChanged: {
    type: 'GuardrailModeChanged',
    policy: 'checkout',
    guardrail: 'order-success',
    from: 'act',
    to: 'propose',
    reason: 'precision',
    precision: 0.4,
    right: 2,
    wrong: 3,
    note: 'seen again',
    by: 'release-control',
  },
  SourceSilent: { type: 'SourceSilent', source: 'alertmanager', since: AT, affected: ['critical-alerts'] },
  SourceHeard: { type: 'SourceHeard', source: 'alertmanager', since: AT, affected: ['critical-alerts'] },
  SourceRefused: { type: 'SourceRefused', source: 'alertmanager', since: AT, reason: 'repeat-interval', affected: [] },
};

/** The journal row of an event, as the relay reads it. */
export function rowOf(event: PublicEvent, type: string, data: Readonly<Record<string, unknown>>) {
  const stream = event.type.startsWith('Source')
    ? 'src_alertmanager'
    : event.type === 'GuardrailModeChanged'
      ? 'guardrail:production/checkout/order-success'
      : RELEASE;
  return {
    tenant: 'acme-retail',
    seq: 42,
    id: 'evt_01JD91V0Q8Z3M7T5E2YB6K4R9C',
    stream,
    version: 7,
    environment: 'production',
    workload: stream === RELEASE ? 'odoo-retail' : 'none',
    type,
    data,
    occurredAt: AT,
    trace: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    hash: SHA,
  };
}
