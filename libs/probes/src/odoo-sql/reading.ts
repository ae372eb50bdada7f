import { MeasurementFailed } from '../probe.js';
import type { Query, Row } from '../sql/read-only-database.js';
import { missingFrom, unreadableIn, type Columns } from './dialect.js';
import { overWindows, type Statement } from './statements.js';

/** Runs statements over some windows; refuses those whose tables are not there, and counts the rows read. */
export class Reading {
  rows = 0;

  /** @param shop what is known of the shop, for whoever reads that something is missing there */
  constructor(
    private readonly query: Query,
    private readonly columns: Columns,
    private readonly shop: string,
  ) {}

  /** The rows of each of so many windows. */
  async over(
    statement: Statement,
    parameters: Readonly<Record<string, unknown>>,
    windows: number,
  ): Promise<readonly (readonly Row[])[]> {
    this.#check(statement);
    const rows = await this.query(overWindows(statement.text), parameters);
    this.rows += rows.length;
    const byWindow: Row[][] = Array.from({ length: windows }, () => []);
    for (const row of rows) byWindow[Number(row.window_n) - 1]?.push(row);
    return byWindow;
  }

  #check({ name, needs }: Statement): void {
    const missing = missingFrom(this.columns, needs);
    if (missing.length > 0) {
      throw new MeasurementFailed('missing', `${name} needs ${missing.join(', ')}, which ${this.shop} does not have`);
    }
    const unreadable = unreadableIn(this.columns, needs);
    if (unreadable.length > 0) {
      // As a missing table it is the trouble of this KPI alone: the database itself let us in.
      throw new MeasurementFailed('missing', `${name} may not read ${unreadable.join(', ')}: parapet odoo grant-sql`);
    }
  }
}
