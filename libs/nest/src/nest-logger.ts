import type { LoggerService } from '@nestjs/common';
import type { ServiceLogger } from '@parapet/telemetry';

/** Nest's own words in our log lines; its start-up chatter only at `debug`. */
export class NestLogger implements LoggerService {
  readonly #logger: ServiceLogger;

  constructor(logger: ServiceLogger) {
    this.#logger = logger;
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.#logger.debug(...line(message, rest));
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.#logger.error(...line(message, rest));
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.#logger.fatal(...line(message, rest));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.#logger.warn(...line(message, rest));
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.#logger.debug(...line(message, rest));
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.#logger.trace(...line(message, rest));
  }
}

/** Nest passes a stack and the context's name behind the message. */
function line(message: unknown, rest: readonly unknown[]): [object, string] {
  const from = rest.at(-1);
  const context = typeof from === 'string' && !from.includes('\n') ? { context: from } : {};
  if (message instanceof Error) return [{ ...context, err: message }, message.message];
  const stack = rest.find((part) => typeof part === 'string' && part.includes('\n'));
  return [
    { ...context, ...(stack === undefined ? {} : { stack }) },
    typeof message === 'string' ? message : JSON.stringify(message),
  ];
}
