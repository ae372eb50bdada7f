import type { InstantMs } from '@parapet/kernel';
import type { Database } from '@parapet/postgres';

/** Which measurement a cursor belongs to. */
export interface CursorKey {
  readonly tenant: string;
  readonly environment: string;
  readonly workload: string;
  readonly probe: string;
  readonly kpi: string;
}

/** Up to which instant each measurement has been published. */
export interface Cursors {
  /** Null where nothing was measured yet. */
  read(key: CursorKey): Promise<InstantMs | null>;
  /** Moves forward, never back: a second prober may be ahead. */
  advance(key: CursorKey, toMs: InstantMs): Promise<void>;
}

/** Cursors in PostgreSQL. */
export class PostgresCursors implements Cursors {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async read(key: CursorKey): Promise<InstantMs | null> {
    return await this.#database.transact(key.tenant, async (tx) => {
      const [row] = await tx.query<{ ms: number }>(
        `SELECT extract(epoch FROM measured_to)::float8 * 1000 AS ms FROM probe_cursor
         WHERE tenant = $1 AND environment = $2 AND workload = $3 AND probe = $4 AND kpi = $5`,
        valuesOf(key),
      );
      return row === undefined ? null : Math.round(row.ms);
    });
  }

  async advance(key: CursorKey, toMs: InstantMs): Promise<void> {
    await this.#database.transactRetrying(key.tenant, async (tx) => {
      await tx.query(
        `INSERT INTO probe_cursor (tenant, environment, workload, probe, kpi, measured_to)
         VALUES ($1, $2, $3, $4, $5, to_timestamp($6::float8 / 1000))
         ON CONFLICT (tenant, environment, workload, probe, kpi)
         DO UPDATE SET measured_to = greatest(probe_cursor.measured_to, excluded.measured_to)`,
        [...valuesOf(key), toMs],
      );
    });
  }
}

function valuesOf(key: CursorKey): readonly string[] {
  return [key.tenant, key.environment, key.workload, key.probe, key.kpi];
}
