import { randomBytes } from 'node:crypto';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Beats, type JetStreamConnection } from '@parapet/jetstream';
import type { Clock } from '@parapet/runtime';
import type { ServiceLogger } from '@parapet/telemetry';

/** How often and through how many partitions, in turn, our own heart beats. */
export interface HeartRate {
  readonly everyMs: number;
  readonly partitions: number;
}

/** Sends our own heartbeat through the same way as every signal, so that a way that is blocked is felt. */
export class Heart implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly sender = `ingest-${randomBytes(6).toString('hex')}`;
  private readonly beats: Beats;
  private timer: NodeJS.Timeout | undefined;
  private n = 0;

  constructor(
    private readonly rate: HeartRate,
    jetstream: JetStreamConnection,
    private readonly clock: Clock,
    private readonly logger: ServiceLogger,
  ) {
    this.beats = new Beats(jetstream);
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.beat(), this.rate.everyMs).unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async beat(): Promise<void> {
    this.n += 1;
    try {
      await this.beats.send({ sender: this.sender, n: this.n, sentAtMs: this.clock.nowMs() }, this.rate.partitions);
    } catch (error) {
      // Its number is missing from now on, and that is what the heartbeat is for.
      this.logger.warn({ err: error }, 'cannot send our own heartbeat');
    }
  }
}
