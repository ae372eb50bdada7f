import { invariant } from '@parapet/kernel';
import { Client } from 'pg';
import { ConnectionUnusable, type OnProblem, runTransaction, type Tx, TYPES, warnOfProblem } from './transaction.js';

/** Key space of the partitions' advisory locks; the second key is the partition. */
const PARTITION_LOCKS = 7_072_171;
/** Key space of the locks that keep a component of an environment with one actuator; the second key is a hash of its name. */
export const COMPONENT_LOCKS = 7_072_172;
/** Key space of the locks that let one instance ask a source; the second key is a hash of its name. */
export const QUERY_LOCKS = 7_072_173;
const IDLE_TIMEOUT_MS = 5_000;

/**
 * Ownership of partitions without clocks: they are owned while this one session holds their advisory locks, and their work
 * is committed through this very session. Who was paused or cut off has lost the session, and with it the means to commit.
 *
 * Idle for 5 s the server ends it, so its owner's loop must use it more often: by its work, or by `touch` where there is none.
 */
export class PartitionSession {
  private readonly partitions = new Set<number>();
  private readonly listeners: ((why: Error) => void)[] = [];
  private lost: Error | null = null;
  private isClosing = false;
  /** One connection runs one transaction at a time; the next waits for the end of this. */
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly client: Client,
    private readonly onProblem: OnProblem,
    private readonly lockSpace: number,
  ) {
    client.on('error', (error) => this.lose(error));
    client.on('end', () => this.lose(new Error('the server ended the session')));
  }

  /**
   * Connects; not through a pooler that shares sessions between transactions.
   * @param o.lockSpace what the claimed numbers mean: partitions unless said otherwise
   */
  static async open(o: {
    readonly url: string;
    readonly applicationName: string;
    readonly onProblem?: OnProblem;
    readonly lockSpace?: number;
  }): Promise<PartitionSession> {
    const client = new Client({
      connectionString: o.url,
      application_name: o.applicationName,
      connectionTimeoutMillis: 5_000,
      statement_timeout: 30_000,
      // The server's clock alone decides; in a transaction too, or a paused owner would keep its partitions.
      idle_in_transaction_session_timeout: IDLE_TIMEOUT_MS,
      keepAlive: true,
      types: TYPES,
    });
    const session = new PartitionSession(client, o.onProblem ?? warnOfProblem, o.lockSpace ?? PARTITION_LOCKS);
    await client.connect();
    await client.query(`SET idle_session_timeout = ${IDLE_TIMEOUT_MS}`);
    return session;
  }

  /** Takes a partition if nobody has it; true also where this session has it already. */
  claim(partition: number): Promise<boolean> {
    return this.inTurn(async () => {
      if (this.partitions.has(partition)) return true;
      const { rows } = await this.client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1, $2) AS taken', [
        this.lockSpace,
        partition,
      ]);
      const isTaken = rows[0]?.taken === true;
      if (isTaken) this.partitions.add(partition);
      return isTaken;
    });
  }

  /** Gives a partition back. */
  give(partition: number): Promise<void> {
    return this.inTurn(async () => {
      if (!this.partitions.delete(partition)) return;
      const { rows } = await this.client.query<{ given: boolean }>('SELECT pg_advisory_unlock($1, $2) AS given', [
        this.lockSpace,
        partition,
      ]);
      invariant(rows[0]?.given === true, `partition ${partition} was not ours to give`);
    });
  }

  /** The partitions this session holds, in order. */
  owned(): readonly number[] {
    return [...this.partitions].sort((a, b) => a - b);
  }

  /** Runs work in a transaction of this session, after those asked for before; rejects for ever once the session is lost. */
  transact<T>(tenant: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.inTurn(async () => {
      try {
        return await runTransaction(this.client, tenant, work, this.onProblem);
      } catch (error) {
        // Whether the locks are still ours cannot be known any more.
        if (error instanceof ConnectionUnusable) this.lose(error);
        throw error;
      }
    });
  }

  /** Keeps the session where there was nothing to commit. */
  touch(): Promise<void> {
    return this.inTurn(async () => {
      await this.client.query('SELECT 1');
    });
  }

  /** Told once, when the session is gone and the partitions with it; at once if it already is. Not after `close`. */
  onLost(listener: (why: Error) => void): void {
    if (this.lost !== null && !this.isClosing) listener(this.lost);
    else this.listeners.push(listener);
  }

  /** Ends the session after the transaction under way, which gives back its partitions. */
  async close(): Promise<void> {
    this.isClosing = true;
    await this.turn;
    this.partitions.clear();
    if (this.lost === null) await this.client.end();
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(() => {
      if (this.lost !== null) throw new Error('partition session is lost', { cause: this.lost });
      return work();
    });
    this.turn = mine.catch(() => {});
    return mine;
  }

  private lose(why: Error): void {
    if (this.lost !== null) return;
    this.lost = why;
    this.partitions.clear();
    if (this.isClosing) return;
    // A half-open connection may still hold the locks at the server: let go of it, so that another can claim.
    this.client.end().catch(() => {});
    for (const listener of this.listeners) listener(why);
  }
}
