import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { type CloudEvent, fromJournal, type PublicEvent } from '@parapet/contracts';
import { JournalHandler } from '@parapet/jetstream';
import { Database, Inbox, Journal, type Tx } from '@parapet/postgres';
import { enqueue, hurry } from './queue.js';
import { Worker } from './worker.js';

/** A message told of a row that the journal does not hold: forged, or of another installation. */
export class NotInJournal extends Error {
  override readonly name = 'NotInJournal';
}

/** Takes orders and judged recoveries out of the journal when a message says that they are there; the message alone is nothing. */
@Controller()
export class OrdersConsumer {
  private readonly inbox = new Inbox('rollback-actuation');

  constructor(
    @Inject(Database) private readonly db: Database,
    @Inject(Journal) private readonly journal: Journal,
    @Inject(Worker) private readonly worker: Worker,
  ) {}

  @JournalHandler('rollback.ordered')
  async ordered(@Payload() event: CloudEvent): Promise<void> {
    await this.once(event, async (tx, stream, journaled) => {
      if (journaled.type === 'RollbackOrdered') await enqueue(tx, stream, journaled);
    });
  }

  @JournalHandler('recovery.judged')
  async recovered(@Payload() event: CloudEvent): Promise<void> {
    await this.once(event, async (tx, _stream, journaled) => {
      if (journaled.type === 'RecoveryJudged' && journaled.actuation !== undefined)
        await hurry(tx, journaled.actuation);
    });
  }

  private async once(
    event: CloudEvent,
    apply: (tx: Tx, stream: string, journaled: PublicEvent) => Promise<void>,
  ): Promise<void> {
    const seq = Number(event.journalseq);
    await this.db.transactRetrying(String(event.data['tenant']), async (tx) => {
      const [row] = await this.journal.readTenant(tx, seq - 1, 1);
      const journaled = row?.seq === seq && row.id === event.id ? fromJournal(row) : null;
      if (row === undefined || journaled === null)
        throw new NotInJournal(`event ${event.id} says it is row ${event.journalseq} of ${tx.tenant}, and it is not`);
      if (!(await this.inbox.accept(tx, seq))) return;
      await apply(tx, row.stream, journaled);
      tx.afterCommit(() => this.worker.nudge());
    });
  }
}
