import type { SignalBatch } from '@parapet/contracts';
import type { InstantMs } from '@parapet/kernel';
import { SECOND_MS } from './plot.js';
import type { World } from './world.js';

/** A batch as the stream of signals stored it. */
export interface StoredBatch {
  readonly streamSeq: number;
  readonly receivedAtMs: InstantMs;
  readonly batch: SignalBatch;
}

/** The way of measurements and alerts to the evaluator: tried a few times, late, twice, or not at all. */
export class Signals {
  readonly stored: StoredBatch[] = [];
  private readonly chance;

  constructor(private readonly world: World) {
    this.chance = world.chance.apart('signals');
  }

  /** Sends what a door was given; one that was not taken is sent again, so many times. */
  send(batch: SignalBatch, tries: number): void {
    if (tries <= 0) {
      this.world.seen.add('signal lost for good');
      return;
    }
    if (this.chance.happens(this.world.lost)) {
      this.world.clock.after(this.chance.between(1, 12) * SECOND_MS, () => this.send(batch, tries - 1));
      return;
    }
    this.world.clock.after(this.delayMs(), () => this.store(batch));
    if (this.chance.happens(this.world.repeated)) {
      this.world.seen.add('signal repeated');
      this.world.clock.after(this.chance.between(1, 90) * SECOND_MS, () => this.store(batch));
    }
  }

  private store(batch: SignalBatch): void {
    this.stored.push({ streamSeq: this.stored.length + 1, receivedAtMs: this.world.clock.nowMs(), batch });
    this.world.invariants.signalStored(batch);
  }

  private delayMs(): number {
    return this.chance.happens(this.world.delayed) ? this.chance.between(1_000, 40_000) : this.chance.between(5, 400);
  }
}
