import { invariant } from '@parapet/kernel';
import type { Tx } from './transaction.js';

/**
 * Which journal rows a consumer has applied, kept in the transaction of their effects: twice delivered, once applied.
 * A consumer is named after its service (`release-control`, `release-control-decisions`): no role may write another's inbox.
 */
export class Inbox {
  constructor(private readonly consumer: string) {}

  /** Whether the row is new to this consumer; false: it was applied before, leave it. The tenant is the row's. */
  async accept(tx: Tx, seq: number, tenant: string = tx.tenant): Promise<boolean> {
    invariant(tenant !== '*', `whose row ${seq}?`);
    const taken = await tx.query(
      `INSERT INTO inbox (consumer, tenant, seq)
       SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT 1 FROM inbox_floor WHERE consumer = $1 AND tenant = $2 AND seq >= $3)
       ON CONFLICT DO NOTHING RETURNING seq`,
      [this.consumer, tenant, seq],
    );
    return taken.length > 0;
  }

  /**
   * Removes what was applied longer ago than `olderThanMs`; those rows and all before them count as applied for ever.
   * Choose more than the retention of dead letters, or one retried late would be taken for applied.
   */
  async prune(tx: Tx, olderThanMs: number): Promise<number> {
    // The floor rises with the rows that go, in one statement: no instant in which a pruned row is new again.
    const pruned = await tx.query(
      `WITH gone AS (DELETE FROM inbox WHERE consumer = $1 AND handled_at < now() - $2 * interval '1 millisecond' RETURNING tenant, seq),
            floors AS (INSERT INTO inbox_floor (consumer, tenant, seq)
                       SELECT $1, tenant, max(seq) FROM gone GROUP BY tenant
                       ON CONFLICT (consumer, tenant) DO UPDATE SET seq = greatest(inbox_floor.seq, excluded.seq))
       SELECT seq FROM gone`,
      [this.consumer, olderThanMs],
    );
    return pruned.length;
  }
}
