import type { Tx } from '@parapet/postgres';
import type { Cursor } from '../http/requests.js';
import type { StoredProposal } from '../releases/views.js';

/** A proposal by its id; null where this tenant has none. */
export async function findProposal(tx: Tx, id: string): Promise<StoredProposal | null> {
  const [row] = await tx.query<{ view: StoredProposal }>('SELECT view FROM proposals WHERE tenant = $1 AND id = $2', [
    tx.tenant,
    id,
  ]);
  return row?.view ?? null;
}

/** A page of proposals, newest first. */
export function listProposals(
  tx: Tx,
  filter: { readonly state?: string; readonly release?: string },
  after: Cursor | null,
  limit: number,
): Promise<{ readonly id: string; readonly at: string; readonly view: StoredProposal }[]> {
  return tx.query(
    `SELECT id, to_char(opened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at, view FROM proposals
      WHERE tenant = $1 AND ($2::text IS NULL OR state = $2) AND ($3::text IS NULL OR release = $3)
        AND ($4::timestamptz IS NULL OR (opened_at, id) < ($4, $5))
      ORDER BY opened_at DESC, id DESC LIMIT $6`,
    [tx.tenant, filter.state ?? null, filter.release ?? null, after?.at ?? null, after?.id ?? null, limit],
  );
}

/** A proposal whose time is over. */
export interface Overdue {
  readonly tenant: string;
  readonly id: string;
  readonly release: string;
}

/** Open proposals whose time is over by PostgreSQL's clock, of all tenants. */
export function overdueProposals(tx: Tx): Promise<Overdue[]> {
  return tx.query<Overdue & Record<string, unknown>>(
    `SELECT tenant, id, release FROM proposals WHERE state = 'open' AND expires_at <= clock_timestamp() ORDER BY expires_at LIMIT 100`,
  );
}

/** How many proposals wait for people, by tenant. */
export function openProposals(tx: Tx): Promise<{ readonly tenant: string; readonly open: number }[]> {
  return tx.query(`SELECT tenant, count(*) AS open FROM proposals WHERE state = 'open' GROUP BY tenant`);
}
