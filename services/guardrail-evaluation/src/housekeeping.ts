import { setTimeout as pause } from 'node:timers/promises';
import { type Database, Inbox } from '@parapet/postgres';

const EVERY_MS = 3_600_000;
/** Facts are in the journal; those applied are kept a while to be looked at. */
const FACTS_DAYS = 7;
/** Longer than dead letters are kept, or one retried late would be taken for applied. */
const INBOX_MS = 40 * 24 * 3_600_000;
/** Evidence of a release can be asked for this long. */
const EVIDENCE_DAYS = 400;

/** Once an hour: removes what was applied long ago, and evidence that nobody may ask for any more. */
export class Housekeeping {
  private readonly stopping = new AbortController();
  private loop: Promise<void> = Promise.resolve();

  constructor(
    private readonly db: Database,
    private readonly onTrouble: (what: string, error: unknown) => void,
  ) {}

  start(): void {
    this.loop = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.loop;
  }

  /** One round, for all tenants. */
  async once(): Promise<void> {
    await this.db.transact('*', async (tx) => {
      await tx.query(`DELETE FROM evaluation_fact WHERE applied_at < now() - $1 * interval '1 day'`, [FACTS_DAYS]);
      await tx.query(`DELETE FROM evaluation_settlement WHERE applied_at < now() - $1 * interval '1 day'`, [
        FACTS_DAYS,
      ]);
      await new Inbox('guardrail-evaluation').prune(tx, INBOX_MS);
      await tx.query('SELECT evaluation_forget($1)', [EVIDENCE_DAYS]);
      // Old days of history go with the first sample of a new one; where nothing comes any more, they go here.
      await tx.query(`SELECT evaluation_rollup_days('{}'::date[])`);
    });
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await pause(EVERY_MS, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      await this.once().catch((error: unknown) => this.onTrouble('cannot remove what is no longer kept', error));
    }
  }
}
