import { MeasurementFailed } from '../probe.js';
import type { Query, Row } from '../sql/read-only-database.js';
import { describeShop, type OdooShop } from './detect.js';
import { joinNeeds, missingFrom, unreadableIn } from './dialect.js';
import { overWindows, type Statement } from './statements.js';

/** Refuses a KPI whose tables and columns the shop does not have, or the role may not read, and names them all. */
export function requireAll(kpi: string, statements: readonly Statement[], shop: OdooShop): void {
  const needs = joinNeeds(...statements.map((statement) => statement.needs));
  const missing = missingFrom(shop.columns, needs);
  if (missing.length > 0) {
    const text = `${kpi} needs ${missing.join(', ')}, which ${describeShop(shop)} does not have`;
    throw new MeasurementFailed('missing', text);
  }
  const unreadable = unreadableIn(shop.columns, needs);
  if (unreadable.length > 0) {
    // As a missing table it is the trouble of this KPI alone: the database itself let us in.
    throw new MeasurementFailed('missing', `${kpi} may not read ${unreadable.join(', ')}: parapet odoo grant-sql`);
  }
}

/** Runs statements over some windows, and counts the rows read. */
export class Reading {
  rows = 0;

  constructor(private readonly query: Query) {}

  /** The rows of each of so many windows. */
  async over(
    statement: Statement,
    parameters: Readonly<Record<string, unknown>>,
    windows: number,
  ): Promise<readonly (readonly Row[])[]> {
    const rows = await this.query(overWindows(statement.text), parameters);
    this.rows += rows.length;
    const byWindow: Row[][] = Array.from({ length: windows }, () => []);
    for (const row of rows) byWindow[Number(row.window_n) - 1]?.push(row);
    return byWindow;
  }
}
