import { randomFillSync } from 'node:crypto';
import { context, isSpanContextValid, trace } from '@opentelemetry/api';

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Whether a text is a W3C traceparent that may be passed on. */
export function isTraceparent(text: string | undefined): text is string {
  return text !== undefined && TRACEPARENT.test(text);
}

/** The traceparent of the span that runs; undefined outside of spans. */
export function currentTraceparent(): string | undefined {
  const span = trace.getSpanContext(context.active());
  if (span === undefined || !isSpanContextValid(span)) return undefined;
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`;
}

/** A new trace, for what came without one. */
export function newTraceparent(random: (bytes: Uint8Array) => void = (bytes) => void randomFillSync(bytes)): string {
  const bytes = new Uint8Array(24);
  random(bytes);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `00-${hex.slice(0, 32)}-${hex.slice(32)}-01`;
}

/** The running span's trace, else the sender's if it is well-formed, else a new one: what events and messages carry on. */
export function traceparentFor(received: string | undefined): string {
  return currentTraceparent() ?? (isTraceparent(received) ? received : newTraceparent());
}
