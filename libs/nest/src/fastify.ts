import { randomFillSync } from 'node:crypto';
import type { ServerOptions } from 'node:https';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { idMaker } from '@parapet/kernel';
import { ProblemError } from './problem.js';

type ErrorHandler = Parameters<FastifyAdapter['setErrorHandler']>[0];

/** Fastify's request and reply as the adapter has them; Fastify itself is the adapter's dependency, not ours. */
export type FastifyRequest = Parameters<ErrorHandler>[1] & { rawBody?: Buffer };
export type FastifyReply = Parameters<ErrorHandler>[2];

export interface HttpOptions {
  /** Bodies under these paths stay the bytes they came as: doors check signatures and read JSON themselves. */
  readonly rawPaths: readonly string[];
  readonly bodyBytesMax: number;
  /** Absent: plain HTTP. */
  readonly https?: ServerOptions;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });
const JSON_TYPE = /^application\/(?:[a-z0-9.+-]+\+)?json\s*(?:;|$)/i;

/** The HTTP side of a service: request ids, bodies kept as bytes, and the list of routes for telling 405 from 404. */
export function makeHttp(options: HttpOptions): {
  readonly adapter: FastifyAdapter;
  allowed(path: string): readonly string[];
} {
  const makeId = idMaker(Date.now, (bytes) => void randomFillSync(bytes));
  const adapter = new FastifyAdapter({
    ...(options.https === undefined ? {} : { https: options.https }),
    bodyLimit: options.bodyBytesMax,
    genReqId: () => makeId('req'),
    // What Fastify refuses before there is a route: an address that cannot be decoded.
    frameworkErrors: (error: Error & { statusCode?: number }, request: FastifyRequest, reply: FastifyReply) => {
      const problem = new ProblemError(error.statusCode ?? 400, 'bad-request', error.message);
      void reply
        .code(problem.status)
        .headers({ 'content-type': 'application/problem+json; charset=utf-8', 'x-request-id': request.id })
        .send(JSON.stringify(problem.document(request.id)));
    },
    // Fastify would write its own lines beside ours.
    logger: false,
    routerOptions: { maxParamLength: 1_000 },
  });
  const fastify = adapter.getInstance();
  const routes: { readonly method: string; readonly pattern: RegExp }[] = [];
  fastify.addHook('onRoute', (route) => {
    for (const method of [route.method].flat()) routes.push({ method, pattern: patternOf(route.url) });
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.headers({ 'x-request-id': request.id, 'x-content-type-options': 'nosniff' });
    done();
  });
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
    const bytes = body as Buffer;
    (request as FastifyRequest).rawBody = bytes;
    const path = request.url.split('?', 1)[0] as string;
    if (options.rawPaths.some((raw) => path.startsWith(raw))) done(null, bytes);
    else readJson(bytes, request.headers['content-type'], done);
  });
  return {
    adapter,
    allowed: (path) =>
      [...new Set(routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))].sort(),
  };
}

function readJson(
  bytes: Buffer,
  contentType: string | undefined,
  done: (error: Error | null, body?: unknown) => void,
): void {
  if (bytes.length === 0) {
    done(null, undefined);
  } else if (contentType === undefined || !JSON_TYPE.test(contentType)) {
    done(new ProblemError(415, 'media-type', 'send the body as application/json'));
  } else {
    try {
      done(null, JSON.parse(UTF8.decode(bytes), withoutPrototypeKeys));
    } catch (cause) {
      done(new ProblemError(400, 'not-json', `the body is not JSON in UTF-8: ${(cause as Error).message}`, { cause }));
    }
  }
}

/** `__proto__` in a body is a name like any other to JSON.parse; to a later `{...spread}` or assignment it is not. */
function withoutPrototypeKeys(this: unknown, key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}

function patternOf(url: string): RegExp {
  const source = url
    .split('/')
    .map((part) =>
      part.startsWith(':')
        ? '[^/]+'
        : part.replace(/[.*+?^${}()|[\]\\]/g, (char) => (char === '*' ? '.*' : `\\${char}`)),
    )
    .join('/');
  return new RegExp(`^${source}/?$`);
}
