import { Body, Controller, Get, Inject, Post, Query, Req, Res } from '@nestjs/common';
import type { JournalRowView, Page } from '@parapet/contracts';
import { Database, Journal, Relay } from '@parapet/postgres';
import type { FastifyReply, FastifyRequest } from '@parapet/nest';
import { byOf, Door } from '../access/door.js';
import { Changes } from '../http/changes.js';
import { readBody, readCount, readLimit, republishBody } from '../http/requests.js';

/** The audit log, exactly as hashed, and its rows sent out again. */
@Controller('v1/journal')
export class JournalController {
  constructor(
    @Inject(Door) private readonly door: Door,
    @Inject(Changes) private readonly changes: Changes,
    @Inject(Database) private readonly db: Database,
    @Inject(Journal) private readonly journal: Journal,
    @Inject(Relay) private readonly relay: Relay,
  ) {}

  @Get()
  async rows(
    @Req() request: FastifyRequest,
    @Query() query: { readonly after?: string; readonly limit?: string },
  ): Promise<Page<JournalRowView>> {
    const caller = await this.door.open(request, 'read-journal');
    const after = readCount('after', query.after);
    const limit = readLimit(query.limit);
    const items = await this.db.transact(caller.tenant, (tx) => this.journal.readTenant(tx, after, limit));
    return { items, next: items.length === limit ? String(items.at(-1)?.seq) : null };
  }

  /** Rebuilds a stream that the broker lost: every public row from a place on goes out again under its old id. */
  @Post('republish')
  async republish(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Body() body: unknown,
  ): Promise<unknown> {
    const caller = await this.door.open(request, 'operate');
    const { from } = readBody(republishBody, body);
    return this.changes.run(request, reply, caller, async (tx) => {
      const events = await this.relay.republish(caller.tenant, from);
      const ref = { tenant: caller.tenant, stream: 'journal', environment: 'none', workload: 'none' };
      await this.journal.append(
        tx,
        ref,
        'any',
        [{ type: 'journal.republished', data: { from, events } }],
        byOf(request, caller),
      );
      return { status: 202, body: { from, events } };
    });
  }
}
