import pg from 'pg';

/** Anything that runs a statement: the pool, or one transaction of it. */
export interface Queries {
  query<R extends object = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<R[]>;
}

/** The shop's own database. */
export class ShopDatabase implements Queries {
  private constructor(private readonly pool: pg.Pool) {}

  static connect(url: string): ShopDatabase {
    const pool = new pg.Pool({ connectionString: url, application_name: 'demo-retailer', max: 6 });
    // An idle connection that breaks is replaced at the next statement, which reports what is wrong.
    pool.on('error', () => undefined);
    return new ShopDatabase(pool);
  }

  async query<R extends object>(text: string, values: readonly unknown[] = []): Promise<R[]> {
    const { rows } = await this.pool.query<R & pg.QueryResultRow>(text, [...values]);
    return rows;
  }

  /** Runs the work in one transaction. */
  async transact<T>(work: (tx: Queries) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN');
      const tx: Queries = {
        query: async <R extends object>(text: string, values: readonly unknown[] = []) =>
          (await client.query<R & pg.QueryResultRow>(text, [...values])).rows,
      };
      const answer = await work(tx);
      await client.query('COMMIT');
      return answer;
    } catch (error) {
      // A connection that cannot roll back is broken: the first error says more than the second.
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
  }

  async end(): Promise<void> {
    await this.pool.end();
  }
}
