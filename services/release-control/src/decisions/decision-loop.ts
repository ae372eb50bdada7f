import { Controller, Inject } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { type CloudEvent, decodeEvent, type DecodedEvent } from '@parapet/contracts';
import { JetStreamContext, JournalHandler } from '@parapet/jetstream';
import { ConfigurationWatcher } from '@parapet/nest';
import { Database, Inbox, type Tx } from '@parapet/postgres';
import type { Actor } from '@parapet/runtime';
import { traceparentFor } from '@parapet/telemetry';
import { Breaches } from '../ladder/breaches.js';
import { Live } from '../releases/live.js';
import { findRelease, type ReleasePlace } from '../releases/release-store.js';
import { ReleaseStreams } from '../releases/release-streams.js';

/** The inbox of this loop, named after the service's role. */
export const DECISIONS_CONSUMER = 'release-control';

const POLICY: Actor = { kind: 'service', id: 'release-control' };

/** Feeds what the evaluator and the actuator say of a release to its decision, one at a time per release. */
@Controller()
export class DecisionLoop {
  private readonly inbox = new Inbox(DECISIONS_CONSUMER);

  constructor(
    @Inject(Database) private readonly db: Database,
    @Inject(ReleaseStreams) private readonly streams: ReleaseStreams,
    @Inject(Live) private readonly live: Live,
    @Inject(Breaches) private readonly breaches: Breaches,
    @Inject(ConfigurationWatcher) private readonly configurations: ConfigurationWatcher,
  ) {}

  @JournalHandler('*')
  async hear(@Payload() message: CloudEvent, @Ctx() context: JetStreamContext): Promise<void> {
    const heard = decodeEvent(message);
    if (heard === null || heard.release === null) return;
    this.live.changed(heard.tenant, heard.release);
    if (!isFollowed(heard)) return;
    await this.follow(heard, heard.release, traceparentFor(context.traceparent));
  }

  private async follow(heard: DecodedEvent, release: string, trace: string): Promise<void> {
    await this.db.transactRetrying(heard.tenant, async (tx) => {
      const isNew = await this.inbox.accept(tx, heard.seq);
      if (!isNew) return;
      const place = await placeOf(tx, release);
      const by = { actor: POLICY, trace };
      if (heard.event.type === 'VerdictChanged')
        await this.breaches.note(tx, this.configurations.current(heard.tenant), place, by);
      const acted = await this.streams.decide(tx, place, by, (nowMs, around) => ({ type: 'Follow', nowMs, around }));
      // Nothing was decided, but what is shown has changed with what was heard.
      if (acted.events.length === 0) await this.streams.refresh(tx, place);
    });
  }
}

/** What others say of a release; our own words are in the read models already. */
function isFollowed({ event }: DecodedEvent): boolean {
  switch (event.type) {
    case 'VerdictChanged':
    case 'RecoveryJudged':
    case 'ActuationStarted':
    case 'ActuationStepChanged':
    case 'ActuationFinished':
    case 'RollbackVerified':
      return true;
    default:
      return false;
  }
}

async function placeOf(tx: Tx, release: string): Promise<ReleasePlace> {
  const found = await findRelease(tx, release);
  // Every event of a release was published after its registration was committed here.
  if (found === null) throw new Error(`release ${release} of ${tx.tenant} is heard of and not registered`);
  return found;
}
