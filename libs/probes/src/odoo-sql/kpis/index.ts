import type { Kpi } from '../config.js';
import { backendFunnel } from './backend-funnel.js';
import { checkoutDuration } from './checkout-duration.js';
import { cronFailing, cronHealth } from './cron.js';
import { invoices } from './invoices.js';
import type { OdooKpi } from './kpi.js';
import { loggedErrorsKpi } from './logged-errors.js';
import { mailQueue } from './mail-queue.js';
import { orderSuccess } from './order-success.js';
import { ordersConfirmed } from './orders-confirmed.js';
import { paidNotConfirmed } from './paid-not-confirmed.js';
import { paymentSuccess } from './payment-success.js';
import { posBroken } from './pos-broken.js';
import { posDuplicates } from './pos-duplicates.js';
import { posSequenceGapsKpi } from './pos-sequence-gaps.js';
import { posSessions } from './pos-sessions.js';
import { posSilence } from './pos-silence.js';
import { posSync } from './pos-sync.js';
import { priceConfig } from './price-config.js';
import { priceSold, zeroPrice } from './price-sold.js';
import { queueJob } from './queue-job.js';
import { queues } from './queues.js';
import { reservationBacklog, reservationLatency } from './reservation.js';
import { stockSanity } from './stock-sanity.js';
import { stockUpdate } from './stock-update.js';

/** Every KPI by the name that settings give it; the next one is a file beside these, a name in `ODOO_KPIS` and a line here. */
export const KPI_DEFINITIONS: Readonly<Record<Kpi, OdooKpi>> = {
  'order-success': orderSuccess,
  'payment-success': paymentSuccess,
  'paid-not-confirmed': paidNotConfirmed,
  'orders-confirmed': ordersConfirmed,
  'backend-funnel': backendFunnel,
  'checkout-duration': checkoutDuration,
  'pos-sync': posSync,
  'pos-broken': posBroken,
  'pos-sessions': posSessions,
  'pos-sequence-gaps': posSequenceGapsKpi,
  'pos-silence': posSilence,
  'pos-duplicates': posDuplicates,
  'stock-update': stockUpdate,
  'stock-sanity': stockSanity,
  'reservation-latency': reservationLatency,
  'reservation-backlog': reservationBacklog,
  'price-config': priceConfig,
  'price-sold': priceSold,
  'zero-price': zeroPrice,
  'queue-job': queueJob,
  queues,
  'mail-queue': mailQueue,
  'cron-health': cronHealth,
  'cron-failing': cronFailing,
  'logged-errors': loggedErrorsKpi,
  invoices,
};
