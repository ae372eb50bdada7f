import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { COMPONENT_LOCKS, PartitionSession, type Tx } from '@parapet/postgres';

/** The server ends a session that is idle for 5 s. */
const TOUCH_MS = 1_500;

/** A session that holds the components of one actuation; who lost it cannot write. */
export class Hold {
  private readonly gone = new AbortController();

  private constructor(private readonly session: PartitionSession) {
    session.onLost((why) => this.gone.abort(why));
  }

  /** Takes all of the components; null where another actuator has one of them. */
  static async take(
    url: string,
    tenant: string,
    environment: string,
    components: readonly string[],
  ): Promise<Hold | null> {
    const session = await PartitionSession.open({
      url,
      applicationName: 'rollback-actuation',
      lockSpace: COMPONENT_LOCKS,
    });
    try {
      for (const component of components) {
        if (await session.claim(lockOf(tenant, environment, component))) continue;
        await session.close();
        return null;
      }
      return new Hold(session);
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** Aborted when the session is lost. */
  get signal(): AbortSignal {
    return this.gone.signal;
  }

  transact<T>(tenant: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.session.transact(tenant, work);
  }

  /** Keeps the session while work outside of the database goes on. */
  async during<T>(work: Promise<T>): Promise<T> {
    const over = new AbortController();
    const keeping = this.keep(over.signal);
    try {
      return await work;
    } finally {
      over.abort();
      await keeping;
    }
  }

  /** Waits, with the session kept; ends early when `stop` is aborted or the session is lost. */
  async wait(ms: number, stop: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([stop, this.signal]);
    // An early end is no failure: the loop looks at why.
    await this.during(pause(ms, undefined, { signal }).catch(() => undefined));
  }

  /** Gives the components back. */
  release(): Promise<void> {
    return this.session.close();
  }

  private async keep(over: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([over, this.signal]);
    for (;;) {
      await pause(TOUCH_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      // A session that cannot be touched is lost; that is told by the signal and by the next write.
      await this.session.touch().catch((error: unknown) => this.gone.abort(error));
    }
  }
}

/** A name's place among the advisory locks: 32 bits, so that two components may share one, which only makes them wait. */
function lockOf(tenant: string, environment: string, component: string): number {
  return createHash('sha256')
    .update(JSON.stringify([tenant, environment, component]))
    .digest()
    .readInt32BE(0);
}
