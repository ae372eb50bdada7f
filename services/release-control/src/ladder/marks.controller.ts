import { Body, Controller, Get, Header, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { MarkView } from '@parapet/contracts';
import { ConfigurationWatcher, type FastifyReply, type FastifyRequest } from '@parapet/nest';
import { Database } from '@parapet/postgres';
import { byOf, Door } from '../access/door.js';
import { Changes } from '../http/changes.js';
import { markBody, readBody } from '../http/requests.js';
import { type ReleaseQuery, Releases } from '../releases/releases.js';
import { Marks } from './marks.js';

/** People's words on whether a verdict was right. */
@Controller('v1/releases')
export class MarksController {
  constructor(
    @Inject(Door) private readonly door: Door,
    @Inject(Changes) private readonly changes: Changes,
    @Inject(Database) private readonly db: Database,
    @Inject(ConfigurationWatcher) private readonly configurations: ConfigurationWatcher,
    @Inject(Releases) private readonly releases: Releases,
    @Inject(Marks) private readonly marks: Marks,
  ) {}

  @Get(':id/marks')
  @Header('Cache-Control', 'no-store')
  async list(
    @Req() request: FastifyRequest,
    @Param('id') id: string,
    @Query() query: ReleaseQuery,
  ): Promise<{ readonly items: readonly MarkView[] }> {
    const caller = await this.door.open(request, 'read');
    const items = await this.db.transact(caller.tenant, async (tx) =>
      this.marks.list(tx, await this.releases.find(tx, id, query)),
    );
    return { items };
  }

  @Post(':id/marks')
  async mark(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('id') id: string,
    @Query() query: ReleaseQuery,
    @Body() body: unknown,
  ): Promise<unknown> {
    const caller = await this.door.open(request, 'respond');
    const asked = readBody(markBody, body);
    const configuration = this.configurations.current(caller.tenant);
    return this.changes.run(request, reply, caller, async (tx) => {
      const place = await this.releases.find(tx, id, query);
      return {
        status: 200,
        body: { items: await this.marks.mark(tx, configuration, place, asked, byOf(request, caller)) },
      };
    });
  }
}
