import { context, trace } from '@opentelemetry/api';
import { type DestinationStream, type Logger, pino } from 'pino';

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

/** A service's logger: JSON lines, `msg` in words, `err` with its causes. `error` means a person must act; what heals by itself is `warn`. */
export type ServiceLogger = Logger;

/** Fields that hold credentials wherever they appear, two levels deep. */
const SECRET_FIELDS = [
  'authorization',
  'cookie',
  'set-cookie',
  'password',
  'token',
  'secret',
  'credentials',
  'x-csrf-token',
  'webhook-signature',
];
const SECRET_PATHS = SECRET_FIELDS.flatMap((field) => [`["${field}"]`, `*["${field}"]`, `*.*["${field}"]`]);

/** Tokens and secrets of ours, credentials in addresses and in headers, inside any text. */
const SECRET_TEXT: readonly (readonly [RegExp, string])[] = [
  [/ppt_[A-Za-z0-9_-]{43}_[0-9a-f]{8}/g, 'ppt_[redacted]'],
  [/whsec_[A-Za-z0-9+/=]{16,}/g, 'whsec_[redacted]'],
  [/([a-z][a-z0-9+.-]*:\/\/)[^\s:@/]*:[^\s@/]+@/gi, '$1[redacted]@'],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, '$1 [redacted]'],
];

/** A text without what looks like a secret of ours or a credential in an address. */
export function redact(text: string): string {
  return SECRET_TEXT.reduce((rest, [pattern, mask]) => rest.replace(pattern, mask), text);
}

/** Makes the logger of a service; every line names the service and, inside a span, its trace. */
export function makeLogger(
  options: { readonly service: string; readonly level?: LogLevel },
  destination?: DestinationStream,
): ServiceLogger {
  const settings = {
    level: options.level ?? 'info',
    base: { service: options.service },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (level: string) => ({ level }) },
    redact: { paths: SECRET_PATHS, censor: '[redacted]' },
    serializers: { err: describeError, error: describeError },
    mixin: () => {
      const span = trace.getSpanContext(context.active());
      return span === undefined ? {} : { trace: span.traceId, span: span.spanId };
    },
    hooks: { streamWrite: redact },
  };
  return destination === undefined ? pino(settings) : pino(settings, destination);
}

interface DescribedError {
  readonly name: string;
  readonly message: string;
  readonly code?: unknown;
  readonly stack?: string;
  readonly cause?: unknown;
}

/** An error as a log line holds it: without what libraries hang on it, which may be whole requests with their credentials. */
export function describeError(error: unknown, depth = 0): DescribedError | unknown {
  if (!(error instanceof Error)) return error;
  const code = (error as { code?: unknown }).code;
  return {
    name: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(error.cause === undefined || depth >= 4 ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}
