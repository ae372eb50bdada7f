import { Body, Controller, Get, Header, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { GuardrailView } from '@parapet/contracts';
import { ConfigurationWatcher, type FastifyReply, type FastifyRequest } from '@parapet/nest';
import { Database } from '@parapet/postgres';
import { byOf, Door } from '../access/door.js';
import { Changes } from '../http/changes.js';
import { readBody, restoreBody } from '../http/requests.js';
import { Guardrails } from './guardrails.js';

/** How far each guardrail is trusted, and a person's word that one is to be trusted again. */
@Controller('v1/guardrails')
export class GuardrailsController {
  constructor(
    @Inject(Door) private readonly door: Door,
    @Inject(Changes) private readonly changes: Changes,
    @Inject(Database) private readonly db: Database,
    @Inject(ConfigurationWatcher) private readonly configurations: ConfigurationWatcher,
    @Inject(Guardrails) private readonly guardrails: Guardrails,
  ) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  async list(@Req() request: FastifyRequest): Promise<{ readonly items: readonly GuardrailView[] }> {
    const caller = await this.door.open(request, 'read');
    const configuration = this.configurations.current(caller.tenant);
    const items = await this.db.transact(caller.tenant, (tx) => this.guardrails.list(tx, configuration));
    return { items };
  }

  @Post(':policy/:guardrail/restore')
  async restore(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param() which: { readonly policy: string; readonly guardrail: string },
    @Body() body: unknown,
  ): Promise<unknown> {
    const caller = await this.door.open(request, 'restore');
    const asked = readBody(restoreBody, body);
    const configuration = this.configurations.current(caller.tenant);
    return this.changes.run(request, reply, caller, async (tx) => ({
      status: 200,
      body: { items: await this.guardrails.restore(tx, configuration, which, asked, byOf(request, caller)) },
    }));
  }
}
