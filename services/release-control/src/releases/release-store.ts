import type { ReleaseView } from '@parapet/contracts';
import type { ComponentVersion } from '@parapet/actuation';
import type { KnownRelease } from '@parapet/decisions';
import { type InstantMs, invariant } from '@parapet/kernel';
import type { Tx } from '@parapet/postgres';
import type { JournalRow } from '@parapet/runtime';
import { heldBy, passedAt, proposalViews, releaseView, type StoredProposal } from './views.js';

/** Where a release lives. */
export interface ReleasePlace {
  readonly tenant: string;
  readonly id: string;
  readonly environment: string;
  readonly workload: string;
}

/** A row of the read model with its view. */
export interface StoredRelease extends ReleasePlace {
  readonly name: string;
  readonly request_digest: string;
  readonly view: ReleaseView;
}

const RELEASE_COLUMNS = 'tenant, id, environment, workload, name, request_digest, view';

/** A release by its id; null where this tenant has none. */
export async function findRelease(tx: Tx, id: string): Promise<StoredRelease | null> {
  const [row] = await tx.query<StoredRelease>(`SELECT ${RELEASE_COLUMNS} FROM releases WHERE tenant = $1 AND id = $2`, [
    tx.tenant,
    id,
  ]);
  return row ?? null;
}

/** A release by the name that people gave it. */
export async function findReleaseByName(tx: Tx, environment: string, name: string): Promise<StoredRelease | null> {
  const [row] = await tx.query<StoredRelease>(
    `SELECT ${RELEASE_COLUMNS} FROM releases WHERE tenant = $1 AND environment = $2 AND name = $3`,
    [tx.tenant, environment, name],
  );
  return row ?? null;
}

/** Narrows a list of releases. */
export interface ReleaseFilter {
  readonly environment?: string;
  readonly workload?: string;
  readonly phase?: string;
}

/** A page of releases, newest first. */
export function listReleases(
  tx: Tx,
  filter: ReleaseFilter,
  after: { readonly at: string; readonly id: string } | null,
  limit: number,
): Promise<{ readonly id: string; readonly at: string; readonly view: ReleaseView }[]> {
  return tx.query(
    `SELECT id, to_char(registered_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at, view FROM releases
      WHERE tenant = $1 AND ($2::text IS NULL OR environment = $2) AND ($3::text IS NULL OR workload = $3) AND ($4::text IS NULL OR phase = $4)
        AND ($5::timestamptz IS NULL OR (registered_at, id) < ($5, $6))
      ORDER BY registered_at DESC, id DESC LIMIT $7`,
    [
      tx.tenant,
      filter.environment ?? null,
      filter.workload ?? null,
      filter.phase ?? null,
      after?.at ?? null,
      after?.id ?? null,
      limit,
    ],
  );
}

/** PostgreSQL's clock: the one by which proposals expire, whichever instance asks. */
export async function databaseNow(tx: Tx): Promise<InstantMs> {
  const [row] = await tx.query<{ now: number }>(
    'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now',
  );
  invariant(row, 'a clock always answers');
  return row.now;
}

/** One decision at a time for a workload in an environment: what another release holds is looked at under this lock. */
export async function lockPlace(tx: Tx, place: Omit<ReleasePlace, 'id'>): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
    `release-control/${place.tenant}/${place.environment}/${place.workload}`,
  ]);
}

/** The actuation by which another release of the workload holds one of these components. */
export async function actuationOfOthers(
  tx: Tx,
  place: ReleasePlace,
  components: readonly string[],
): Promise<string | null> {
  const [row] = await tx.query<{ held_by: string }>(
    `SELECT held_by FROM releases
      WHERE tenant = $1 AND environment = $2 AND workload = $3 AND id <> $4 AND held_by IS NOT NULL AND components && $5::text[]
      ORDER BY id LIMIT 1`,
    [place.tenant, place.environment, place.workload, place.id, components],
  );
  return row?.held_by ?? null;
}

