import { cloudEvent, decodeEventBytes, encodeEvent, publicSubject } from '@parapet/contracts';
import { invariant } from '@parapet/kernel';
import type { JournalRow } from '@parapet/runtime';
import { InMemoryPublisher } from '@parapet/testkit';
import { MINUTE_MS, SECOND_MS } from './plot.js';
import type { World } from './world.js';

/** Takes one event; what it throws has the event delivered again. */
export type Hears = (row: JournalRow) => Promise<boolean>;

/** The way of the journal's rows to those who follow it: published at least once, delivered at least once. */
export class Events {
  private cursor = 0;
  private isRelaying = false;
  private readonly publisher: InMemoryPublisher;
  private readonly followers: Follower[] = [];
  private readonly chance;

  constructor(private readonly world: World) {
    this.chance = world.chance.apart('events');
    this.publisher = new InMemoryPublisher(() => {
      if (!this.chance.happens(world.lost)) return null;
      return this.chance.one(['lost', 'unconfirmed']);
    });
  }

  /** Has every event from now on delivered, those of one release in their order. */
  follow(name: string, hears: Hears): void {
    this.followers.push(new Follower(this.world, name, hears));
  }

  /** There is something new in the journal. */
  nudge(): void {
    if (this.isRelaying) return;
    this.isRelaying = true;
    this.world.clock.after(this.chance.between(1, 50), () => this.relay());
  }

  private async relay(): Promise<void> {
    this.isRelaying = false;
    for (let row = this.world.journal.rows[this.cursor]; row; row = this.world.journal.rows[this.cursor]) {
      if (!(await this.publish(row))) {
        this.isRelaying = true;
        this.world.clock.after(this.chance.between(1, 10) * SECOND_MS, () => this.relay());
        return;
      }
      this.cursor += 1;
    }
  }

  /** False where the stream did not confirm: it may have stored it. The cursor stays, and the row goes out again. */
  private async publish(row: JournalRow): Promise<boolean> {
    const before = this.publisher.messages.length;
    try {
      await this.publisher.publish(publicSubject(row), encodeEvent(cloudEvent(row)), { messageId: row.id });
      return true;
    } catch {
      this.world.seen.add('publish failed');
      return false;
    } finally {
      for (const { payload } of this.publisher.messages.slice(before)) {
        const read = decodeEventBytes(payload);
        invariant(read !== null, `${row.type} cannot be read back from the stream`);
        const journaled = this.world.journal.rows[read.seq - 1] as JournalRow;
        for (const follower of this.followers) follower.offer(journaled);
      }
    }
  }
}

/** One durable consumer: lanes of one stream each, between which order is not kept. */
class Follower {
  private readonly lanes = new Map<string, { readonly waiting: JournalRow[]; isBusy: boolean }>();
  private readonly chance;

  constructor(
    private readonly world: World,
    name: string,
    private readonly hears: Hears,
  ) {
    this.chance = world.chance.apart(`follower ${name}`);
  }

  offer(row: JournalRow): void {
    const lane = this.lanes.get(row.stream) ?? { waiting: [], isBusy: false };
    this.lanes.set(row.stream, lane);
    lane.waiting.push(row);
    if (!lane.isBusy) this.next(lane);
  }

  private next(lane: { readonly waiting: JournalRow[]; isBusy: boolean }): void {
    lane.isBusy = lane.waiting.length > 0;
    const row = lane.waiting[0];
    if (row === undefined) return;
    this.world.clock.after(this.delayMs(), async () => {
      // Lost on the way, or the one who should hear it is not there: it comes again.
      const isHeard = !this.chance.happens(this.world.lost) && (await this.hears(row));
      if (isHeard) {
        lane.waiting.shift();
        this.repeatSometimes(row);
      } else this.world.seen.add('event delivered again');
      this.next(lane);
    });
  }

  /** An acknowledgement that was lost: the same event once more, when others have long been heard. */
  private repeatSometimes(row: JournalRow): void {
    if (!this.chance.happens(this.world.repeated)) return;
    this.world.seen.add('event repeated');
    this.world.clock.after(this.chance.between(1, 180) * SECOND_MS, async () => void (await this.hears(row)));
  }

  private delayMs(): number {
    return this.chance.happens(this.world.delayed)
      ? this.chance.between(1_000, MINUTE_MS / 2)
      : this.chance.between(1, 80);
  }
}
