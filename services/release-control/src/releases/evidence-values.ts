import { type ChartValue, chartValueOf, type RecentEntry } from '@parapet/contracts';
import { armsOf, type WatchedGuardrail } from '@parapet/guardrails';
import type { Tx } from '@parapet/postgres';
import type { Observation } from '@parapet/signals';

const OBSERVATIONS_MAX = 20_000;

/** What was judged of the release by a guardrail: the entries that are known already, and what the evidence holds before and after them. */
export async function evidenceBeside(
  tx: Tx,
  release: string,
  guardrail: WatchedGuardrail['guardrail'],
  known: readonly RecentEntry[],
): Promise<readonly ChartValue[]> {
  const newest = known[0]?.n ?? 0;
  const oldest = known.at(-1)?.n ?? 0;
  const rows = await tx.query<{ observation: Observation }>(
    `SELECT input->'observation' AS observation FROM evaluation_input
      WHERE tenant = $1 AND release = $2 AND (n < $3 OR n > $4)
        AND input->>'kind' = 'observation' AND input->'observation'->>'signal' = $5
      ORDER BY n DESC LIMIT $6`,
    [tx.tenant, release, oldest, newest, guardrail.signal, OBSERVATIONS_MAX],
  );
  const armOf = armsOf(guardrail);
  const own = rows.filter(({ observation }) => armOf(observation.dimensions) === 'watched');
  return [...known, ...own.map(({ observation }) => chartValueOf(observation))];
}
