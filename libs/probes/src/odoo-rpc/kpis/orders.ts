import { type Domain, idsOf, instantOf, type OdooRecord } from '../odoo.js';
import { outcomeOf, paymentWords } from './payments.js';
import {
  byWindow,
  countWhere,
  isTrade,
  noTests,
  ofCompany,
  percentile,
  type Question,
  recordsInSpan,
  type RpcKpi,
  secondsBetween,
} from './question.js';

const CONFIRMED = ['sale', 'done'];
const isConfirmed = ({ state }: OdooRecord) => CONFIRMED.includes(String(state));
const ON_WEB: Domain = [['website_id', '!=', false]];

/** Orders of trade with an instant within the windows; our own checks are told by a reference that a domain cannot exclude everywhere. */
async function ordersInSpan(question: Question, field: string, domain: Domain, fields: readonly string[]) {
  const all = [...domain, ...ofCompany(question), ...noTests(question)];
  const orders = await recordsInSpan(question, 'sale.order', field, all, ['client_order_ref', ...fields]);
  return orders.filter(isTrade);
}

/** odoo-kpis 3.1: the newest attempt of each web order decides. */
export const orderSuccess: RpcKpi = async (question) => {
  const { odoo } = question;
  const words = await paymentWords(odoo);
  const orders = await ordersInSpan(question, 'create_date', ON_WEB, ['state', 'transaction_ids']);
  const ids = orders.filter((order) => !isConfirmed(order)).flatMap((order) => idsOf(order, 'transaction_ids'));
  const payments = await odoo.recordsOf(
    'payment.transaction',
    ids,
    ['state', 'create_date', words.code],
    words.attempts,
  );
  const byId = new Map(payments.map((payment) => [payment.id as number, payment]));
  const newestOf = (order: OdooRecord) => {
    const known = idsOf(order, 'transaction_ids').filter((id) => byId.has(id));
    return byId.get(Math.max(...known));
  };
  return {
    web_checkout: byWindow(question, orders, 'create_date', (inside, { asOfMs }) => {
      const row = { success: 0, failed: 0, stuck: 0 };
      for (const order of inside) {
        const payment = newestOf(order);
        if (isConfirmed(order)) row.success += 1;
        else if (payment !== undefined && order.state !== 'cancel') {
          const outcome = outcomeOf(payment, words, question, asOfMs);
          if (outcome === 'failed' || outcome === 'cancelled') row.failed += 1;
          // Paid, and the order is still a quotation: as bad as a payment that never ended.
          else if (outcome === 'stuck' || (outcome === 'success' && isOlder(payment, asOfMs - question.settings.grace)))
            row.stuck += 1;
        }
      }
      return [row];
    }),
  };
};

function isOlder(payment: OdooRecord, thanMs: number): boolean {
  const createdMs = instantOf(payment, 'create_date');
  return createdMs !== null && createdMs < thanMs;
}

/** odoo-kpis 3.4: `date_order` of a confirmed order is when it was confirmed. */
export const ordersConfirmed: RpcKpi = async (question) => {
  const orders = await ordersInSpan(question, 'date_order', [['state', 'in', CONFIRMED]], ['website_id']);
  return {
    orders_confirmed: byWindow(question, orders, 'date_order', (inside) => {
      const web = countWhere(inside, ({ website_id }) => website_id !== false);
      return [{ web, backend: inside.length - web }];
    }),
  };
};

/** odoo-kpis 3.4. */
export const backendFunnel: RpcKpi = async (question) => {
  const orders = await ordersInSpan(question, 'create_date', [['website_id', '=', false]], ['state']);
  return {
    backend_funnel: byWindow(question, orders, 'create_date', (inside) => {
      const submitted = countWhere(inside, ({ state }) => state !== 'draft');
      const confirmed = countWhere(inside, isConfirmed);
      return [
        {
          created: inside.length,
          confirmed,
          sent: countWhere(inside, ({ state }) => state === 'sent'),
          cancelled: countWhere(inside, ({ state }) => state === 'cancel'),
          confirmed_of_submitted: submitted === 0 ? null : Math.round((1e6 * confirmed) / submitted) / 1e6,
        },
      ];
    }),
  };
};

/** odoo-kpis 3.14: from the first attempt to pay to the confirmed order. */
export const checkoutDuration: RpcKpi = async (question) => {
  const orders = await ordersInSpan(
    question,
    'date_order',
    [...ON_WEB, ['state', 'in', CONFIRMED]],
    ['transaction_ids'],
  );
  const ids = orders.flatMap((order) => idsOf(order, 'transaction_ids'));
  const payments = await question.odoo.recordsOf('payment.transaction', ids, ['create_date']);
  const createdMs = new Map(payments.map((payment) => [payment.id as number, instantOf(payment, 'create_date')]));
  return {
    checkout_duration: byWindow(question, orders, 'date_order', (inside) => {
      const seconds = inside.flatMap((order) => {
        const begun = idsOf(order, 'transaction_ids').flatMap((id) => createdMs.get(id) ?? []);
        const took = begun.length === 0 ? null : secondsBetween(Math.min(...begun), instantOf(order, 'date_order'));
        return took === null ? [] : [Math.max(0, took)];
      });
      return [{ n: seconds.length, p50_s: percentile(seconds, 0.5), p95_s: percentile(seconds, 0.95) }];
    }),
  };
};
