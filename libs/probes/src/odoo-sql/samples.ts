import { formatInstant } from '@parapet/kernel';
import type { Sample, SampleValue } from '@parapet/signals';
import type { Window } from '../windows.js';
import type { Kpi, OdooSqlSettings } from './config.js';
import type { Row } from './connection.js';

/** The signals of each KPI, by their names on the wire. */
export const SIGNALS = {
  'order-success': ['odoo.order.success'],
  'pos-sync': ['odoo.pos.sync.errors', 'odoo.pos.sync.delay', 'odoo.pos.orders'],
  'stock-update': ['odoo.stock.update.delay'],
} as const satisfies Record<Kpi, readonly string[]>;

/** Gives the samples of one probe their common parts: dimensions, time and key. */
export class SampleMaker {
  /** @param probe `<workload>/<probe>`, the beginning of every key */
  constructor(
    readonly probe: string,
    readonly company: number | null,
  ) {}

  /** A sample of a window; its key names signal, dimensions and window, so that a repeated measurement counts once. */
  of(signal: string, window: Window, value: SampleValue, dimensions: Readonly<Record<string, string>> = {}): Sample {
    const span = `${formatInstant(window.fromMs)}/${formatInstant(window.toMs)}`;
    return this.#sample(signal, window.toMs, value, dimensions, span);
  }

  /**
   * Says that a signal could not be measured. Its key is not that of the window: the window is measured later, and of
   * two samples with one key the first counts.
   */
  gap(signal: string, toMs: number): Sample {
    return this.#sample(signal, toMs, { kind: 'gap', reason: 'sensor-broken' }, {}, `gap/${formatInstant(toMs)}`);
  }

  #sample(
    signal: string,
    atMs: number,
    value: SampleValue,
    own: Readonly<Record<string, string>>,
    span: string,
  ): Sample {
    const dimensions = this.company === null ? own : { company: String(this.company), ...own };
    const tags = Object.entries(dimensions).map(([name, text]) => `${name}=${text}`);
    return { signal, atMs, value, dimensions, key: [this.probe, signal, ...tags, span].join('/') };
  }
}

/** 3.1 as samples: orders that were confirmed, of those whose shoppers tried to pay. */
export function orderSuccess(maker: SampleMaker, window: Window, row: Row): readonly Sample[] {
  const success = numberOf(row, 'success');
  const of = success + numberOf(row, 'failed') + numberOf(row, 'stuck');
  return [maker.of('odoo.order.success', window, { kind: 'count', count: success, of })];
}

/** What the POS statements said of one window. */
export interface PosRows {
  readonly tills: readonly Row[];
  readonly paymentMismatch: number;
  /** From the log where there is one, else from the holes in the row numbers. */
  readonly refused: number;
}

/** 3.5 and 3.6 as samples: orders late, broken or refused; delay per till; orders per time. */
export function posSync(
  maker: SampleMaker,
  window: Window,
  rows: PosRows,
  settings: Pick<OdooSqlSettings, 'samplesMin'>,
): readonly Sample[] {
  const arrived = rows.tills.reduce((sum, till) => sum + numberOf(till, 'n'), 0);
  const late = rows.tills.reduce((sum, till) => sum + numberOf(till, 'late'), 0);
  const of = arrived + rows.refused;
  // An order both late and underpaid is one bad order, and no proportion exceeds one.
  const bad = Math.min(late + rows.paymentMismatch + rows.refused, of);
  return [
    maker.of('odoo.pos.sync.errors', window, { kind: 'count', count: bad, of }),
    ...rows.tills.map((till) =>
      maker.of('odoo.pos.sync.delay', window, delayOf(till, settings.samplesMin), { till: String(till.config_id) }),
    ),
    maker.of('odoo.pos.orders', window, { kind: 'count', count: arrived, of: (window.toMs - window.fromMs) / 1000 }),
  ];
}

function delayOf(till: Row, samplesMin: number): SampleValue {
  const isEnough = numberOf(till, 'n') >= samplesMin;
  return isEnough ? { kind: 'gauge', value: numberOf(till, 'p95_s') } : { kind: 'gap', reason: 'too-few-samples' };
}

/** 3.10 as samples: the slowest stock move per mode; a mode in use without a move says so. */
export function stockUpdate(
  maker: SampleMaker,
  window: Window,
  rows: readonly Row[],
  modesInUse: readonly string[],
): readonly Sample[] {
  const measured = new Map(rows.map((row) => [String(row.mode), row]));
  return [...new Set([...modesInUse, ...measured.keys()])].sort().map((mode) => {
    const row = measured.get(mode);
    const value: SampleValue =
      row === undefined ? { kind: 'gap', reason: 'too-few-samples' } : { kind: 'gauge', value: numberOf(row, 'max_s') };
    return maker.of('odoo.stock.update.delay', window, value, { mode });
  });
}

/** A count or numeric of the database; throws where there is none, since absence is never 0. */
export function numberOf(row: Row, column: string): number {
  const value = row[column];
  const number = value === null || value === undefined || value === '' ? Number.NaN : Number(value);
  if (!Number.isFinite(number)) throw new Error(`column ${column} is ${String(value)}, not a number`);
  return number;
}
