import { Body, Controller, Get, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { type DeadLetterView, type Page, tenantOfSubject } from '@parapet/contracts';
import { DeadLetters, NotRetriable } from '@parapet/jetstream';
import { ProblemError } from '@parapet/nest';
import { Journal, type Tx } from '@parapet/postgres';
import type { FastifyReply, FastifyRequest } from '@parapet/nest';
import { byOf, Door } from '../access/door.js';
import { Changes } from '../http/changes.js';
import { readLimit } from '../http/requests.js';
import type { By } from '../releases/release-streams.js';

/** What no consumer and no door could take; a tenant sees its own. */
@Controller('v1/dead-letters')
export class DeadLettersController {
  constructor(
    @Inject(Door) private readonly door: Door,
    @Inject(Changes) private readonly changes: Changes,
    @Inject(DeadLetters) private readonly letters: DeadLetters,
    @Inject(Journal) private readonly journal: Journal,
  ) {}

  @Get()
  async list(
    @Req() request: FastifyRequest,
    @Query() query: { readonly consumer?: string; readonly after?: string; readonly limit?: string },
  ): Promise<Page<DeadLetterView>> {
    const caller = await this.door.open(request, 'read-dead-letters');
    const limit = readLimit(query.limit);
    if (query.consumer !== undefined && !/^[a-z0-9-]{1,80}$/.test(query.consumer)) {
      throw new ProblemError(422, 'invalid', 'consumer must be the name of a consumer or door', { field: '/consumer' });
    }
    let after = query.after === undefined ? undefined : readId(query.after, '/after');
    const items: DeadLetterView[] = [];
    // Letters of all tenants lie in one stream: read on until the page is full of this tenant's.
    for (;;) {
      const page = await this.letters.list({
        limit,
        ...(query.consumer === undefined ? {} : { consumer: query.consumer }),
        ...(after === undefined ? {} : { after }),
      });
      items.push(...page.filter((letter) => tenantOfSubject(letter.subject) === caller.tenant));
      after = page.at(-1)?.id;
      if (page.length < limit || items.length >= limit) break;
    }
    const shown = items.slice(0, limit);
    return { items: shown, next: items.length >= limit ? (shown.at(-1)?.id ?? null) : null };
  }

  @Post(':id/retry')
  async retry(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('id') id: string,
    @Body() _body: unknown,
  ): Promise<unknown> {
    const caller = await this.door.open(request, 'operate');
    return this.changes.run(request, reply, caller, async (tx) => {
      const letter = await this.find(caller.tenant, id);
      await this.record(tx, 'dead-letter.retried', letter, byOf(request, caller));
      await this.retried(id);
      return { status: 202, body: letter };
    });
  }

  @Post(':id/drop')
  async drop(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('id') id: string,
    @Body() _body: unknown,
  ): Promise<unknown> {
    const caller = await this.door.open(request, 'operate');
    return this.changes.run(request, reply, caller, async (tx) => {
      const letter = await this.find(caller.tenant, id);
      await this.record(tx, 'dead-letter.dropped', letter, byOf(request, caller));
      await this.letters.drop(letter.id);
      return { status: 200, body: letter };
    });
  }

  private async find(tenant: string, id: string): Promise<DeadLetterView> {
    const letter = await this.letters.find(readId(id, '/id'));
    if (letter !== null && tenantOfSubject(letter.subject) === tenant) return letter;
    throw new ProblemError(404, 'unknown-dead-letter', `there is no dead letter ${id}`);
  }

  private async retried(id: string): Promise<void> {
    try {
      await this.letters.retry(id);
    } catch (error) {
      if (error instanceof NotRetriable) throw new ProblemError(409, 'not-retriable', error.message);
      throw error;
    }
  }

  /** Written first: work on dead letters that is not on record must not have happened. */
  private async record(tx: Tx, type: string, letter: DeadLetterView, by: By): Promise<void> {
    const { id, consumer, subject, reason } = letter;
    const ref = { tenant: tx.tenant, stream: 'dead-letters', environment: 'none', workload: 'none' };
    await this.journal.append(tx, ref, 'any', [{ type, data: { letter: id, consumer, subject, reason } }], by);
  }
}

function readId(id: string, field: string): string {
  if (/^[1-9]\d{0,15}$/.test(id)) return id;
  throw new ProblemError(422, 'invalid', 'the id of a dead letter is a number', { field });
}
