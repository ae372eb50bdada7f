import type { Sample, SampleValue } from '@parapet/signals';
import type { Window } from '../../windows.js';
import type { OdooSqlSettings } from '../config.js';
import type { Row } from '../../sql/read-only-database.js';
import { type Dialect, dialectOfVersion } from '../dialect.js';
import { gaugeOf, type SampleMaker } from '../samples.js';
import type { Statement } from '../statements.js';

/** One KPI of odoo-kpis 3: what it asks, when, and how the answer becomes samples. */
export interface OdooKpi {
  /** Every signal of it, by name on the wire. */
  readonly signals: readonly string[];
  /** How long after its end a window is measured: until what was begun in it had its time to end, or until late commits are in. */
  readonly settles: 'grace' | 'delay';
  /** Its value means nothing while the shop is closed. */
  readonly needsOpenShop: boolean;
  /** Where it means something at any hour: those of its signals that need an open shop. */
  readonly openShopSignals?: readonly string[];
  /** Tables of which only the newest rows are read: a window from before them cannot be measured. */
  tails(settings: OdooSqlSettings): readonly string[];
  statements(dialect: Dialect, settings: OdooSqlSettings): readonly Statement[];
  samples(facts: Facts): readonly Sample[];
  /** Columns that list the ids of what was found, and what those are: told to people, never a signal. */
  readonly ids?: Readonly<Record<string, string>>;
}

/** Whether nothing of a KPI can be asked of the past; so it is in every version. */
export function isOfPresent({ statements }: OdooKpi, settings: OdooSqlSettings): boolean {
  return statements(dialectOfVersion(19), settings).every(({ isPresent }) => isPresent === true);
}

/** What the statements of a KPI said of one window. */
export interface Facts {
  readonly maker: SampleMaker;
  readonly window: Window;
  readonly settings: OdooSqlSettings;
  /** The rows of a statement; null where it asks about the present and the window is past. */
  rows(statement: string): readonly Row[] | null;
  /** Notes of how many observations a sample was made, where its row counts them as `n`; gives the sample back. */
  sized(sample: Sample, row: Row): Sample;
}

/** The one row of a statement; null where it asks about the present and the window is past. */
export function rowOf(facts: Facts, statement: string): Row | null {
  const rows = facts.rows(statement);
  if (rows === null) return null;
  const [row] = rows;
  if (row === undefined) throw new Error(`${statement} answered no row`);
  return row;
}

/** The columns of a statement's one row as gauges `<prefix>.<column>`; a value can be made otherwise by `valueOf`. */
export function gaugesOf(
  facts: Facts,
  statement: string,
  prefix: string,
  columns: readonly string[],
  valueOf: (row: Row, column: string) => SampleValue = gaugeOf,
): readonly Sample[] {
  const row = rowOf(facts, statement);
  return columns.map((column) => {
    const value = row === null ? NOT_SEEN : valueOf(row, column);
    const sample = facts.maker.of(`${prefix}.${column}`, facts.window, value);
    return row === null || column === 'n' ? sample : facts.sized(sample, row);
  });
}

/** Nobody looked while it was so. */
export const NOT_SEEN: SampleValue = { kind: 'gap', reason: 'sensor-broken' };

/** The names of the gauges `<prefix>.<column>`. */
export function named(prefix: string, columns: readonly string[]): readonly string[] {
  return columns.map((column) => `${prefix}.${column}`);
}

/** For a KPI that reads no tail. */
export const noTails = (): readonly string[] => [];
