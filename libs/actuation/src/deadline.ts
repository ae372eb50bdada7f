import { type InstantMs, invariant, parseInstant } from '@parapet/kernel';
import type { RollbackOrdered } from './events.js';

/** The instant from which on nothing of the order may be begun. */
export function notAfterMs(order: RollbackOrdered): InstantMs {
  const ms = parseInstant(order.notAfter);
  invariant(ms !== null, `order ${order.actuation} has no time in notAfter: ${order.notAfter}`);
  return ms;
}

/** Whether nothing of the order may be begun any more; true too for a time that is no number. */
export function isOver(order: RollbackOrdered, nowMs: InstantMs): boolean {
  return !(nowMs < notAfterMs(order));
}
