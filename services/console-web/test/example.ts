import type {
  AlertEpisodeView,
  AlertsView,
  CloudEvent,
  GuardrailView,
  ProposalView,
  ReleaseView,
  SeriesView,
} from '@parapet/contracts';
import type { GuardrailReport } from '@parapet/guardrails';
import type { StandInState } from './stand-in.js';

const MINUTE = 60_000;

export const RELEASE_ID = 'rel_01JDA2ZB9GQ4M1V7X8K3T5W6Y0';
export const PROPOSAL_ID = 'prp_01JDA37M4T8C2R9N5E6B1D0F3H';

/** A shop some minutes after a bad release: every state that the console shows, with numbers that fit together. */
export function exampleState(nowMs: number): StandInState {
  const at = (minutes: number) => new Date(nowMs + minutes * MINUTE).toISOString();
  const reports = exampleReports();
  const bad = exampleRelease({
    id: RELEASE_ID,
    name: 'odoo-2026.11.3',
    verdict: 'fail',
    decision: 'propose',
    proposal: PROPOSAL_ID,
    guardrails: reports,
    verdictSequence: 5,
    standings: [{ guardrail: 'order-success', mode: 'propose', declared: 'act', why: 'no-breach-shown' }],
    attribution: {
      blamed: RELEASE_ID,
      guardrails: ['pos-sync-errors', 'order-success'],
      onset: at(-13),
      alternatives: [
        {
          kind: 'before',
          finding: 'ruled-out',
          words: 'it was still as usual in the minutes before the release began',
        },
        {
          kind: 'elsewhere',
          finding: 'not-checked',
          words: 'everything got the release, so there is nothing to compare it with',
        },
        { kind: 'recurring', finding: 'ruled-out', words: 'it was better at this time of earlier days' },
        { kind: 'traffic', finding: 'ruled-out', words: 'traffic is 5 times the usual, which changes no share of it' },
        {
          kind: 'release',
          release: 'rel_2',
          finding: 'ruled-out',
          words: 'release odoo-2026.11.4-hotfix began 3 minutes ago, after it got worse',
        },
      ],
      words:
        'pos-sync-errors got worse a minute after this release began; nothing that was looked at speaks against it',
    },
    registeredAt: at(-15),
    startedAt: at(-14),
    liveAt: at(-12),
    reversibility: 'partly',
    startedBy: 'ci-pipeline',
    links: [
      { title: 'Change CHG-4711', href: 'https://change.acme.example/CHG-4711' },
      { title: 'not a link', href: 'javascript:alert(1)' },
    ],
    components: [
      { component: 'odoo-web', version: '17.0-2026.11.3' },
      { component: 'odoo-pos', version: '17.0-2026.11.3' },
    ],
  });
  const others: ReleaseView[] = [
    exampleRelease({
      id: 'rel_2',
      name: 'odoo-2026.11.4-hotfix',
      verdict: 'pending',
      phase: 'live',
      final: false,
      guardrails: reports.map((r) => ({ ...r, verdict: 'pass' })),
      registeredAt: at(-3),
      startedAt: at(-3),
      liveAt: at(-2),
    }),
    exampleRelease({
      id: 'rel_3',
      name: 'odoo-2026.11.2',
      verdict: 'fail',
      phase: 'rolled-back',
      final: true,
      decision: 'auto',
      rollback: 'verified',
      guardrails: reports,
      registeredAt: at(-180),
      startedAt: at(-179),
    }),
    exampleRelease({
      id: 'rel_4',
      name: 'stock-import-3.2.0',
      workload: 'integrations',
      environment: 'staging',
      verdict: 'inconclusive',
      reason: 'sender-silent',
      words: 'critical-alerts cannot be judged: the sender of the alerts is silent',
      advice: 'Check the sender of the alerts and its watchdog: while it is silent, no alert is no good news.',
      phase: 'live',
      guardrails: [{ ...(reports[3] as GuardrailReport) }],
      registeredAt: at(-220),
      startedAt: at(-219),
      liveAt: at(-218),
    }),
    exampleRelease({
      id: 'rel_7',
      name: 'odoo-pos-2026.10.9',
      verdict: 'inconclusive',
      reason: 'not-attributed',
      words: 'order-success got worse; it may be this release or odoo-web-2026.10.8, and which one cannot be told',
      advice:
        'Look at the causes that are named as possible or found: nothing is rolled back for what may be somebody else’s doing.',
      attribution: {
        guardrails: ['order-success'],
        onset: at(-9_010),
        alternatives: [
          { kind: 'before', finding: 'ruled-out', words: 'it was still as usual in the minutes before' },
          { kind: 'elsewhere', finding: 'possible', words: 'whether other stores show it too cannot be told yet' },
          { kind: 'recurring', finding: 'not-checked', words: 'how it was at this time of earlier days is not known' },
          { kind: 'traffic', finding: 'ruled-out', words: 'traffic is about as usual' },
          {
            kind: 'release',
            release: 'rel_6',
            finding: 'possible',
            words: 'release odoo-web-2026.10.8 began two minutes earlier and may be the cause as well',
          },
        ],
        words: 'order-success got worse; it may be this release or odoo-web-2026.10.8, and which one cannot be told',
      },
      phase: 'superseded',
      final: true,
      guardrails: reports.filter(({ name }) => name === 'order-success' || name === 'stock-update'),
      registeredAt: at(-9_030),
      startedAt: at(-9_020),
    }),
    exampleRelease({
      id: 'rel_5',
      name: 'odoo-2026.11.1',
      verdict: 'pass',
      phase: 'finished',
      final: true,
      guardrails: reports.map((r) => ({ ...r, verdict: 'pass' })),
      registeredAt: at(-3000),
      startedAt: at(-2990),
      liveAt: at(-2985),
    }),
    exampleRelease({
      id: 'rel_6',
      name: 'odoo-2026.10.9',
      verdict: 'pass',
      phase: 'superseded',
      final: true,
      guardrails: reports.map((r) => ({ ...r, verdict: 'pass' })),
      registeredAt: at(-9000),
      startedAt: at(-8990),
    }),
  ];
  const releases = [bad, ...others];
  return {
    token: 'ppt_example',
    caller: {
      tenant: 'acme-retail',
      subject: 'on-call',
      roles: ['viewer', 'responder', 'approver'],
      csrfToken: 'csrf-1',
    },
    releases,
    series: new Map(releases.map(({ id }) => [id, exampleSeries(id, nowMs)])),
    events: new Map(releases.map(({ id }) => [id, id === RELEASE_ID ? exampleEvents(at) : []])),
    proposals: new Map([[PROPOSAL_ID, exampleProposal(bad, at)]]),
    alerts: exampleAlerts(at),
    marks: [],
    guardrails: exampleGuardrails(at),
    marked: [],
    words: [],
    wordRefusal: null,
    answers: [],
    onAnswer: (proposal, body) => ({
      status: 200,
      body: answered(proposal, body.answer, body.reason ?? body.text ?? '', at),
    }),
    isDown: false,
    lastEventIds: [],
  };
}

