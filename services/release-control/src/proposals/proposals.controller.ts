import { Body, Controller, Get, Header, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { Page, ProposalView } from '@parapet/contracts';
import { ProblemError } from '@parapet/nest';
import { Database } from '@parapet/postgres';
import type { FastifyReply, FastifyRequest } from '@parapet/nest';
import { byOf, Door } from '../access/door.js';
import { Changes } from '../http/changes.js';
import { answerBody, readBody, readCursor, readLimit, writeCursor } from '../http/requests.js';
import { databaseNow } from '../releases/release-store.js';
import { Answers, demandFreshSignIn, proposalFor, shownRevision } from './answers.js';
import { findProposal, listProposals } from './proposal-store.js';

interface ListQuery {
  readonly limit?: string;
  readonly after?: string;
  readonly state?: string;
  readonly release?: string;
}

/** Proposals, and people's answers to them. No GET changes anything: mail filters and chat previews open links. */
@Controller('v1/proposals')
export class ProposalsController {
  constructor(
    @Inject(Door) private readonly door: Door,
    @Inject(Changes) private readonly changes: Changes,
    @Inject(Database) private readonly db: Database,
    @Inject(Answers) private readonly answers: Answers,
  ) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  async list(@Req() request: FastifyRequest, @Query() query: ListQuery): Promise<Page<ProposalView>> {
    const caller = await this.door.open(request, 'read');
    const limit = readLimit(query.limit);
    const after = readCursor(query.after, Date.now());
    const { state, release } = query;
    const filter = { ...(state === undefined ? {} : { state }), ...(release === undefined ? {} : { release }) };
    const { rows, nowMs } = await this.db.transact(caller.tenant, async (tx) => ({
      rows: await listProposals(tx, filter, after, limit + 1),
      nowMs: await databaseNow(tx),
    }));
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map((row) => proposalFor(row.view, caller, nowMs)),
      next: rows.length > limit && last !== undefined ? writeCursor(last, Date.now()) : null,
    };
  }

  @Get(':id')
  @Header('Cache-Control', 'no-store')
  async show(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('id') id: string,
  ): Promise<ProposalView> {
    const caller = await this.door.open(request, 'read');
    const { stored, nowMs } = await this.db.transact(caller.tenant, async (tx) => ({
      stored: await findProposal(tx, id),
      nowMs: await databaseNow(tx),
    }));
    if (stored === null) throw new ProblemError(404, 'unknown-proposal', `there is no proposal ${id}`);
    void reply.header('ETag', `"${stored.revision}"`);
    return proposalFor(stored, caller, nowMs);
  }

  @Post(':id/answers')
  async answer(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<unknown> {
    const caller = await this.door.open(request, 'read');
    const asked = readBody(answerBody, body);
    const revision = shownRevision(asked.answer, request.headers['if-match']);
    demandFreshSignIn(asked.answer, caller, Date.now());
    try {
      return await this.changes.run(request, reply, caller, async (tx) => {
        const stored = await this.answers.answer(tx, id, asked, revision, caller, byOf(request, caller));
        const view = proposalFor(stored, caller, await databaseNow(tx));
        return { status: 200, headers: { ETag: `"${stored.revision}"` }, body: view };
      });
    } catch (error) {
      const isWrongRole =
        error instanceof ProblemError && (error.current as { why?: string } | undefined)?.why === 'wrong-role';
      if (isWrongRole) await this.door.recordRefusal(request, caller, asked.answer);
      throw error;
    }
  }
}
