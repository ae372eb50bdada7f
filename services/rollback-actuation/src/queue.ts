import type { RollbackOrdered } from '@parapet/actuation';
import type { Tx } from '@parapet/postgres';

export type Phase = 'acting' | 'verifying' | 'asking' | 'closed';

/** An actuation that wants to be looked at. */
export interface QueuedActuation {
  readonly tenant: string;
  readonly actuation: string;
  readonly release: string;
  readonly environment: string;
  readonly components: readonly string[];
  readonly phase: Phase;
  readonly tries: number;
}

/** The components that an order touches, each once and in one order for everybody who locks them. */
export function componentsOf(order: Pick<RollbackOrdered, 'steps'>): readonly string[] {
  const names = order.steps.flatMap((step) =>
    [...step.from.components, ...step.to.components].map(({ component }) => component),
  );
  return [...new Set(names)].sort();
}

/** Puts an order into the queue; one that is there already stays as it is. */
export async function enqueue(tx: Tx, release: string, order: RollbackOrdered): Promise<void> {
  await tx.query(
    `INSERT INTO actuations (tenant, actuation, release, environment, components) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
    [tx.tenant, order.actuation, release, order.environment, componentsOf(order)],
  );
}

/** Has a verification looked at now, since the evaluator has said something about it. */
export async function hurry(tx: Tx, actuation: string): Promise<void> {
  await tx.query(`UPDATE actuations SET due_at = now() WHERE tenant = $1 AND actuation = $2 AND phase = 'verifying'`, [
    tx.tenant,
    actuation,
  ]);
}

/** What is due, longest first. */
export function due(tx: Tx, limit: number): Promise<QueuedActuation[]> {
  return tx.query<QueuedActuation>(
    `SELECT tenant, actuation, release, environment, components, phase, tries FROM actuations
     WHERE phase <> 'closed' AND due_at <= now() ORDER BY due_at LIMIT $1`,
    [limit],
  );
}

/** When to look at an actuation next, and what for. */
export async function reschedule(
  tx: Tx,
  actuation: string,
  next: { readonly phase: Phase; readonly inMs: number; readonly tries: number },
): Promise<void> {
  await tx.query(
    `UPDATE actuations SET phase = $3, due_at = now() + $4 * interval '1 millisecond', tries = $5 WHERE tenant = $1 AND actuation = $2`,
    [tx.tenant, actuation, next.phase, next.inMs, next.tries],
  );
}