function exampleReports(): readonly GuardrailReport[] {
  return [
    {
      name: 'pos-sync-errors',
      verdict: 'breach',
      mode: 'act',
      signal: 'odoo.pos.sync.errors',
      unit: 'orders',
      observed: 0.094,
      limit: 0.0066,
      baseline: 0.006,
      samples: 1204,
      evidence: 29.1,
      observedLow: 0.0712,
      observedHigh: 0.1211,
      words:
        'pos-sync-errors rose from 0.6 % to 9.4 % (113 of 1 204 since 09:31); chance that this is luck: under 1 in 1 000 000',
    },
    {
      name: 'order-success',
      verdict: 'breach',
      mode: 'act',
      signal: 'odoo.order.success',
      unit: 'orders',
      observed: 0.861,
      limit: 0.969,
      baseline: 0.972,
      samples: 612,
      evidence: 15.2,
      observedLow: 0.8213,
      observedHigh: 0.8937,
      words:
        'order-success fell from 97.2 % to 86.1 % (85 of 612 failed since 09:31); chance that this is luck: under 1 in 1 000 000',
    },
    {
      name: 'checkout-latency',
      verdict: 'pass',
      mode: 'propose',
      signal: 'checkout.latency',
      unit: 'seconds',
      observed: 0.41,
      limit: 1,
      samples: 8200,
      words: 'checkout-latency is 0.41 seconds, not above 1',
    },
    {
      name: 'stock-update',
      verdict: 'inconclusive',
      reason: 'sensor-broken',
      mode: 'propose',
      signal: 'odoo.stock.update.delay',
      unit: 'seconds',
      limit: 60,
      words: 'stock-update cannot be judged: the measurement failed',
      advice:
        'Repair the measurement: its query fails, its target is not reached, or it sends something else than was declared.',
    },
    { name: 'critical-alerts', verdict: 'pass', mode: 'act', words: 'critical-alerts: no alert fires' },
  ];
}

