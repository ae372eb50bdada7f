import type { InstantMs } from '@parapet/kernel';
import { type Domain, idOf, idsOf, instantOf, type Odoo, type OdooRecord, utcText } from '../odoo.js';
import { byWindow, noTests, ofCompany, ofPresent, type Question, recordsInSpan, type RpcKpi } from './question.js';

const WEEK_MS = 7 * 86_400_000;

/** The words for a payment in which versions differ; chosen by the fields there are, never by a version number. */
export interface PaymentWords {
  /** The field with the code of its provider. */
  readonly code: string;
  /** Where its company stands. */
  readonly company: string;
  /** When its state last changed. */
  readonly changed: string;
  /** Attempts to pay for an order, without refunds and card validations. */
  readonly attempts: Domain;
}

export async function paymentWords(odoo: Odoo): Promise<PaymentWords> {
  const fields = await odoo.fields('payment.transaction');
  const provider = fields.has('provider_id') ? 'provider_id' : 'acquirer_id';
  return {
    code: fields.has('provider_code') ? 'provider_code' : 'provider',
    company: fields.has('company_id') ? 'company_id' : `${provider}.company_id`,
    changed: fields.has('last_state_change') ? 'last_state_change' : 'date',
    // 15 replaced `type` by `operation`, which may be empty: then `not in` holds.
    attempts: fields.has('operation')
      ? [['operation', 'not in', ['refund', 'validation']]]
      : [['type', '!=', 'validation']],
  };
}

export type Outcome = 'success' | 'failed' | 'cancelled' | 'awaiting_offline' | 'stuck' | 'in_flight';

/** How an attempt to pay stands when it is judged. */
export function outcomeOf(
  payment: OdooRecord,
  words: PaymentWords,
  { settings }: Pick<Question, 'settings'>,
  asOfMs: InstantMs,
): Outcome {
  const { state } = payment;
  if (state === 'done' || state === 'authorized') return 'success';
  if (state === 'error') return 'failed';
  if (state === 'cancel') return 'cancelled';
  if (state === 'pending' && settings.offlineProviders.includes(String(payment[words.code]))) return 'awaiting_offline';
  const createdMs = instantOf(payment, 'create_date');
  return createdMs !== null && createdMs < asOfMs - settings.grace ? 'stuck' : 'in_flight';
}

/** odoo-kpis 3.2. */
export const paymentSuccess: RpcKpi = async (question) => {
  const words = await paymentWords(question.odoo);
  // `not in` keeps payments of nobody in particular, as Odoo takes it.
  const domain = [...words.attempts, ...ofCompany(question, words.company), ...noTests(question)];
  const payments = await recordsInSpan(question, 'payment.transaction', 'create_date', domain, ['state', words.code]);
  return {
    payment_outcome: byWindow(question, payments, 'create_date', (inside, { asOfMs }) => {
      const outcomes = inside.map((payment) => outcomeOf(payment, words, question, asOfMs));
      const count = (outcome: Outcome) => outcomes.filter((one) => one === outcome).length;
      return [{ success: count('success'), failed: count('failed'), stuck: count('stuck') }];
    }),
  };
};

/** odoo-kpis 3.3. Which orders are still quotations is asked of the orders: a payment may be for several. */
export const paidNotConfirmed: RpcKpi = async (question) => {
  const { odoo, settings } = question;
  const words = await paymentWords(odoo);
  return {
    paid_not_confirmed: await ofPresent(question, async ({ asOfMs }) => {
      const domain: Domain = [
        ['state', 'in', ['done', 'authorized']],
        ...words.attempts,
        ['create_date', '>=', utcText(asOfMs - WEEK_MS)],
        [words.changed, '<', utcText(asOfMs - settings.paidGrace)],
        ['sale_order_ids.state', 'in', ['draft', 'sent']],
      ];
      const payments = await odoo.records('payment.transaction', domain, ['sale_order_ids', words.changed]);
      const quotations: Domain = [['state', 'in', ['draft', 'sent']], ...ofCompany(question), ...noTests(question)];
      const ids = payments.flatMap((payment) => idsOf(payment, 'sale_order_ids'));
      const orders = new Set(
        (await odoo.recordsOf('sale.order', ids, ['id'], quotations)).map((order) => idOf(order, 'id')),
      );
      const paidMs = payments
        .filter((payment) => idsOf(payment, 'sale_order_ids').some((id) => orders.has(id)))
        .flatMap((payment) => instantOf(payment, words.changed) ?? []);
      return [{ orders: orders.size, oldest_s: paidMs.length === 0 ? 0 : (asOfMs - Math.min(...paidMs)) / 1000 }];
    }),
  };
};
