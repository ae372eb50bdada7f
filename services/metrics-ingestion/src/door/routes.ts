import type { Readable } from 'node:stream';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyReply, type FastifyRequest, ProblemError } from '@parapet/nest';
import { traceparentFor } from '@parapet/telemetry';
import { SenderGone } from './body.js';
import { certificateOf } from './certificate.js';
import type { Intake } from './intake.js';
import type { DoorKind, Reply } from './kind.js';
import { headOf } from './message.js';
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
        scope.route<{ Params: { source: string } }>({
          method: [...(door.methods ?? ['POST'])],
          url: `/v1/ingest/${door.name}/:source${door.suffix ?? ''}`,
          handler: (request, reply) =>
            answer(door, request.params.source, request as FastifyRequest, reply as FastifyReply, intake),
        });
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
  const head = headOf(request.headers);
  const path = request.url.split('?', 1)[0] as string;
  const told = await intake
    .answer({
      door,
      source,
      path,
      requestId: request.id,
      head,
      certificate: certificateOf(request.raw.socket),
      traceparent: traceparentFor(head.header('traceparent')),
      body: (request.body as Readable | undefined) ?? request.raw,
    })
    .catch((error: unknown) => {
      if (error instanceof SenderGone) throw new ProblemError(400, 'not-json', error.message, { cause: error });
      throw error;
    });
  if (told.refusal === null) return send(reply, told.reply);
  if (door.wordRefusal === undefined) throw problemOf(told.refusal);
  const { headers, body } = door.wordRefusal(told.refusal, head);
  const { status } = told.refusal;
  return send(reply, {
    status,
    headers: { ...headersOf(told.refusal), ...headers },
    ...(body === undefined ? {} : { body }),
  });
}

function send(reply: FastifyReply, { status, headers, body }: Reply): FastifyReply {
  const sent = reply.code(status).headers({ 'cache-control': 'no-store', ...headers });
  return body === undefined ? sent.send() : sent.send(typeof body === 'string' ? body : Buffer.from(body));
}

function problemOf(refusal: Refusal): ProblemError {
  const { status, code, detail, field } = refusal;
  return new ProblemError(status, code, detail, {
    ...(field === undefined ? {} : { field }),
    headers: headersOf(refusal),
  });
}

/** What is left of a body that was not read to its end cannot be told from a next request. */
function headersOf({ status, headers }: Refusal): Readonly<Record<string, string>> {
  return { ...headers, ...(status === 413 || status === 503 ? { connection: 'close' } : {}) };
}
