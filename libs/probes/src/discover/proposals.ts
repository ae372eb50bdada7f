import type { SignalHistory } from './history.js';

/** A guardrail that is proposed, in the words of a GuardrailPolicy, and why it is as it is. */
export interface Proposal {
  readonly name: string;
  readonly signal: string;
  readonly test: Readonly<Record<string, unknown>>;
  readonly where?: Readonly<Record<string, string>>;
  readonly mode: 'observe' | 'propose';
  readonly required?: false;
  /** A sentence with the numbers that it rests on. */
  readonly why: string;
}

/** A share of bad ones: what the shop is used to decides how much is too much. */
interface ShareRule {
  readonly kind: 'share';
  readonly name: string;
  readonly signal: string;
  /** Of the count: the good ones or the bad ones. */
  readonly counts: 'good' | 'bad';
  readonly what: string;
  /** The share of bad ones that is too much where the shop has no history (odoo-kpis 3). */
  readonly startLimit: number;
}

/** A value that must not grow: twice what it usually is, and never below what is nothing to worry about. */
interface LevelRule {
  readonly kind: 'level';
  readonly name: string;
  readonly signal: string;
  readonly what: string;
  readonly where?: Readonly<Record<string, string>>;
  readonly floor: number;
}

/** Traffic: how much there is, which says nothing of how well it goes. */
interface TrafficRule {
  readonly kind: 'traffic';
  readonly name: string;
  readonly signal: string;
  readonly what: string;
}

type Rule = ShareRule | LevelRule | TrafficRule;

const RULES: readonly Rule[] = [
  {
    kind: 'share',
    name: 'order-success',
    signal: 'odoo.order.success',
    counts: 'good',
    what: 'shoppers who tried to pay got no order',
    startLimit: 0.1,
  },
  {
    kind: 'share',
    name: 'payment-success',
    signal: 'odoo.payment.success',
    counts: 'good',
    what: 'attempts to pay failed',
    startLimit: 0.2,
  },
  {
    kind: 'share',
    name: 'pos-sync-errors',
    signal: 'odoo.pos.sync.errors',
    counts: 'bad',
    what: 'orders of the tills came late, broken or not at all',
    startLimit: 0.05,
  },
  {
    kind: 'level',
    name: 'pos-sync-delay',
    signal: 'odoo.pos.sync.delay',
    what: 'seconds from a till to Odoo (95th percentile)',
    floor: 60,
  },
  {
    kind: 'level',
    name: 'stock-update-delay',
    signal: 'odoo.stock.update.delay',
    what: 'seconds from a sale to its stock move',
    where: { mode: 'realtime' },
    floor: 120,
  },
  {
    kind: 'level',
    name: 'paid-not-confirmed',
    signal: 'odoo.paid_not_confirmed.orders',
    what: 'orders paid and not confirmed',
    floor: 0.5,
  },
  {
    kind: 'level',
    name: 'pos-paid-drafts',
    signal: 'odoo.pos_broken.paid_drafts',
    what: 'POS orders paid and stored as drafts',
    floor: 0.5,
  },
  {
    kind: 'level',
    name: 'pos-failed-pickings',
    signal: 'odoo.pos_broken.failed_pickings',
    what: 'sales whose stock did not move',
    floor: 5,
  },
  {
    kind: 'level',
    name: 'pos-rescue-sessions',
    signal: 'odoo.pos_broken.rescue_open',
    what: 'sessions opened to rescue an order',
    floor: 0.5,
  },
  {
    kind: 'level',
    name: 'reservation-backlog',
    signal: 'odoo.reservation_backlog.moves',
    what: 'sold lines that wait for their stock',
    floor: 20,
  },
  {
    kind: 'level',
    name: 'jobs-overdue',
    signal: 'odoo.cron_health.overdue',
    what: 'scheduled jobs that did not run',
    floor: 0.5,
  },
  {
    kind: 'level',
    name: 'jobs-failing',
    signal: 'odoo.cron_failing.failing',
    what: 'scheduled jobs that fail again and again',
    floor: 0.5,
  },
  {
    kind: 'level',
    name: 'mail-overdue',
    signal: 'odoo.mail_queue.overdue',
    what: 'mails that wait too long',
    floor: 10,
  },
  {
    kind: 'level',
    name: 'queue-oldest',
    signal: 'odoo.queue_job.oldest_wait_s',
    what: 'seconds that the oldest job of the queue waits',
    floor: 900,
  },
  { kind: 'traffic', name: 'orders-confirmed', signal: 'odoo.order.confirmed', what: 'orders confirmed' },
];

