import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';

/** An answer that says what is wrong: `application/problem+json` with a stable code. */
export class Problem extends Error {
  override readonly name = 'Problem';
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly more: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail);
  }
}

const CODES: Readonly<Record<number, string>> = {
  400: 'not-json',
  404: 'not-found',
  413: 'too-large',
  415: 'media-type',
};

interface Reply {
  code(status: number): Reply;
  header(name: string, value: string): Reply;
  send(body: unknown): unknown;
}

/** Turns whatever was thrown into a problem document. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly log = new Logger('http');

  catch(error: unknown, host: ArgumentsHost): void {
    const problem = this.problemOf(error);
    const { status, code, message: detail, more } = problem;
    void host
      .switchToHttp()
      .getResponse<Reply>()
      .code(status)
      .header('content-type', 'application/problem+json')
      .send({ ...more, type: `https://parapet.dev/problems/${code}`, title: code, status, detail, code });
  }

  private problemOf(error: unknown): Problem {
    if (error instanceof Problem) return error;
    // What the HTTP server itself refuses: a body that is no JSON or too large, an address that is not there.
    const status = error instanceof HttpException ? error.getStatus() : (error as { statusCode?: unknown }).statusCode;
    if (typeof status === 'number' && status < 500)
      return new Problem(status, CODES[status] ?? 'invalid', (error as Error).message);
    this.log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return new Problem(500, 'internal', 'the shop could not do this; its log says why');
  }
}
