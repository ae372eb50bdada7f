import type { EffectiveMode, Mode } from '@parapet/guardrails';
import type { Tx } from '@parapet/postgres';
import type { GuardrailPlace } from './mark-store.js';

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

/** One who reads a standing to change it goes before the next; taken before the lock of a release's place and of the journal. */
export async function lockLadder(tx: Tx, environment: string): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`ladder/${tx.tenant}/${environment}`]);
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