/** With less of it a share says little: the relative test waits, and the limit is that of the method. */
const EVENTS_MIN = 30;

/** The guardrails for what a shop measures, with limits from what it is used to. */
export function proposedGuardrails(histories: readonly SignalHistory[]): readonly Proposal[] {
  const known = new Map(histories.map((one) => [one.signal, one]));
  return RULES.flatMap((rule) => {
    const history = known.get(rule.signal);
    return history === undefined ? [] : proposed(rule, history);
  });
}

function proposed(rule: Rule, history: SignalHistory): readonly Proposal[] {
  switch (rule.kind) {
    case 'share':
      return shareGuardrails(rule, history);
    case 'level':
      return [levelGuardrail(rule, history)];
    case 'traffic':
      return history.of > 0 ? [trafficGuardrail(rule, history)] : [];
  }
}

function shareGuardrails(
  { name, signal, counts, what, startLimit }: ShareRule,
  { count, of, hours }: SignalHistory,
): readonly Proposal[] {
  if (of === 0) return [];
  const bad = counts === 'good' ? of - count : count;
  const seen = `${bad} of ${of} ${what} in the ${hours} hours with any`;
  const isEnough = of >= EVENTS_MIN;
  const limit = isEnough ? Math.min(0.95, roundUp(upperShare(bad, of) + 0.05)) : startLimit;
  return [
    {
      name,
      signal,
      test: { kind: 'proportion', against: 'auto', worseBy: 0.1 },
      mode: 'propose',
      why: `Not more often than before the release: ${seen}.`,
    },
    {
      name: `${name}-limit`,
      signal,
      test: { kind: 'proportion', against: 'limit', limit },
      mode: 'propose',
      why: isEnough
        ? `Whatever was before: ${seen}; the most that this allows for by chance, and five points.`
        : `Whatever was before: only ${seen}, so that the limit is one to begin with.`,
    },
  ];
}

function levelGuardrail(
  { name, signal, what, where, floor }: LevelRule,
  { usual, largest, hours }: SignalHistory,
): Proposal {
  const isKnown = usual !== null && largest !== null;
  const above = isKnown ? Math.max(floor, roundUp(2 * usual, 1)) : floor;
  const seen = isKnown
    ? `usually up to ${shown(usual)}, once ${shown(largest)}, in ${hours} ${hours === 1 ? 'measurement' : 'measurements'}`
    : 'not seen yet';
  return {
    name,
    signal,
    // A half: of what should never be, one is too many.
    test: { kind: 'threshold', above, clearBelow: above / 2, for: '2m', maxGap: '3m' },
    ...(where === undefined ? {} : { where }),
    mode: isKnown ? 'propose' : 'observe',
    ...(isKnown ? { required: false as const } : {}),
    why: `${what[0]?.toUpperCase()}${what.slice(1)}: ${seen}.`,
  };
}

function trafficGuardrail({ name, signal, what }: TrafficRule, { count, of, hours }: SignalHistory): Proposal {
  const aDay = Math.round((count / of) * 86_400);
  return {
    name,
    signal,
    test: { kind: 'rate', against: 'baseline', windows: ['same-hours'], worseBy: 0.5 },
    mode: 'observe',
    why: `About ${aDay} ${what} a day, of ${hours} hours; people decide about it, so it is only watched.`,
  };
}

/** The upper end of a 95 % interval of Wilson: what the share may be although less was seen. */
export function upperShare(bad: number, of: number): number {
  const z = 1.96;
  const share = bad / of;
  const middle = share + z ** 2 / (2 * of);
  const half = z * Math.sqrt((share * (1 - share)) / of + z ** 2 / (4 * of ** 2));
  return (middle + half) / (1 + z ** 2 / of);
}

function roundUp(value: number, step = 0.01): number {
  return Math.round(Math.ceil(Number((value / step).toPrecision(12))) * step * 1e6) / 1e6;
}

const shown = (value: number): string => String(Math.round(value * 10) / 10);