/** Live releases that share a component with one that goes live now. */
export function liveBeside(tx: Tx, place: ReleasePlace, components: readonly string[]): Promise<ReleasePlace[]> {
  return tx.query<ReleasePlace & Record<string, unknown>>(
    `SELECT tenant, id, environment, workload FROM releases
      WHERE tenant = $1 AND environment = $2 AND workload = $3 AND id <> $4 AND phase = 'live' AND components && $5::text[]
      ORDER BY id`,
    [place.tenant, place.environment, place.workload, place.id, components],
  );
}

/**
 * What a new release goes back to: the newest of the workload that passed here, not simply the one before.
 * A component that this one did not carry comes from the newest that did.
 */
export async function newestPassed(
  tx: Tx,
  place: Omit<ReleasePlace, 'id'>,
  components: readonly string[],
): Promise<{ readonly release: string; readonly components: readonly ComponentVersion[] } | null> {
  const passed = await tx.query<{ id: string; components: readonly ComponentVersion[] }>(
    `SELECT id, view->'components' AS components FROM releases
      WHERE tenant = $1 AND environment = $2 AND workload = $3 AND passed_at IS NOT NULL AND components && $4::text[]
      ORDER BY passed_at DESC, id DESC LIMIT 100`,
    [place.tenant, place.environment, place.workload, components],
  );
  const newest = passed[0];
  if (newest === undefined) return null;
  const found = components.flatMap((name) => {
    const carrier = passed.find((one) => one.components.some((c) => c.component === name));
    return carrier?.components.filter((c) => c.component === name) ?? [];
  });
  return { release: newest.id, components: found };
}

/** Writes what is shown of a release and its proposals, from its rows. */
export async function saveViews(
  tx: Tx,
  rows: readonly JournalRow[],
  state: KnownRelease,
  requestDigest?: string,
): Promise<void> {
  const view = releaseView(rows, state);
  const components = view.components.map((c) => c.component);
  await tx.query(
    `INSERT INTO releases (tenant, id, environment, workload, name, request_digest, components, version, phase, passed_at, held_by, registered_at, view)
     VALUES ($1, $2, $3, $4, $5, coalesce($6, ''), $7, $8, $9, $10, $11, $12, $13)
     ON CONFLICT (tenant, id) DO UPDATE SET version = excluded.version, phase = excluded.phase, passed_at = excluded.passed_at,
       held_by = excluded.held_by, view = excluded.view
     WHERE releases.version <= excluded.version`,
    [
      view.tenant,
      view.id,
      view.environment,
      view.workload,
      view.name,
      requestDigest ?? null,
      components,
      view.revision,
      view.phase,
      passedAt(state),
      heldBy(state),
      view.registeredAt,
      JSON.stringify(view),
    ],
  );
  if (state.proposals.length === 0) return;
  const names = await namesOf(tx, state.registered.previous === null ? [] : [state.registered.previous.release]);
  for (const proposal of proposalViews(rows, names)) await saveProposal(tx, view.id, proposal);
}

async function saveProposal(tx: Tx, release: string, proposal: StoredProposal): Promise<void> {
  await tx.query(
    `INSERT INTO proposals (tenant, id, release, state, revision, opened_at, expires_at, view)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (tenant, id) DO UPDATE SET state = excluded.state, revision = excluded.revision, view = excluded.view`,
    [
      tx.tenant,
      proposal.id,
      release,
      proposal.state,
      proposal.revision,
      proposal.openedAt,
      proposal.expiresAt,
      JSON.stringify(proposal),
    ],
  );
}

async function namesOf(tx: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.query<{ id: string; name: string }>(
    'SELECT id, name FROM releases WHERE tenant = $1 AND id = ANY($2)',
    [tx.tenant, ids],
  );
  return new Map(rows.map((row) => [row.id, row.name]));
}
