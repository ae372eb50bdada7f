import type { BreachMark, EffectiveMode, Mode } from '@parapet/guardrails';
import { formatInstant } from '@parapet/kernel';
import type { Tx } from '@parapet/postgres';

/** A guardrail of a policy in one environment. */
export interface GuardrailPlace {
  readonly environment: string;
  readonly policy: string;
  readonly guardrail: string;
}

/** Where a guardrail stands, as the journal told it last. */
export interface StoredStanding {
  readonly guardrail: string;
  readonly declared: Mode;
  readonly mode: Mode;
  readonly why: EffectiveMode['why'];
  readonly is_stepped_down: boolean;
  readonly counted_from: number;
  readonly forced_digest: string | null;
}

/** What was shown of a guardrail. */
export interface StoredProof {
  readonly guardrail: string;
  readonly digest: string;
  readonly data_at: Date | null;
  readonly breach_at: Date | null;
  readonly breach_by: 'watch' | 'self-test' | null;
  readonly tested_at: Date | null;
  readonly test: unknown;
}

/** A guardrail that was in breach in a release. */
export interface Breach extends GuardrailPlace {
  readonly release: string;
  readonly digest: string;
  readonly verdict: number;
  readonly isCounted: boolean;
  readonly at: string;
}

/** One who reads a standing to change it goes before the next; taken before the lock of a release's place and of the journal. */
export async function lockLadder(tx: Tx, environment: string): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`ladder/${tx.tenant}/${environment}`]);
}

/** Keeps a person's word; their earlier one on the same thing is replaced. */
export async function saveMark(
  tx: Tx,
  mark: {
    readonly release: string;
    readonly verdict: number;
    readonly guardrail: string;
    readonly subject: string;
    readonly isRight: boolean;
    readonly isOfBreach: boolean;
    readonly reason: string;
    readonly seq: number;
  },
): Promise<void> {
  await tx.query(
    `INSERT INTO verdict_marks (tenant, release, verdict, guardrail, subject, is_right, is_of_breach, reason, seq)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT (tenant, release, verdict, guardrail, subject)
     DO UPDATE SET is_right = excluded.is_right, is_of_breach = excluded.is_of_breach, reason = excluded.reason, seq = excluded.seq
     WHERE verdict_marks.seq < excluded.seq`,
    [
      tx.tenant,
      mark.release,
      mark.verdict,
      mark.guardrail,
      mark.subject,
      mark.isRight,
      mark.isOfBreach,
      mark.reason,
      mark.seq,
    ],
  );
}

/** The words that people left on a release, the newest first. */
export function marksOf(
  tx: Tx,
  release: string,
): Promise<
  {
    readonly verdict: number;
    readonly guardrail: string;
    readonly by: string;
    readonly right: boolean;
    readonly reason: string;
    readonly at: Date;
  }[]
> {
  return tx.query(
    `SELECT m.verdict, m.guardrail, m.subject AS by, m.is_right AS right, m.reason, j.recorded_at AS at
       FROM verdict_marks m JOIN journal j USING (tenant, seq)
      WHERE m.tenant = $1 AND m.release = $2 ORDER BY m.seq DESC`,
    [tx.tenant, release],
  );
}

