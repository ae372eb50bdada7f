import { type Domain, idOf, instantOf, type Odoo, type OdooRecord, utcText } from '../odoo.js';
import {
  byWindow,
  ofCompany,
  ofPresent,
  percentile,
  recordsInSpan,
  type Row,
  type RpcKpi,
  secondsBetween,
} from './question.js';

/** odoo-kpis 3.10. `date_done` has whole seconds, as all that the API tells: a delay may read a second long. */
export const stockUpdate: RpcKpi = async (question) => {
  const { odoo, settings } = question;
  const sold: Domain = [['state', '=', 'done'], '|', ['pos_order_id', '!=', false], ['pos_session_id', '!=', false]];
  const domain = [...sold, ...ofCompany(question)];
  const pickings = await recordsInSpan(question, 'stock.picking', 'date_done', domain, [
    'pos_order_id',
    'pos_session_id',
  ]);
  const idsOf = (field: string) => pickings.flatMap((picking) => idOf(picking, field) ?? []);
  const orderMs = instants(await odoo.recordsOf('pos.order', idsOf('pos_order_id'), ['create_date']), 'create_date');
  const sessionMs = instants(await odoo.recordsOf('pos.session', idsOf('pos_session_id'), ['stop_at']), 'stop_at');
  const companies: Domain = settings.company === null ? [] : [['id', '=', settings.company]];
  const field = 'point_of_sale_update_stock_quantities';
  const modes = (await odoo.records('res.company', companies, [field])).map((company) => modeOf(company[field]));
  const rowsOf = (inside: readonly OdooRecord[]): readonly Row[] => {
    const delays = inside.flatMap((picking) => {
      const order = idOf(picking, 'pos_order_id');
      const beganMs = order === null ? sessionMs.get(idOf(picking, 'pos_session_id') ?? 0) : orderMs.get(order);
      const s = secondsBetween(beganMs ?? null, instantOf(picking, 'date_done'));
      return s === null ? [] : [{ mode: order === null ? 'closing' : 'realtime', s: Math.max(0, s) }];
    });
    return ['closing', 'realtime'].flatMap((mode) => {
      const own = delays.filter((delay) => delay.mode === mode).map(({ s }) => s);
      return own.length === 0 ? [] : [{ mode, n: own.length, max_s: Math.max(...own) }];
    });
  };
  const inUse = [...new Set(modes)].sort().map((mode) => ({ mode }));
  return {
    pos_stock_delay: byWindow(question, pickings, 'date_done', rowsOf),
    stock_modes: question.windows.map(() => inUse),
  };
};

const modeOf = (word: unknown): string => (word === 'closing' ? 'closing' : 'realtime');

function instants(records: readonly OdooRecord[], field: string): ReadonlyMap<number, number | null> {
  return new Map(records.map((record) => [record.id as number, instantOf(record, field)]));
}

/** Moves whose operation reserves at once: where it is planned or done by hand, waiting is no delay. */
async function reservedAtOnce(odoo: Odoo, prefix: string): Promise<Domain> {
  if (!(await odoo.fields('stock.picking.type')).has('reservation_method')) return [];
  return [
    '|',
    [`${prefix}picking_type_id`, '=', false],
    [`${prefix}picking_type_id.reservation_method`, 'not in', ['manual', 'by_date']],
  ];
}

/** odoo-kpis 3.9: sold lines that still wait for their stock; counted by Odoo, none is read but the oldest. */
export const reservationBacklog: RpcKpi = async (question) => {
  const { odoo, settings } = question;
  return {
    reservation_backlog: await ofPresent(question, async ({ asOfMs }) => {
      const waiting: Domain = [
        ['sale_line_id', '!=', false],
        ['create_date', '<', utcText(asOfMs - settings.reserveGrace)],
        ...ofCompany(question),
        ...(await reservedAtOnce(odoo, '')),
      ];
      const inStates = (states: readonly string[]): Domain => [['state', 'in', states], ...waiting];
      const all = inStates(['waiting', 'confirmed', 'partially_available']);
      const [oldest] = await odoo.records('stock.move', all, ['create_date'], { order: 'create_date', limit: 1 });
      const oldestMs = oldest === undefined ? asOfMs : instantOf(oldest, 'create_date');
      return [
        {
          moves: await odoo.count('stock.move', all),
          partial: await odoo.count('stock.move', inStates(['partially_available'])),
          oldest_s: secondsBetween(oldestMs, asOfMs),
        },
      ];
    }),
  };
};

/** odoo-kpis 3.9: a move is reserved when its first line is written; the new lines lead to the moves. */
export const reservationLatency: RpcKpi = async (question) => {
  const { odoo } = question;
  const sold: Domain = [
    ['move_id.sale_line_id', '!=', false],
    ['move_id.state', '!=', 'cancel'],
    ...ofCompany(question, 'move_id.company_id'),
    ...(await reservedAtOnce(odoo, 'move_id.')),
  ];
  const lines = await recordsInSpan(question, 'stock.move.line', 'create_date', sold, ['move_id']);
  const moves = lines.flatMap((line) => idOf(line, 'move_id') ?? []);
  const askedMs = instants(await odoo.recordsOf('stock.move', moves, ['create_date']), 'create_date');
  const from = utcText(Math.min(...question.windows.map(({ fromMs }) => fromMs)));
  const before =
    moves.length === 0
      ? []
      : await odoo.records(
          'stock.move.line',
          [
            ['move_id', 'in', [...new Set(moves)]],
            ['create_date', '<', from],
          ],
          ['move_id'],
        );
  const hadLines = new Set(before.map((line) => idOf(line, 'move_id')));
  const first = new Map<number, OdooRecord>();
  for (const line of [...lines].sort(
    (a, b) => (instantOf(a, 'create_date') ?? 0) - (instantOf(b, 'create_date') ?? 0),
  )) {
    const move = idOf(line, 'move_id');
    if (move !== null && !hadLines.has(move) && !first.has(move)) first.set(move, line);
  }
  return {
    reservation_latency: byWindow(question, [...first.values()], 'create_date', (inside) => {
      const seconds = inside.flatMap(
        (line) => secondsBetween(askedMs.get(idOf(line, 'move_id') ?? 0) ?? null, instantOf(line, 'create_date')) ?? [],
      );
      const max = seconds.length === 0 ? null : Math.max(...seconds);
      return [{ n: seconds.length, p50_s: percentile(seconds, 0.5), p95_s: percentile(seconds, 0.95), max_s: max }];
    }),
  };
};
