import {
  BEAT_SUBJECT,
  type Beat,
  beatBatch,
  beatSubject,
  decodeBeat,
  encodeBeat,
  encodeSignalBatch,
} from '@parapet/contracts';
import type { JetStreamConnection } from './connection.js';

/** Our own heartbeat on its way: in as a signal, judged, and said to have been judged. */
export class Beats {
  constructor(private readonly connection: JetStreamConnection) {}

  /** Puts a beat into its partition of SIGNALS; resolves once it is stored. */
  async send(beat: Beat, partitions: number): Promise<void> {
    const batch = beatBatch(beat);
    await this.connection
      .publisher()
      .publish(beatSubject(beat.n, partitions), encodeSignalBatch(batch), { messageId: batch.receipt });
  }

  /** Says that a beat was judged. Nobody waits for it: one that is lost is a beat that was missed. */
  judged(beat: Beat): void {
    if (this.connection.isConnected) this.connection.nats.publish(BEAT_SUBJECT, encodeBeat(beat));
  }

  /** Hears of judged beats; answers how to stop. */
  hear(listener: (beat: Beat) => void): () => void {
    const subscription = this.connection.nats.subscribe(BEAT_SUBJECT, {
      callback: (error, message) => {
        const beat = error === null ? decodeBeat(message.data) : null;
        if (beat !== null) listener(beat);
      },
    });
    return () => subscription.unsubscribe();
  }
}