function exampleGuardrails(at: (minutes: number) => string): readonly GuardrailView[] {
  const base = {
    policy: 'checkout',
    environment: 'production',
    why: null,
    marks: { right: 0, wrong: 0, disputed: 0 },
    precision: null,
    floor: { floor: 0.5, marks: 5 },
    breaches: 0,
    lastBreach: null,
    proof: { by: 'watch', at: at(-600) },
    test: null,
    data: { returns: true, at: at(-1) },
  } as const;
  return [
    {
      ...base,
      guardrail: 'pos-sync-errors',
      signal: 'odoo.pos.sync.errors',
      declared: 'act',
      mode: 'act',
      words: 'may act, as declared; it was seen to breach in a watch',
      marks: { right: 4, wrong: 1, disputed: 0 },
      precision: { value: 0.8, low: 0.2836, high: 0.9949 },
      breaches: 6,
    },
    {
      ...base,
      guardrail: 'order-success',
      signal: 'odoo.order.success',
      declared: 'act',
      mode: 'propose',
      why: 'no-breach-shown',
      proof: null,
      words: 'declared act, but may only propose: it was never seen to breach',
    },
  ];
}

function exampleRelease(more: Partial<ReleaseView>): ReleaseView {
  return {
    id: 'rel_x',
    revision: 7,
    name: 'x',
    tenant: 'acme-retail',
    workload: 'odoo-retail',
    environment: 'production',
    phase: 'live',
    components: [{ component: 'odoo-web', version: '17.0-2026.11.2' }],
    previous: {
      release: 'rel_5',
      components: [
        { component: 'odoo-web', version: '17.0-2026.11.1' },
        { component: 'odoo-pos', version: '17.0-2026.11.1' },
      ],
    },
    criticality: 'medium',
    reversibility: 'yes',
    policy: 'checkout',
    registeredAt: '2026-11-23T09:00:00.000Z',
    startedAt: null,
    liveAt: null,
    verdict: 'pending',
    final: false,
    decision: null,
    proposal: null,
    rollback: null,
    guardrails: [],
    ...more,
  };
}

/** A value that belongs to a minute and never changes, so that pictures can be compared. */
function wobble(i: number): number {
  const x = Math.sin(i * 12.9898) * 43_758.5453;
  return x - Math.floor(x);
}

