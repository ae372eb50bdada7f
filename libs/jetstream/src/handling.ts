import { type Context, ROOT_CONTEXT, SpanKind, SpanStatusCode, context, trace } from '@opentelemetry/api';
import type { StoredMessage } from './message.js';

/** How a message's handling ended; what the metrics of a service count. */
export interface HandlingOutcome {
  readonly consumer: string;
  readonly outcome: 'done' | 'retried' | 'waited' | 'dead';
  readonly durationMs: number;
  readonly error?: unknown;
}

/** What handlers and their failures are told to; the services' logger and metrics listen here. */
export type OnOutcome = (outcome: HandlingOutcome) => void;

const UNREACHABLE_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** SQLSTATE classes and codes of a server that is away, starting, stopping, full or reading only. */
const SQLSTATE_AWAY = /^(08...|57P0[1-5]|53...|25006|58...)$/;

const LOST_CONNECTION =
  /Connection terminated|connection timeout|timeout exceeded when trying to connect|Client has encountered a connection error/i;

/**
 * Whether a failure says that something the handler needs is away, which is no fault of the message: it then waits for as long
 * as it takes, instead of wearing out its deliveries and ending as a dead letter.
 */
export function isAway(error: unknown): boolean {
  let e = error;
  for (let depth = 0; isObject(e) && depth < 5; e = e['cause'], depth++) {
    const { code, message, errors } = e;
    if (typeof code === 'string' && (UNREACHABLE_CODES.has(code) || SQLSTATE_AWAY.test(code))) return true;
    if (typeof message === 'string' && LOST_CONNECTION.test(message)) return true;
    if (Array.isArray(errors) && errors.some(isAway)) return true;
  }
  return false;
}

/** Told by shape and not by class: an error of another realm, as of a test's sandbox, is no less an error. */
function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Grows from 100 ms to 15 s, with a fifth of chance so that instances do not step together. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const plain = Math.min(15_000, 100 * 4 ** Math.max(0, attempt - 1));
  return Math.round(plain * (0.9 + 0.2 * random()));
}

/** Says `working` for every message in hand, often enough for as long as its handling takes; answers how to stop. */
export function keepWorking(inHand: Iterable<StoredMessage>, ackWaitMs: number): () => void {
  const timer = setInterval(() => {
    for (const message of inHand) message.working();
  }, ackWaitMs / 3).unref();
  return () => clearInterval(timer);
}

/** Pauses that a shutdown can end early; once it has, there are none. */
export class Waits {
  readonly #wakes = new Set<() => void>();
  #isOver = false;

  for(ms: number): Promise<void> {
    // What fails while all else ends must not keep the process for the length of its pause.
    if (this.#isOver) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#wakes.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#wakes.add(wake);
    });
  }

  /** Ends the pauses under way, and all that would begin. */
  end(): void {
    this.#isOver = true;
    for (const wake of [...this.#wakes]) wake();
  }
}

const TRACEPARENT = /^[0-9a-f]{2}-(?<traceId>[0-9a-f]{32})-(?<spanId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})$/;

/** The sender's trace as the parent of what follows; the root where there is none, or none that is well-formed. */
export function contextOf(traceparent: string | undefined): Context {
  const groups = TRACEPARENT.exec(traceparent ?? '')?.groups;
  const isZero = groups !== undefined && (/^0+$/.test(groups['traceId'] ?? '') || /^0+$/.test(groups['spanId'] ?? ''));
  if (groups === undefined || isZero) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: groups['traceId'] as string,
    spanId: groups['spanId'] as string,
    traceFlags: Number.parseInt(groups['flags'] as string, 16),
    isRemote: true,
  });
}

/** Runs a handler inside a consumer span that continues the message's trace. */
export async function traced<T>(
  name: string,
  traceparent: string | undefined,
  attributes: Readonly<Record<string, string | number>>,
  run: () => Promise<T>,
): Promise<T> {
  const parent = contextOf(traceparent);
  const span = trace.getTracer('parapet-jetstream').startSpan(name, { kind: SpanKind.CONSUMER, attributes }, parent);
  try {
    return await context.with(trace.setSpan(parent, span), run);
  } catch (error) {
    span.recordException(error instanceof Error ? error : String(error));
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}
