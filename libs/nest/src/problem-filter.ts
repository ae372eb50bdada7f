import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import { isAway } from '@parapet/jetstream';
import type { ServiceLogger } from '@parapet/telemetry';
import type { FastifyReply, FastifyRequest } from './fastify.js';
import { ProblemError, unavailable } from './problem.js';

/** Codes of what Nest and Fastify refuse by themselves. */
const CODES: Readonly<Record<number, string>> = {
  400: 'bad-request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  405: 'method-not-allowed',
  406: 'not-acceptable',
  408: 'timeout',
  409: 'conflict',
  413: 'too-large',
  414: 'uri-too-long',
  415: 'media-type',
  422: 'invalid',
  429: 'slow-down',
  431: 'headers-too-large',
  503: 'unavailable',
};

/** Answers every error as `application/problem+json`; what nobody expected is logged with its cause and answered without it. */
@Catch()
export class ProblemFilter implements ExceptionFilter<unknown> {
  readonly #logger: ServiceLogger;
  readonly #allowed: (path: string) => readonly string[];

  /** @param allowed the methods that a path takes, if there is such a path */
  constructor(logger: ServiceLogger, allowed: (path: string) => readonly string[]) {
    this.#logger = logger;
    this.#allowed = allowed;
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = this.#problemOf(error, request);
    if (problem.status >= 500 && problem.status !== 503) {
      this.#logger.error(
        { err: error, requestId: request.id, method: request.method, path: pathOf(request) },
        'a request failed',
      );
    } else if (problem.status === 503) {
      this.#logger.warn(
        { err: error, requestId: request.id, path: pathOf(request) },
        'a request could not be served now',
      );
    }
    // A stream that is under way cannot become a problem document; ending it is all that is left.
    if (reply.sent || reply.raw.headersSent) {
      if (!reply.raw.writableEnded) reply.raw.end();
      return;
    }
    void reply
      .code(problem.status)
      .headers({
        ...problem.headers,
        'content-type': 'application/problem+json; charset=utf-8',
        'cache-control': 'no-store',
      })
      .send(JSON.stringify(problem.document(request.id)));
  }

  #problemOf(error: unknown, request: FastifyRequest): ProblemError {
    if (error instanceof ProblemError) return error;
    const status = statusOf(error);
    if (status === 404 && isRouterMiss(error)) return this.#noSuchRoute(request);
    if (status !== null && status < 500) {
      return new ProblemError(
        status,
        CODES[status] ?? 'bad-request',
        error instanceof Error ? error.message : String(error),
        { cause: error },
      );
    }
    if (isAway(error)) return unavailable('a server that this needs does not answer; try again', 5, error);
    return new ProblemError(500, 'internal', 'this failed, and that is our fault; the request id helps us to find it', {
      cause: error,
    });
  }

  #noSuchRoute(request: FastifyRequest): ProblemError {
    const methods = this.#allowed(pathOf(request));
    if (methods.length === 0) return new ProblemError(404, 'not-found', `there is nothing at ${pathOf(request)}`);
    const allow = methods.join(', ');
    return new ProblemError(405, 'method-not-allowed', `${pathOf(request)} takes ${allow}`, {
      headers: { Allow: allow },
    });
  }
}

function statusOf(error: unknown): number | null {
  if (error instanceof HttpException) return error.getStatus();
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : null;
}

/** Nest throws its own not-found for a path without a handler; handlers of ours throw ProblemError. */
function isRouterMiss(error: unknown): boolean {
  return error instanceof HttpException;
}

function pathOf(request: FastifyRequest): string {
  return (request.originalUrl ?? request.url).split('?', 1)[0] as string;
}
