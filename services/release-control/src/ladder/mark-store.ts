import type { BreachMark } from '@parapet/guardrails';
import { formatInstant } from '@parapet/kernel';
import type { Tx } from '@parapet/postgres';

/** A guardrail of a policy in one environment. */
export interface GuardrailPlace {
  readonly environment: string;
  readonly policy: string;
  readonly guardrail: string;
}

/** A guardrail that was in breach in a release. */
export interface Breach extends GuardrailPlace {
  readonly release: string;
  readonly digest: string;
  readonly verdict: number;
  readonly isCounted: boolean;
  readonly at: string;
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
