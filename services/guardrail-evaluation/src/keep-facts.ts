import type { EventType } from '@parapet/contracts';
import { invariant } from '@parapet/kernel';
import type { Tx } from '@parapet/postgres';

/** What is heard of releases. */
export const FACT_TYPES = [
  'release.registered',
  'release.phase-changed',
  'actuation.finished',
] as const satisfies readonly EventType[];

/** A message that was lost with its receiver comes again well within this; what is older has been kept long ago. */
const BEFORE_MS = 600_000;
const BEFORE_ROWS = 1_000;

/** A row of the journal that is to be kept for the owner of its partition. */
export interface FactRow {
  readonly seq: number;
  readonly environment: string;
  readonly partition: number;
  readonly trace: string | null;
}

/**
 * Keeps a row of the journal for the owner of its partition, and with it whatever the journal says of the environment's releases
 * before it and nobody has kept yet: messages overtake each other when their receiver dies, and a release that had ended before
 * this one began would be taken for one that is still in flight. Kept before, it changes nothing.
 */
export async function keepFacts(tx: Tx, row: FactRow): Promise<void> {
  // The journal is the truth, the message only says that there is something new in it.
  await tx.query(
    `INSERT INTO evaluation_fact (tenant, seq, partition, environment, release, version, type, fact, recorded_at_ms, trace)
     SELECT tenant, seq, $3, environment, stream, version, type, data, floor(extract(epoch FROM recorded_at) * 1000)::bigint,
            CASE WHEN seq = $2 THEN $4 END
       FROM journal j
      WHERE tenant = $1 AND environment = $5 AND type = ANY($6) AND seq > $2 - $7::bigint AND seq <= $2
        AND (seq = $2 OR recorded_at > (SELECT recorded_at FROM journal WHERE tenant = $1 AND seq = $2) - $8 * interval '1 millisecond')
     ON CONFLICT DO NOTHING`,
    [tx.tenant, row.seq, row.partition, row.trace, row.environment, FACT_TYPES, BEFORE_ROWS, BEFORE_MS],
  );
  const kept = await tx.query('SELECT FROM evaluation_fact WHERE tenant = $1 AND seq = $2', [tx.tenant, row.seq]);
  invariant(kept.length === 1, `row ${row.seq} of ${tx.tenant} is not in the journal`);
}