function exampleSeries(release: string, nowMs: number): SeriesView {
  const isBad = release === RELEASE_ID;
  const minutes = Array.from({ length: 46 }, (_, i) => i - 45);
  const series = (
    name: string,
    unit: string,
    badDirection: 'high' | 'low',
    baseline: number | null,
    limit: number | null,
    value: (m: number, i: number) => number | null,
  ) => ({
    name,
    signal: `odoo.${name}`,
    unit: unit === 'ratio' ? 'orders' : unit,
    form: unit === 'ratio' ? ('share' as const) : ('value' as const),
    badDirection,
    baseline,
    limit,
    points: minutes.map((m, i) => ({
      at: new Date(nowMs + m * MINUTE).toISOString(),
      value: value(m, i),
      of: 40 + Math.round(wobble(i) * 30),
    })),
  });
  return {
    release,
    startedAt: new Date(nowMs - 14 * MINUTE).toISOString(),
    liveAt: new Date(nowMs - 12 * MINUTE).toISOString(),
    guardrails: [
      series('pos-sync-errors', 'ratio', 'high', 0.006, 0.0066, (m, i) =>
        m < -13 || !isBad ? 0.003 + wobble(i) * 0.008 : 0.05 + wobble(i) * 0.05 + (m + 13) * 0.003,
      ),
      series('order-success', 'ratio', 'low', 0.972, 0.969, (m, i) =>
        m < -13 || !isBad ? 0.965 + wobble(i + 90) * 0.02 : 0.9 - (m + 13) * 0.006 + wobble(i) * 0.03,
      ),
      series('checkout-latency', 'seconds', 'high', null, 1, (_m, i) => 0.34 + wobble(i + 50) * 0.1),
      series('stock-update', 'seconds', 'high', null, 60, (m, i) =>
        m > -9 || (m > -25 && m < -20) ? null : 2 + wobble(i) * 3,
      ),
    ],
  };
}

function exampleProposal(release: ReleaseView, at: (minutes: number) => string): ProposalView {
  const [sync, orders, latency, stock, alerts] = release.guardrails as readonly [
    GuardrailReport,
    GuardrailReport,
    GuardrailReport,
    GuardrailReport,
    GuardrailReport,
  ];
  return {
    id: PROPOSAL_ID,
    revision: 3,
    state: 'open',
    openedAt: at(-8),
    expiresAt: at(7),
    onExpiry: 'hold',
    recovering: false,
    headline:
      'pos-sync-errors rose from 0.6 % to 9.4 % (113 of 1 204 since 09:31), and 1 more guardrail in breach; 4 min after odoo-2026.11.3 went live',
    release: {
      id: release.id,
      name: release.name,
      environment: 'production',
      workload: 'odoo-retail',
      components: release.components,
      liveAt: release.liveAt,
      startedBy: 'ci-pipeline',
    },
    previous: { release: 'rel_5', name: 'odoo-2026.11.1', components: release.previous?.components ?? [] },
    evidence: [sync, orders],
    passing: [latency, alerts],
    unknown: [stock],
    evidenceDigest: 'e1',
    plan: {
      planId: 'pln_1',
      steps: [
        {
          what: 'Put odoo-web and odoo-pos back to 17.0-2026.11.1',
          target: 'shop',
          seconds: 40,
          reversible: 'yes',
          loses: 'loyalty points collected since 09:31',
        },
      ],
      notUndone: ['The column pos_order.loyalty_id stays in the database.'],
    },
    planDigest: 'd1',
    ifNothing: 'If nobody decides by 10:05 UTC, odoo-2026.11.3 stays as it is and its verdict stays fail.',
    alternatives: ['Switch the feature off, and leave the version in place.', 'Roll forward with a corrected version.'],
    acknowledgement: null,
    approvalsNeeded: 1,
    approvals: [],
    comments: [{ by: 'shops-lead', at: at(-5), text: 'Tills in Lyon 2 and Lille show orders stuck since the switch.' }],
    eligible: { may: true },
    ended: null,
    links: { page: `https://parapet.example/proposals/${PROPOSAL_ID}` },
  };
}

function answered(
  proposal: ProposalView,
  answer: string,
  words: string,
  at: (minutes: number) => string,
): ProposalView {
  const by = 'on-call';
  switch (answer) {
    case 'acknowledge':
      return { ...proposal, acknowledgement: { by, until: at(5) } };
    case 'unacknowledge':
      return { ...proposal, acknowledgement: null };
    case 'comment':
      return { ...proposal, comments: [...proposal.comments, { by, at: at(0), text: words }] };
    case 'approve':
      return {
        ...proposal,
        state: 'approved',
        approvals: [{ by, at: at(0), reason: words }],
        ended: { end: 'approved', by: [by], at: at(0), reason: words },
      };
    default:
      return { ...proposal, state: 'rejected', ended: { end: 'rejected', by: [by], at: at(0), reason: words } };
  }
}