/** Keeps which guardrails were in breach; what is known already stays as it is. */
export async function saveBreaches(tx: Tx, breaches: readonly Breach[]): Promise<void> {
  for (const one of breaches) {
    await tx.query(
      `INSERT INTO guardrail_breaches (tenant, release, guardrail, environment, policy, digest, verdict, is_counted, breached_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
      [
        tx.tenant,
        one.release,
        one.guardrail,
        one.environment,
        one.policy,
        one.digest,
        one.verdict,
        one.isCounted,
        one.at,
      ],
    );
  }
}

/** People's words on the breaches of a guardrail as it is now, since it was last restored. */
export async function marksOfBreaches(
  tx: Tx,
  place: GuardrailPlace,
  digest: string,
  afterSeq: number,
): Promise<readonly BreachMark[]> {
  const rows = await tx.query<BreachMark & Record<string, unknown>>(
    `SELECT m.release, m.subject AS by, m.guardrail <> '' AS "isOfGuardrail", m.is_right AS right, m.seq
       FROM guardrail_breaches b
       JOIN verdict_marks m ON m.tenant = b.tenant AND m.release = b.release
        AND (m.guardrail = b.guardrail OR (m.guardrail = '' AND b.is_counted AND b.verdict <= m.verdict))
      WHERE b.tenant = $1 AND b.environment = $2 AND b.policy = $3 AND b.guardrail = $4 AND b.digest = $5
        AND m.is_of_breach AND m.seq > $6`,
    [tx.tenant, place.environment, place.policy, place.guardrail, digest, afterSeq],
  );
  return rows;
}

/** How often a guardrail as it is now was in breach, and where the last time. */
export async function breachesOf(
  tx: Tx,
  place: GuardrailPlace,
  digest: string,
): Promise<{ readonly count: number; readonly last: { readonly release: string; readonly at: string } | null }> {
  const [row] = await tx.query<{ count: number; release: string | null; at: Date | null }>(
    `SELECT count(*)::bigint AS count, (array_agg(release ORDER BY breached_at DESC, release))[1] AS release, max(breached_at) AS at
       FROM guardrail_breaches WHERE tenant = $1 AND environment = $2 AND policy = $3 AND guardrail = $4 AND digest = $5`,
    [tx.tenant, place.environment, place.policy, place.guardrail, digest],
  );
  const last =
    row === undefined || row.release === null || row.at === null
      ? null
      : { release: row.release, at: formatInstant(row.at.getTime()) };
  return { count: row?.count ?? 0, last };
}

/** Where the guardrails of a policy stand, by name. */
export async function standingsOf(
  tx: Tx,
  environment: string,
  policy: string,
): Promise<ReadonlyMap<string, StoredStanding>> {
  const rows = await tx.query<StoredStanding & Record<string, unknown>>(
    `SELECT guardrail, declared, mode, why, is_stepped_down, counted_from, forced_digest
       FROM guardrail_standings WHERE tenant = $1 AND environment = $2 AND policy = $3`,
    [tx.tenant, environment, policy],
  );
  return new Map(rows.map((row) => [row.guardrail, row]));
}

/** Writes where a guardrail stands. */
export async function saveStanding(
  tx: Tx,
  { environment, policy }: Omit<GuardrailPlace, 'guardrail'>,
  standing: StoredStanding,
): Promise<void> {
  await tx.query(
    `INSERT INTO guardrail_standings
       (tenant, environment, policy, guardrail, declared, mode, why, is_stepped_down, counted_from, forced_digest)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     ON CONFLICT (tenant, environment, policy, guardrail) DO UPDATE SET declared = excluded.declared, mode = excluded.mode,
       why = excluded.why, is_stepped_down = excluded.is_stepped_down, counted_from = excluded.counted_from,
       forced_digest = excluded.forced_digest`,
    [
      tx.tenant,
      environment,
      policy,
      standing.guardrail,
      standing.declared,
      standing.mode,
      standing.why,
      standing.is_stepped_down,
      standing.counted_from,
      standing.forced_digest,
    ],
  );
}

/** What was shown of the guardrails of a policy, by name and digest. */
export async function proofsOf(tx: Tx, environment: string, policy: string): Promise<readonly StoredProof[]> {
  return tx.query<StoredProof & Record<string, unknown>>(
    `SELECT guardrail, digest, data_at, breach_at, breach_by, tested_at, test
       FROM guardrail_proofs WHERE tenant = $1 AND environment = $2 AND policy = $3`,
    [tx.tenant, environment, policy],
  );
}

/** Adds to what was shown of a guardrail: what was shown once stays shown. */
export async function addProof(
  tx: Tx,
  place: GuardrailPlace,
  digest: string,
  shown: {
    readonly data?: boolean;
    readonly breachBy?: 'watch' | 'self-test';
    /** The last self-test, as it is shown. */
    readonly test?: unknown;
  },
): Promise<void> {
  await tx.query(
    `INSERT INTO guardrail_proofs AS p
       (tenant, environment, policy, guardrail, digest, data_at, breach_at, breach_by, tested_at, test)
     VALUES ($1, $2, $3, $4, $5, CASE WHEN $6 THEN now() END, CASE WHEN $7::text IS NOT NULL THEN now() END, $7,
             CASE WHEN $8::jsonb IS NOT NULL THEN now() END, $8)
     ON CONFLICT (tenant, environment, policy, guardrail, digest) DO UPDATE SET
       data_at = coalesce(p.data_at, excluded.data_at), breach_at = coalesce(p.breach_at, excluded.breach_at),
       breach_by = coalesce(p.breach_by, excluded.breach_by), tested_at = coalesce(excluded.tested_at, p.tested_at),
       test = coalesce(excluded.test, p.test)`,
    [
      tx.tenant,
      place.environment,
      place.policy,
      place.guardrail,
      digest,
      shown.data === true,
      shown.breachBy ?? null,
      shown.test === undefined ? null : JSON.stringify(shown.test),
    ],
  );
}
