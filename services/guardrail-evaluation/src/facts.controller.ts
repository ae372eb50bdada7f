import { Controller, Inject } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { type CloudEvent, partitionOf } from '@parapet/contracts';
import { JetStreamContext, JournalHandler } from '@parapet/jetstream';
import { invariant } from '@parapet/kernel';
import { Database, Inbox } from '@parapet/postgres';
import { CONFIG, type GuardrailEvaluationConfig } from './config.js';
import { keepFacts } from './keep-facts.js';

/** Brings what `EVENTS` says of releases to whoever owns their partition: into a table, in the transaction of the inbox. */
@Controller()
export class FactsController {
  private readonly inbox = new Inbox('guardrail-evaluation');

  constructor(
    @Inject(Database) private readonly db: Database,
    @Inject(CONFIG) private readonly config: GuardrailEvaluationConfig,
  ) {}

  @JournalHandler('release.registered')
  registered(@Payload() event: CloudEvent, @Ctx() context: JetStreamContext): Promise<void> {
    return this.keep(event, context);
  }

  @JournalHandler('release.phase-changed')
  phaseChanged(@Payload() event: CloudEvent, @Ctx() context: JetStreamContext): Promise<void> {
    return this.keep(event, context);
  }

  @JournalHandler('actuation.finished')
  actuationFinished(@Payload() event: CloudEvent, @Ctx() context: JetStreamContext): Promise<void> {
    return this.keep(event, context);
  }

  private async keep(event: CloudEvent, context: JetStreamContext): Promise<void> {
    const { tenant, environment, release } = event.data;
    const isWhole = typeof tenant === 'string' && typeof environment === 'string' && typeof release === 'string';
    invariant(isWhole, `event ${event.id} names no release`);
    const seq = Number(event.journalseq);
    const partition = partitionOf(tenant, environment, this.config.PARAPET_PARTITIONS);
    await this.db.transactRetrying(tenant, async (tx) => {
      if (!(await this.inbox.accept(tx, seq))) return;
      await keepFacts(tx, { seq, environment, partition, trace: context.traceparent ?? null });
    });
  }
}
