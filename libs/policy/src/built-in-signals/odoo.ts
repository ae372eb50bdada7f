import type { SignalDeclaration } from '@parapet/signals';
import { ODOO_RPC_KPIS, ODOO_RPC_SETTINGS_KPIS } from '../schema/probes/odoo-rpc.js';
import type { ODOO_KPIS } from '../schema/probes/odoo-sql.js';
import type { BuiltInSignal, SignalForm } from './built-in-signal.js';

/** The nominal time between two runs of a probe, unless it says otherwise. */
const EVERY_MS = 60_000;

type OdooKpiName = (typeof ODOO_KPIS)[number];
const BY_RPC: ReadonlySet<string> = new Set([...ODOO_RPC_KPIS, ...ODOO_RPC_SETTINGS_KPIS]);

function odoo(
  kpi: OdooKpiName,
  name: string,
  form: SignalForm,
  badDirection: SignalDeclaration['badDirection'],
  unit: string,
  dimensions: readonly string[],
): BuiltInSignal {
  const timing = { temporality: 'delta', intervalMs: EVERY_MS, latenessMs: 4 * EVERY_MS } as const;
  return {
    kpi,
    name,
    form,
    badDirection,
    unit,
    dimensions,
    probe: 'odoo-sql',
    alsoBy: BY_RPC.has(kpi) ? ['odoo-rpc'] : [],
    ...timing,
  };
}

/** Gauges `odoo.<prefix>.<column>` of odoo-kpis 3, each with its bad direction and unit. */
function columns(
  kpi: OdooKpiName,
  prefix: string,
  all: Readonly<Record<string, readonly [bad: SignalDeclaration['badDirection'], unit: string]>>,
): readonly BuiltInSignal[] {
  return Object.entries(all).map(([column, [bad, unit]]) =>
    odoo(kpi, `odoo.${prefix}.${column}`, 'gauge', bad, unit, ['company']),
  );
}

/** What probes of Odoo measure. */
export const ODOO_SIGNALS: readonly BuiltInSignal[] = [
  odoo('order-success', 'odoo.order.success', 'proportion', 'low', 'orders', ['company']),
  odoo('payment-success', 'odoo.payment.success', 'proportion', 'low', 'payments', ['company']),
  odoo('orders-confirmed', 'odoo.order.confirmed', 'rate', 'low', 'orders', ['company']),
  ...columns('paid-not-confirmed', 'paid_not_confirmed', { orders: ['high', 'orders'], oldest_s: ['high', 'seconds'] }),
  ...columns('backend-funnel', 'backend_funnel', {
    created: ['low', 'orders'],
    confirmed: ['low', 'orders'],
    sent: ['high', 'orders'],
    cancelled: ['high', 'orders'],
    confirmed_of_submitted: ['low', 'share'],
  }),
  ...columns('checkout-duration', 'checkout_duration', {
    n: ['low', 'orders'],
    p50_s: ['high', 'seconds'],
    p95_s: ['high', 'seconds'],
  }),
  odoo('pos-sync', 'odoo.pos.sync.errors', 'proportion', 'high', 'orders', ['company']),
  odoo('pos-sync', 'odoo.pos.sync.delay', 'gauge', 'high', 'seconds', ['company', 'till']),
  odoo('pos-sync', 'odoo.pos_sync.p50_s', 'gauge', 'high', 'seconds', ['company', 'till']),
  odoo('pos-sync', 'odoo.pos_sync.clock_ahead', 'gauge', 'high', 'orders', ['company', 'till']),
  odoo('pos-sync', 'odoo.pos.orders', 'rate', 'low', 'orders', ['company']),
  ...columns('pos-broken', 'pos_broken', {
    paid_drafts: ['high', 'orders'],
    payment_mismatch: ['high', 'orders'],
    failed_pickings: ['high', 'transfers'],
  }),
  ...columns('pos-sessions', 'pos_broken', {
    rescue_open: ['high', 'sessions'],
    rescue_new: ['high', 'sessions'],
    stuck_closing: ['high', 'sessions'],
    open_over_24h: ['high', 'sessions'],
  }),
  ...columns('pos-sequence-gaps', 'pos_sequence_gaps', { missing: ['high', 'orders'], sessions: ['low', 'sessions'] }),
  odoo('pos-silence', 'odoo.pos_silence.silent_s', 'gauge', 'high', 'seconds', ['company', 'till']),
  ...columns('pos-duplicates', 'pos_duplicates', { groups: ['high', 'orders'], extra: ['high', 'orders'] }),
  odoo('stock-update', 'odoo.stock.update.delay', 'gauge', 'high', 'seconds', ['company', 'mode']),
  ...columns('stock-sanity', 'stock_sanity', {
    negative_quants: ['high', 'quants'],
    negative_qty: ['low', 'pieces'],
    over_reserved: ['high', 'quants'],
  }),
  ...columns('reservation-latency', 'reservation_latency', {
    n: ['low', 'lines'],
    p50_s: ['high', 'seconds'],
    p95_s: ['high', 'seconds'],
    max_s: ['high', 'seconds'],
  }),
  ...columns('reservation-backlog', 'reservation_backlog', {
    moves: ['high', 'lines'],
    partial: ['high', 'lines'],
    oldest_s: ['high', 'seconds'],
  }),
  ...columns('price-config', 'price_config_diff', {
    products: ['low', 'products'],
    not_comparable: ['high', 'products'],
    differ: ['high', 'products'],
    zero_price: ['high', 'products'],
  }),
  ...columns('price-sold', 'price_sold_diff', { products: ['low', 'products'], differ: ['high', 'products'] }),
  ...columns('zero-price', 'zero_price_lines', { sale_lines: ['high', 'lines'], pos_lines: ['high', 'lines'] }),
  ...columns('queue-job', 'queue_job', {
    waiting: ['high', 'jobs'],
    oldest_wait_s: ['high', 'seconds'],
    zombies: ['high', 'jobs'],
    failed: ['high', 'jobs'],
    done: ['low', 'jobs'],
    wait_p95_s: ['high', 'seconds'],
  }),
  odoo('queues', 'odoo.queue.depth', 'gauge', 'high', 'jobs', ['company', 'queue']),
  odoo('queues', 'odoo.queue.oldest_s', 'gauge', 'high', 'seconds', ['company', 'queue']),
  ...columns('mail-queue', 'mail_queue', {
    overdue: ['high', 'mails'],
    oldest_s: ['high', 'seconds'],
    failed: ['high', 'mails'],
  }),
  ...columns('cron-health', 'cron_health', {
    overdue: ['high', 'jobs'],
    max_overdue_s: ['high', 'seconds'],
    watched_inactive: ['high', 'jobs'],
    modules_pending: ['high', 'modules'],
  }),
  ...columns('cron-failing', 'cron_failing', {
    failing: ['high', 'jobs'],
    max_failures: ['high', 'failures'],
    failing_for_s: ['high', 'seconds'],
  }),
  ...columns('logged-errors', 'logged_errors', {
    errors: ['high', 'lines'],
    cron_errors: ['high', 'lines'],
    pos_messages: ['high', 'lines'],
  }),
  ...columns('invoices', 'invoices', {
    n: ['low', 'invoices'],
    posted: ['low', 'invoices'],
    overdue_drafts: ['high', 'invoices'],
  }),
];
