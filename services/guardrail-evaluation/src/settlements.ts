import type { InstantMs } from '@parapet/kernel';
import type { Tx } from '@parapet/postgres';
import type { Settlement, SettlementRefusal } from '@parapet/signals';

/** A person's word on an alert, on its way to the owner of the partition. */
export interface WaitingSettlement {
  readonly seq: number;
  readonly settlement: Settlement;
  readonly recordedAtMs: InstantMs;
  readonly trace: string | undefined;
}

/** An environment in which words of people wait. */
export interface SettledPlace {
  readonly tenant: string;
  readonly environment: string;
}

/** Where words of people wait. */
export async function placesWithSettlements(tx: Tx): Promise<readonly SettledPlace[]> {
  return tx.query<SettledPlace & Record<string, unknown>>(
    'SELECT DISTINCT tenant, environment FROM evaluation_settlement WHERE applied_at IS NULL',
  );
}

/** What people said of an environment's alerts and was not applied yet, in the order of the journal, which alone is believed. */
export async function readSettlements(
  tx: Tx,
  { tenant, environment }: SettledPlace,
  limit: number,
): Promise<readonly WaitingSettlement[]> {
  const rows = await tx.query<{ seq: number; data: Settlement; recorded_at_ms: number; trace: string | null }>(
    `SELECT seq, j.data, floor(extract(epoch FROM j.recorded_at) * 1000)::bigint AS recorded_at_ms, j.trace
       FROM evaluation_settlement s JOIN journal j USING (tenant, seq)
      WHERE tenant = $1 AND s.environment = $2 AND s.applied_at IS NULL AND j.type = 'alert.settled' AND j.environment = s.environment
      ORDER BY seq LIMIT $3`,
    [tenant, environment, limit],
  );
  return rows.map(({ seq, data, recorded_at_ms, trace }) => {
    const { source, fingerprint, episode, as, by, reason } = data;
    const settlement = { source, fingerprint, episode, as, by, reason };
    return { seq, settlement, recordedAtMs: recorded_at_ms, trace: trace ?? undefined };
  });
}

/** Marks a word as applied, in the transaction of what follows from it. */
export async function markSettlement(
  tx: Tx,
  tenant: string,
  seq: number,
  refusal: SettlementRefusal | null,
): Promise<void> {
  await tx.query('UPDATE evaluation_settlement SET applied_at = now(), refused = $3 WHERE tenant = $1 AND seq = $2', [
    tenant,
    seq,
    refusal?.code ?? null,
  ]);
}
