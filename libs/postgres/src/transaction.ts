import { invariant, isSlug } from '@parapet/kernel';
import type { ClientBase, CustomTypesConfig } from 'pg';
import pg from 'pg';

/** One transaction of one tenant (`*`: of all); everything in it commits together or not at all. */
export interface Tx {
  readonly tenant: string;
  query<R extends object = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<R[]>;
  /** Runs once the transaction has committed; never if it did not. */
  afterCommit(work: () => void): void;
}

/** Told of what no caller can be told: a dropped idle connection, a failing `afterCommit`. */
export type OnProblem = (problem: Error) => void;

/** Makes it a warning of the process, which Node prints. */
export const warnOfProblem: OnProblem = (problem) => {
  const cause = problem.cause instanceof Error ? `: ${problem.cause.message}` : '';
  process.emitWarning(`${problem.message}${cause}`, { type: 'ParapetPostgres' });
};

const BIGINT = 20;
const BIGINT_ARRAY = 1016;

function exactNumber(text: string): number {
  const value = Number(text);
  invariant(Number.isSafeInteger(value), `bigint ${text} is beyond 2^53`);
  return value;
}

/** pg gives bigints as text; ours are counters below 2^53. Per connection, so that no other user of pg is affected. */
export const TYPES: CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (oid === BIGINT && format !== 'binary') return exactNumber;
    if (oid === BIGINT_ARRAY && format !== 'binary') {
      return (text: string) =>
        text
          .slice(1, -1)
          .split(',')
          .filter((item) => item !== '')
          .map((item) => (item === 'NULL' ? null : exactNumber(item)));
    }
    return pg.types.getTypeParser(oid, format as 'text');
  }) as CustomTypesConfig['getTypeParser'],
};

/** The connection is in an unknown state and must not be used again. */
export class ConnectionUnusable extends Error {
  override readonly name = 'ConnectionUnusable';
}

/**
 * Runs work in a transaction on one connection.
 * Throws what the work threw; where even the rollback failed, a ConnectionUnusable with that as its cause.
 */
export async function runTransaction<T>(
  client: ClientBase,
  tenant: string,
  work: (tx: Tx) => Promise<T>,
  onProblem: OnProblem,
): Promise<T> {
  // A slug or `*` needs no quoting below.
  invariant(tenant === '*' || isSlug(tenant), `not a tenant: ${JSON.stringify(tenant)}`);
  const afterCommit: (() => void)[] = [];
  let isOpen = true;
  const tx: Tx = {
    tenant,
    async query<R extends object>(text: string, values: readonly unknown[] = []): Promise<R[]> {
      if (!isOpen) throw new Error(`transaction of ${tenant} is over, cannot run: ${text.slice(0, 80)}`);
      return (await client.query<R & pg.QueryResultRow>(text, [...values])).rows;
    },
    afterCommit: (then) => void afterCommit.push(then),
  };

  let result: T;
  try {
    await client.query(`BEGIN; SELECT set_config('parapet.tenant', '${tenant}', true)`);
    result = await work(tx);
    isOpen = false;
    const { command } = await client.query('COMMIT');
    // PostgreSQL answers COMMIT of a failed transaction with a silent ROLLBACK.
    if (command !== 'COMMIT')
      throw new Error(
        `transaction of ${tenant} was rolled back: a statement in it failed and its error was not passed on`,
      );
  } catch (error) {
    isOpen = false;
    try {
      await client.query('ROLLBACK');
    } catch {
      throw new ConnectionUnusable(`connection lost in a transaction of ${tenant}: ${(error as Error).message}`, {
        cause: error,
      });
    }
    throw error;
  }
  for (const then of afterCommit) {
    try {
      then();
    } catch (error) {
      // The transaction stands: its caller must not take it for failed.
      onProblem(new Error('after a commit', { cause: error }));
    }
  }
  return result;
}
