import type { InstantMs } from '@parapet/kernel';
import type { Window } from '../../windows.js';
import type { OdooRpcSettings } from '../config.js';
import { type Domain, instantOf, type Odoo, type OdooRecord, utcText } from '../odoo.js';

/** A row as the SQL of the same KPI answers it. */
export type Row = Readonly<Record<string, unknown>>;
/** A window, and the instant at which it is judged. */
export interface JudgedWindow extends Window {
  readonly asOfMs: InstantMs;
}

/** What is asked of an Odoo for one KPI. */
export interface Question {
  readonly odoo: Odoo;
  readonly settings: OdooRpcSettings;
  readonly windows: readonly JudgedWindow[];
  /** The newest window, while it is the present; what was so in the past nobody can tell any more. */
  readonly present: JudgedWindow | null;
}

/** The rows of each window, by the name of the SQL statement that says the same; null where nobody can tell. */
export type Answer = Readonly<Record<string, readonly (readonly Row[] | null)[]>>;

/** One KPI by Odoo's API: other questions than those of SQL, the same rows. */
export type RpcKpi = (question: Question) => Promise<Answer>;

/** Records with an instant within all windows together. */
export async function recordsInSpan(
  { odoo, windows }: Question,
  model: string,
  field: string,
  domain: Domain,
  fields: readonly string[],
): Promise<readonly OdooRecord[]> {
  const from = utcText(Math.min(...windows.map(({ fromMs }) => fromMs)));
  const to = utcText(Math.max(...windows.map(({ toMs }) => toMs)));
  return await odoo.records(
    model,
    [[field, '>=', from], [field, '<', to], ...domain],
    [...new Set([field, ...fields])],
  );
}

/**
 * The rows of each window, made of the records with an instant in it. Windows begin and end on whole seconds, so that an instant cut
 * to its second lies in the same one.
 */
export function byWindow(
  { windows }: Question,
  records: readonly OdooRecord[],
  field: string,
  rowsOf: (records: readonly OdooRecord[], window: JudgedWindow) => readonly Row[],
): readonly (readonly Row[])[] {
  return windows.map((window) => {
    const inside = records.filter((record) => {
      const atMs = instantOf(record, field);
      return atMs !== null && atMs >= window.fromMs && atMs < window.toMs;
    });
    return rowsOf(inside, window);
  });
}

/** The row of the present, and null for every window of the past. */
export async function ofPresent(
  { windows, present }: Question,
  rowOf: (present: JudgedWindow) => Promise<readonly Row[]>,
): Promise<readonly (readonly Row[] | null)[]> {
  const rows = present === null ? null : await rowOf(present);
  return windows.map((window) => (window === present ? rows : null));
}

/** Of one company, where the probe is limited to one. */
export function ofCompany({ settings }: Question, field = 'company_id'): Domain {
  return settings.company === null ? [] : [[field, '=', settings.company]];
}

/** Not of partners who only test. */
export function noTests({ settings }: Question): Domain {
  return settings.testPartners.length === 0 ? [] : [['partner_id', 'not in', settings.testPartners]];
}

/** Orders placed by our own checks carry this reference. */
const TEST_REF = 'rg-probe:';

/** Whether an order was not placed by our own checks. */
export function isTrade(order: OdooRecord): boolean {
  const reference = order.client_order_ref;
  return typeof reference !== 'string' || !reference.startsWith(TEST_REF);
}

/** Seconds from one instant to another; null where one is not known. */
export function secondsBetween(fromMs: InstantMs | null, toMs: InstantMs | null): number | null {
  return fromMs === null || toMs === null ? null : (toMs - fromMs) / 1000;
}

/** Linear interpolation, as `percentile_cont`; null of nothing. */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  const place = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(place)] as number, sorted[Math.ceil(place)] as number];
  return Math.round((low + (high - low) * (place - Math.floor(place))) * 1000) / 1000;
}

/** How many records say so. */
export function countWhere(records: readonly OdooRecord[], says: (record: OdooRecord) => boolean): number {
  return records.filter(says).length;
}
