import { STREAMS } from '@parapet/contracts';
import type { JetStreamConnection } from '@parapet/jetstream';

/** How much of SIGNALS is used, from 0 to 1; a stream without a limit always has room. */
export async function signalsUsed({ manager }: JetStreamConnection): Promise<number> {
  const { state, config } = await manager.streams.info(STREAMS.signals);
  return config.max_bytes > 0 ? state.bytes / config.max_bytes : 0;
}
