import { Controller, Inject } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { type CloudEvent, type EventType, partitionOf } from '@parapet/contracts';
import { JetStreamContext, JournalHandler } from '@parapet/jetstream';
import { invariant } from '@parapet/kernel';
import { Database, Inbox } from '@parapet/postgres';
import { CONFIG, type GuardrailEvaluationConfig } from './config.js';

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
    return this.keep('release.registered', event, context);
  }

  @JournalHandler('release.phase-changed')
  phaseChanged(@Payload() event: CloudEvent, @Ctx() context: JetStreamContext): Promise<void> {
    return this.keep('release.phase-changed', event, context);
  }

  @JournalHandler('actuation.finished')
  actuationFinished(@Payload() event: CloudEvent, @Ctx() context: JetStreamContext): Promise<void> {
    return this.keep('actuation.finished', event, context);
  }

  private async keep(type: EventType, event: CloudEvent, context: JetStreamContext): Promise<void> {
    const { tenant, environment, release } = event.data;
    const isWhole = typeof tenant === 'string' && typeof environment === 'string' && typeof release === 'string';
    invariant(isWhole, `event ${event.id} names no release`);
    const seq = Number(event.journalseq);
    const partition = partitionOf(tenant, environment, this.config.PARAPET_PARTITIONS);
    await this.db.transactRetrying(tenant, async (tx) => {
      if (!(await this.inbox.accept(tx, seq))) return;
      // The journal is the truth, the message only says that there is something new in it.
      const kept = await tx.query(
        `INSERT INTO evaluation_fact (tenant, seq, partition, environment, release, version, type, fact, recorded_at_ms, trace)
         SELECT tenant, seq, $3, environment, stream, version, type, data, floor(extract(epoch FROM recorded_at) * 1000)::bigint, $4
           FROM journal WHERE tenant = $1 AND seq = $2 AND type = $5
         ON CONFLICT DO NOTHING RETURNING seq`,
        [tenant, seq, partition, context.traceparent ?? null, type],
      );
      invariant(kept.length === 1, `row ${seq} of ${tenant} (${type}) is not in the journal`);
    });
  }
}
