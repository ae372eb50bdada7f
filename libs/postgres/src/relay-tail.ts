import { EVENT_TYPES } from '@parapet/contracts';
import type { Database } from './database.js';
import type { OnProblem, Tx } from './transaction.js';

/** The types that leave the house, for queries. */
export const PUBLIC_TYPES: readonly string[] = Object.values(EVENT_TYPES);

/** The end of the stream as the broker knows it. */
export interface StreamTail {
  /** Id (`Nats-Msg-Id`) of the newest event of a tenant that the stream holds; null where it holds none. */
  lastOf(tenant: string): Promise<{ readonly messageId: string } | null>;
}

/** Events are kept in the stream this long (a day less, so that one just expiring is not taken for lost). */
const RETENTION_DAYS = 89;

/** Finds what a stream lost after confirming it: a lost tail, a restored disk. */
export class TailCheck {
  constructor(
    private readonly db: Database,
    private readonly tail: StreamTail,
    private readonly onProblem: OnProblem,
  ) {}

  /** Moves back the cursors of tenants whose tail is missing and answers these; leaves out tenants checked within `notWithinMs`. */
  async run(notWithinMs: number): Promise<string[]> {
    const due = await this.db.transact('*', (tx) =>
      tx.query<{ tenant: string }>(
        `SELECT tenant FROM relay_cursor WHERE seq > 0 AND checked_at <= now() - $1 * interval '1 millisecond' ORDER BY tenant`,
        [notWithinMs],
      ),
    );
    const rewound: string[] = [];
    for (const { tenant } of due) {
      if (await this.db.transact(tenant, (tx) => this.rewind(tx))) rewound.push(tenant);
    }
    return rewound;
  }

  private async rewind(tx: Tx): Promise<boolean> {
    // Under the cursor's lock nobody publishes, so tail and cursor belong together.
    const [cursor] = await tx.query<{ seq: number }>(
      'SELECT seq FROM relay_cursor WHERE tenant = $1 FOR UPDATE SKIP LOCKED',
      [tx.tenant],
    );
    if (cursor === undefined) return false;
    const tail = await this.tail.lastOf(tx.tenant);
    let seq = 0;
    if (tail !== null) {
      const [row] = await tx.query<{ seq: number }>('SELECT seq FROM journal WHERE tenant = $1 AND id = $2', [
        tx.tenant,
        tail.messageId,
      ]);
      if (row === undefined) {
        this.onProblem(
          new Error(
            `the stream's last event of ${tx.tenant}, ${tail.messageId}, is not in the journal: is this the right database?`,
          ),
        );
        return false;
      }
      seq = row.seq;
    }
    const [lost] = await tx.query<{ seq: number }>(
      `SELECT seq FROM journal
        WHERE tenant = $1 AND seq > $2 AND seq <= $3 AND type = ANY($5)
          AND recorded_at > now() - $4 * interval '1 day'
        ORDER BY seq LIMIT 1`,
      [tx.tenant, seq, cursor.seq, RETENTION_DAYS, PUBLIC_TYPES],
    );
    await tx.query(
      'UPDATE relay_cursor SET checked_at = now(), seq = coalesce($2::bigint - 1, seq) WHERE tenant = $1',
      [tx.tenant, lost?.seq ?? null],
    );
    return lost !== undefined;
  }
}
