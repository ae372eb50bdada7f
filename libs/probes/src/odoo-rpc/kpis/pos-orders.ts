import type { InstantMs } from '@parapet/kernel';
import { type Domain, idOf, instantOf, type OdooRecord, utcText } from '../odoo.js';
import {
  byWindow,
  countWhere,
  type JudgedWindow,
  ofCompany,
  ofPresent,
  percentile,
  type Question,
  recordsInSpan,
  type Row,
  type RpcKpi,
} from './question.js';

const PAID = ['paid', 'done', 'invoiced'];
const isPaid = ({ state }: OdooRecord) => PAID.includes(String(state));
const money = (order: OdooRecord, field: string) => Number(order[field]);

/** POS orders of every company that the user sees: holes in their numbers belong to none. */
async function allOrders(question: Question, fields: readonly string[]): Promise<readonly OdooRecord[]> {
  return await recordsInSpan(question, 'pos.order', 'create_date', [], ['state', 'company_id', ...fields]);
}

function ofOwn({ settings }: Question, orders: readonly OdooRecord[]): readonly OdooRecord[] {
  return settings.company === null ? orders : orders.filter((order) => idOf(order, 'company_id') === settings.company);
}

/** odoo-kpis 3.5 and 3.6. */
export const posSync: RpcKpi = async (question) => {
  const orders = await allOrders(question, ['session_id', 'config_id', 'date_order', 'amount_paid', 'amount_total']);
  const own = ofOwn(question, orders);
  const paidMs = await paymentsMs(question, own.filter(isPaid));
  const before = await numberedBefore(question, orders);
  return {
    pos_sync: byWindow(question, own.filter(isPaid), 'create_date', (inside) => tillRows(question, inside, paidMs)),
    payment_mismatch: byWindow(question, own, 'create_date', (inside) => [mismatchRow(question, inside)]),
    pos_gaps: byWindow(question, orders, 'create_date', (inside) => [gapRow(inside, orders, before)]),
  };
};

/** When the newest payment of each order was stored; from 18 an order may be stored as a draft first. */
async function paymentsMs(question: Question, orders: readonly OdooRecord[]): Promise<ReadonlyMap<number, InstantMs>> {
  if (!(await question.odoo.fields('pos.order')).has('uuid')) return new Map();
  const ids = orders.map(({ id }) => id as number);
  if (ids.length === 0) return new Map();
  const payments = await question.odoo.records(
    'pos.payment',
    [['pos_order_id', 'in', ids]],
    ['pos_order_id', 'create_date'],
  );
  const newest = new Map<number, InstantMs>();
  for (const payment of payments) {
    const [order, atMs] = [idOf(payment, 'pos_order_id'), instantOf(payment, 'create_date')];
    if (order !== null && atMs !== null) newest.set(order, Math.max(atMs, newest.get(order) ?? 0));
  }
  return newest;
}

function tillRows(
  { settings }: Question,
  orders: readonly OdooRecord[],
  paidMs: ReadonlyMap<number, InstantMs>,
): readonly Row[] {
  const tills = new Map<number, number[]>();
  for (const order of orders) {
    const [till, soldMs, storedMs] = [
      idOf(order, 'config_id'),
      instantOf(order, 'date_order'),
      instantOf(order, 'create_date'),
    ];
    if (till === null || soldMs === null || storedMs === null) continue;
    const arrivedMs = Math.max(storedMs, paidMs.get(order.id as number) ?? storedMs);
    tills.set(till, [...(tills.get(till) ?? []), (arrivedMs - soldMs) / 1000]);
  }
  return [...tills]
    .sort(([a], [b]) => a - b)
    .map(([config_id, delays]) => {
      const positive = delays.map((delay) => Math.max(0, delay));
      return {
        config_id,
        n: delays.length,
        p50_s: percentile(positive, 0.5),
        p95_s: percentile(positive, 0.95),
        late: delays.filter((delay) => delay > settings.lateSeconds).length,
        clock_ahead: delays.filter((delay) => delay < -settings.skewSeconds).length,
      };
    });
}

function mismatchRow({ settings }: Question, orders: readonly OdooRecord[]): Row {
  const isWrong = (order: OdooRecord) =>
    isPaid(order) && Math.abs(money(order, 'amount_paid') - money(order, 'amount_total')) > settings.mismatch;
  return { payment_mismatch: countWhere(orders, isWrong) };
}

/** The number of the last order before all windows; null where there is none. */
async function numberedBefore(question: Question, orders: readonly OdooRecord[]): Promise<number | null> {
  const [first] = orders.map(({ id }) => id as number).sort((a, b) => a - b);
  if (first === undefined) return null;
  const [before] = await question.odoo.records('pos.order', [['id', '<', first]], ['id'], {
    order: 'id desc',
    limit: 1,
  });
  return before === undefined ? null : (before.id as number);
}

/** Holes between the numbers of a window's orders, and before its first one; each is counted once, with the next order that arrived. */
function gapRow(inside: readonly OdooRecord[], all: readonly OdooRecord[], before: number | null): Row {
  const ids = inside.map(({ id }) => id as number);
  if (ids.length === 0) return { id_gap: 0, edge_gap: 0, n: 0 };
  const [first, last] = [Math.min(...ids), Math.max(...ids)];
  const earlier = [
    ...all.map(({ id }) => id as number).filter((id) => id < first),
    ...(before === null ? [] : [before]),
  ];
  const edge = earlier.length === 0 ? 0 : first - 1 - Math.max(...earlier);
  return { id_gap: last - first + 1 - ids.length, edge_gap: Math.max(0, edge), n: ids.length };
}

/** odoo-kpis 3.6: orders that arrived broken, and sales whose stock did not move. */
export const posBroken: RpcKpi = async (question) => {
  const { odoo, settings } = question;
  const orders = ofOwn(question, await allOrders(question, ['amount_paid', 'amount_total']));
  const beforeGrace = ({ asOfMs }: JudgedWindow): Domain => [
    ['create_date', '<', utcText(asOfMs - settings.grace)],
    ...ofCompany(question),
  ];
  return {
    pos_broken: await ofPresent(question, async (present) => [
      {
        paid_drafts: await odoo.count('pos.order', [
          ['state', '=', 'draft'],
          ['amount_paid', '!=', 0],
          ...beforeGrace(present),
        ]),
        failed_pickings: await odoo.count('stock.picking', [
          ['pos_session_id', '!=', false],
          ['state', 'in', ['waiting', 'confirmed', 'assigned']],
          ...beforeGrace(present),
        ]),
      },
    ]),
    payment_mismatch: byWindow(question, orders, 'create_date', (inside) => [mismatchRow(question, inside)]),
  };
};

/** odoo-kpis 3.8. */
export const posDuplicates: RpcKpi = async (question) => {
  const orders = ofOwn(question, await allOrders(question, ['session_id', 'date_order', 'amount_total', 'partner_id']));
  return {
    pos_duplicates: byWindow(question, orders, 'create_date', (inside) => {
      const alike = new Map<string, number>();
      for (const order of inside.filter(({ state }) => state !== 'cancel')) {
        const key = JSON.stringify([
          idOf(order, 'session_id'),
          order.date_order,
          order.amount_total,
          idOf(order, 'partner_id'),
        ]);
        alike.set(key, (alike.get(key) ?? 0) + 1);
      }
      const repeated = [...alike.values()].filter((count) => count > 1);
      return [{ groups: repeated.length, extra: repeated.reduce((sum, count) => sum + count - 1, 0) }];
    }),
  };
};
