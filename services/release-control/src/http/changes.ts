import { Inject, Injectable } from '@nestjs/common';
import type { Tx } from '@parapet/postgres';
import type { FastifyReply, FastifyRequest } from '@parapet/nest';
import type { Caller } from '../access/rights.js';
import { type Answer, Idempotency } from './idempotency.js';

/** Carries out changes that are asked for over HTTP: once per key, answered with what was answered first. */
@Injectable()
export class Changes {
  constructor(@Inject(Idempotency) private readonly idempotency: Idempotency) {}

  /** Runs the change in one transaction of the caller's tenant and answers it. */
  async run(
    request: FastifyRequest,
    reply: FastifyReply,
    caller: Caller,
    change: (tx: Tx) => Promise<Answer>,
  ): Promise<unknown> {
    const key = request.headers['idempotency-key'];
    const answer = await this.idempotency.run(
      {
        tenant: caller.tenant,
        caller: caller.subject,
        key: typeof key === 'string' ? key : undefined,
        what: `${request.method} ${request.url} ${request.headers['if-match'] ?? ''}`,
        body: request.body,
      },
      change,
    );
    void reply.status(answer.status).headers({ ...answer.headers });
    return answer.body;
  }
}
