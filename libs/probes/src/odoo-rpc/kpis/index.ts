import type { RpcKpiName } from '../config.js';
import { cronFailing, cronHealth, invoices, mailQueue } from './back-office.js';
import { backendFunnel, checkoutDuration, ordersConfirmed, orderSuccess } from './orders.js';
import { paidNotConfirmed, paymentSuccess } from './payments.js';
import { posBroken, posDuplicates, posSync } from './pos-orders.js';
import { posSessions, posSilence } from './pos-sessions.js';
import type { RpcKpi } from './question.js';
import { reservationBacklog, reservationLatency, stockUpdate } from './stock.js';

/** How each KPI is asked of Odoo's API; what its rows mean, and which samples they make, is said where SQL says it. */
export const RPC_KPIS: Readonly<Record<RpcKpiName, RpcKpi>> = {
  'order-success': orderSuccess,
  'payment-success': paymentSuccess,
  'paid-not-confirmed': paidNotConfirmed,
  'orders-confirmed': ordersConfirmed,
  'backend-funnel': backendFunnel,
  'checkout-duration': checkoutDuration,
  'pos-sync': posSync,
  'pos-broken': posBroken,
  'pos-sessions': posSessions,
  'pos-silence': posSilence,
  'pos-duplicates': posDuplicates,
  'stock-update': stockUpdate,
  'reservation-latency': reservationLatency,
  'reservation-backlog': reservationBacklog,
  invoices,
  'mail-queue': mailQueue,
  'cron-health': cronHealth,
  'cron-failing': cronFailing,
};
