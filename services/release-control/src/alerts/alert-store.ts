import type { Candidate } from '@parapet/guardrails';
import { formatInstant, type InstantMs } from '@parapet/kernel';
import type { Tx } from '@parapet/postgres';
import { type AlertsState, type EpisodeRef, NO_ALERTS } from '@parapet/signals';

/** Releases that ended longer ago are nobody's suspects any more; as the evaluator forgets them. */
const RELEASES_MS = 7 * 24 * 3_600_000;

/** A person's word on an episode, and what became of it. */
export interface StoredWord extends EpisodeRef {
  readonly as: 'resolved' | 'firing';
  readonly by: string;
  readonly reason: string;
  readonly at: string;
  readonly outcome: 'waiting' | 'applied' | 'overtaken';
}

/** The alerts of an environment as the evaluator wrote them last. */
export async function findAlerts(tx: Tx, environment: string): Promise<AlertsState> {
  const [row] = await tx.query<{ state: AlertsState }>(
    'SELECT state FROM evaluation_alerts WHERE tenant = $1 AND environment = $2',
    [tx.tenant, environment],
  );
  return row?.state ?? NO_ALERTS;
}

/** The alerts of every environment. */
export async function listAlerts(
  tx: Tx,
): Promise<readonly { readonly environment: string; readonly state: AlertsState }[]> {
  return tx.query('SELECT environment, state FROM evaluation_alerts WHERE tenant = $1 ORDER BY environment', [
    tx.tenant,
  ]);
}

/** The releases whose doing an alert of the environment may be. */
export async function listCandidates(tx: Tx, environment: string, nowMs: InstantMs): Promise<readonly Candidate[]> {
  const rows = await tx.query<{
    release: string;
    name: string;
    registered: { readonly components?: readonly { readonly component: string }[] };
    started_at_ms: number | null;
    live_at_ms: number | null;
    ended_at_ms: number | null;
  }>(
    `SELECT release, name, registered, started_at_ms, live_at_ms, ended_at_ms FROM evaluation_release
      WHERE tenant = $1 AND environment = $2 AND (ended_at_ms IS NULL OR ended_at_ms > $3)`,
    [tx.tenant, environment, nowMs - RELEASES_MS],
  );
  return rows.map((row) => ({
    release: row.release,
    name: row.name,
    components: (row.registered.components ?? []).map(({ component }) => component),
    startMs: row.started_at_ms,
    liveAtMs: row.live_at_ms,
    endedAtMs: row.ended_at_ms,
  }));
}

/** The newest word of a person on each episode of the environment. */
export async function listWords(tx: Tx, environment: string): Promise<readonly StoredWord[]> {
  const rows = await tx.query<{
    data: Omit<StoredWord, 'at' | 'outcome'>;
    recorded_at: Date;
    is_applied: boolean;
    refused: string | null;
  }>(
    `SELECT DISTINCT ON (s.source, s.fingerprint, s.episode) j.data, j.recorded_at, s.applied_at IS NOT NULL AS is_applied, s.refused
       FROM evaluation_settlement s JOIN journal j USING (tenant, seq)
      WHERE tenant = $1 AND s.environment = $2 AND j.type = 'alert.settled'
      ORDER BY s.source, s.fingerprint, s.episode, seq DESC`,
    [tx.tenant, environment],
  );
  return rows.map(({ data, recorded_at, is_applied, refused }) => ({
    source: data.source,
    fingerprint: data.fingerprint,
    episode: data.episode,
    as: data.as,
    by: data.by,
    reason: data.reason,
    at: formatInstant(recorded_at.getTime()),
    outcome: !is_applied ? 'waiting' : refused === null ? 'applied' : 'overtaken',
  }));
}

/** Leaves a word for the evaluator, beside its journal row; false: another word on the same episode still waits. */
export async function addSettlement(tx: Tx, seq: number, environment: string, ref: EpisodeRef): Promise<boolean> {
  const added = await tx.query(
    `INSERT INTO evaluation_settlement (tenant, seq, environment, source, fingerprint, episode) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (tenant, environment, source, fingerprint, episode) WHERE applied_at IS NULL DO NOTHING RETURNING seq`,
    [tx.tenant, seq, environment, ref.source, ref.fingerprint, ref.episode],
  );
  return added.length === 1;
}