/** One alert of the bad release that is in doubt, one that may be of two releases, and one of another release. */
export function exampleAlerts(at: (minutes: number) => string): AlertsView {
  const alert = (fingerprint: string, name: string, over: Partial<AlertEpisodeView>): AlertEpisodeView => ({
    source: 'shop-alertmanager',
    fingerprint,
    episode: 1,
    name,
    summary: null,
    labels: { alertname: name },
    state: 'firing',
    since: at(-6),
    startsAt: at(-8),
    attachment: { kind: 'attached', release: { id: RELEASE_ID, name: 'odoo-2026.11.3' } },
    settleable: false,
    word: null,
    ...over,
  });
  return {
    environment: 'production',
    sources: [{ source: 'shop-alertmanager', health: 'alive', heardAt: at(0) }],
    incomplete: [],
    items: [
      alert('8f2c1d9e00aa11bb', 'CheckoutErrors', {
        state: 'unseen',
        settleable: true,
        summary: 'The checkout fails in 6 % of carts.',
      }),
      alert('1111111111111111', 'QueueTooLong', {
        attachment: {
          kind: 'unattached',
          candidates: [
            { id: RELEASE_ID, name: 'odoo-2026.11.3' },
            { id: 'rel_2', name: 'odoo-2026.11.4-hotfix' },
          ],
        },
      }),
      alert('2222222222222222', 'OfAnotherRelease', {
        attachment: { kind: 'attached', release: { id: 'rel_2', name: 'odoo-2026.11.4-hotfix' } },
      }),
    ],
    more: 0,
  };
}

/** An event as release-control streams it. */
export function exampleEvent(sequence: number, type: string, time: string, data: Record<string, unknown>): CloudEvent {
  return {
    specversion: '1.0',
    id: `evt_${sequence}`,
    source: '/parapet/acme-retail/production',
    type: `dev.parapet.${type}.v1`,
    subject: RELEASE_ID,
    time,
    datacontenttype: 'application/json',
    dataschema: `https://parapet.dev/schemas/${type}.v1.json`,
    sequence: String(sequence).padStart(12, '0'),
    partitionkey: RELEASE_ID,
    journalseq: String(sequence),
    journalhash: '0'.repeat(64),
    data,
  };
}

function exampleEvents(at: (minutes: number) => string): CloudEvent[] {
  const reports = exampleReports();
  const rows: readonly [string, number, Record<string, unknown>][] = [
    [
      'release.registered',
      -15,
      {
        name: 'odoo-2026.11.3',
        components: [
          { component: 'odoo-web', version: '17.0-2026.11.3' },
          { component: 'odoo-pos', version: '17.0-2026.11.3' },
        ],
        origin: 'api',
      },
    ],
    ['readiness.assessed', -14.9, { ready: true, checks: [] }],
    ['release.phase-changed', -14, { from: 'registered', to: 'deploying', by: 'ci-pipeline' }],
    ['release.phase-changed', -12, { from: 'deploying', to: 'live', by: 'ci-pipeline' }],
    ['verdict.changed', -8.2, { from: 'pending', to: 'fail', final: false, guardrails: reports }],
    [
      'decision.made',
      -8.1,
      { outcome: 'propose', rule: 'medium criticality asks a person', criticality: 'medium', reversibility: 'partly' },
    ],
    [
      'proposal.opened',
      -8,
      {
        proposal: PROPOSAL_ID,
        headline:
          'pos-sync-errors rose from 0.6 % to 9.4 % (113 of 1 204 since 09:31), and 1 more guardrail in breach; 4 min after odoo-2026.11.3 went live',
        ifNothing: 'If nobody decides by 10:05 UTC, odoo-2026.11.3 stays as it is.',
      },
    ],
    [
      'proposal.commented',
      -5,
      { by: 'shops-lead', text: 'Tills in Lyon 2 and Lille show orders stuck since the switch.' },
    ],
  ];
  return rows.map(([type, minutes, data], i) => exampleEvent(i + 1, type, at(minutes), data));
}
