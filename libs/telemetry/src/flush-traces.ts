const KEY = Symbol.for('parapet.telemetry.flush');
type Holder = { [KEY]?: () => Promise<void> };

/** Says how the last spans are exported; the hook that started tracing does. */
export function onFlushTraces(flush: () => Promise<void>): void {
  // The hook and the service may have loaded this file from two addresses; the process is what they share.
  (globalThis as Holder)[KEY] = flush;
}

/** Exports the spans that are not out yet: those of a service that ends are the interesting ones. Does nothing where tracing is off. */
export async function flushTraces(): Promise<void> {
  await (globalThis as Holder)[KEY]?.();
}
