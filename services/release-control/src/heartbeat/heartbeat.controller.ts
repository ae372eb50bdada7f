import { Controller, Get, Header, Inject, type OnApplicationShutdown } from '@nestjs/common';
import { Beats, type JetStreamConnection } from '@parapet/jetstream';
import { CLOCK, JETSTREAM, ProblemError } from '@parapet/nest';
import type { Clock } from '@parapet/runtime';
import { hearBeat, type HeartRate, missedBeat, type Pulse } from './pulse.js';

/** How often our own heart beats, and how long a beat may take. */
export const HEART_RATE = Symbol('HEART_RATE');

/**
 * Our own heartbeat, for a dead-man's switch outside: 200 only while messages go through ingest, judgement and publication in time.
 * Asks for no token: whoever watches us from outside must not need one, and nothing of any tenant is told.
 */
@Controller('v1/heartbeat')
export class HeartbeatController implements OnApplicationShutdown {
  private pulse: Pulse = {};
  private readonly stop: () => void;

  constructor(
    @Inject(JETSTREAM) jetstream: JetStreamConnection,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(HEART_RATE) private readonly rate: HeartRate,
  ) {
    this.stop = new Beats(jetstream).hear((beat) => {
      this.pulse = hearBeat(this.pulse, beat, this.rate);
    });
  }

  onApplicationShutdown(): void {
    this.stop();
  }

  @Get()
  @Header('Cache-Control', 'no-store')
  answer(): { readonly status: 'ok' } {
    const missed = missedBeat(this.pulse, this.clock.nowMs(), this.rate);
    if (missed === null) return { status: 'ok' };
    throw new ProblemError(503, `heartbeat-${missed.reason}`, missed.detail);
  }
}
