import type { Readable } from 'node:stream';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyReply, type FastifyRequest, ProblemError } from '@parapet/nest';
import { traceparentFor } from '@parapet/telemetry';
import { SenderGone } from './body.js';
import type { Intake } from './intake.js';
import type { DoorKind } from './kind.js';
import type { Refusal } from './refusal.js';

/**
 * Opens the doors' addresses.
 * Below Nest's router, in a scope whose bodies are streams: a body is read only after its sender is known, and none is parsed by anyone but its door.
 * Other methods find no handler and are answered 405 as everywhere.
 */
export function openDoors(app: NestFastifyApplication, doors: readonly DoorKind[], intake: Intake): void {
  void app
    .getHttpAdapter()
    .getInstance()
    .register((scope, _, done) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', (_request, payload, parsed) => parsed(null, payload));
      for (const door of doors) {
        scope.post<{ Params: { source: string } }>(`/v1/ingest/${door.name}/:source`, (request, reply) =>
          answer(door, request.params.source, request as FastifyRequest, reply as FastifyReply, intake),
        );
      }
      done();
    });
}

async function answer(
  door: DoorKind,
  source: string,
  request: FastifyRequest,
  reply: FastifyReply,
  intake: Intake,
): Promise<unknown> {
  const { headers } = request;
  const path = request.url.split('?', 1)[0] as string;
  const { receipt, refusal } = await intake
    .answer({
      door,
      source,
      path,
      requestId: request.id,
      authorization: headers.authorization,
      contentType: headers['content-type'],
      contentEncoding: headers['content-encoding'],
      traceparent: traceparentFor(single(headers['traceparent'])),
      body: (request.body as Readable | undefined) ?? request.raw,
    })
    .catch((error: unknown) => {
      if (error instanceof SenderGone) throw new ProblemError(400, 'not-json', error.message, { cause: error });
      throw error;
    });
  if (refusal !== null) throw problemOf(refusal);
  return reply.code(202).header('cache-control', 'no-store').send(receipt);
}

function problemOf({ status, code, detail, field, headers }: Refusal): ProblemError {
  // What is left of a body that was not read to its end cannot be told from a next request.
  const closing = status === 413 || status === 503 ? { connection: 'close' } : {};
  return new ProblemError(status, code, detail, {
    ...(field === undefined ? {} : { field }),
    headers: { ...headers, ...closing },
  });
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
