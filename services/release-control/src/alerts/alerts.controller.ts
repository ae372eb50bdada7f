import { Body, Controller, Get, Header, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { AlertsView } from '@parapet/contracts';
import { ConfigurationWatcher, type FastifyReply, type FastifyRequest } from '@parapet/nest';
import { Database } from '@parapet/postgres';
import { byOf, Door } from '../access/door.js';
import { Changes } from '../http/changes.js';
import { readBody, settleBody } from '../http/requests.js';
import { Alerts } from './alerts.js';

/** What senders say is firing, what is in doubt about it, and people's words on that. */
@Controller('v1/alerts')
export class AlertsController {
  constructor(
    @Inject(Door) private readonly door: Door,
    @Inject(Changes) private readonly changes: Changes,
    @Inject(Database) private readonly db: Database,
    @Inject(ConfigurationWatcher) private readonly configurations: ConfigurationWatcher,
    @Inject(Alerts) private readonly alerts: Alerts,
  ) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  async list(@Req() request: FastifyRequest, @Query() query: { readonly environment?: string }): Promise<AlertsView> {
    const caller = await this.door.open(request, 'read');
    const configuration = this.configurations.current(caller.tenant);
    return this.db.transact(caller.tenant, (tx) => this.alerts.show(tx, configuration, query.environment ?? ''));
  }

  @Post(':source/:fingerprint/settle')
  async settle(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param() alert: { readonly source: string; readonly fingerprint: string },
    @Body() body: unknown,
  ): Promise<unknown> {
    const caller = await this.door.open(request, 'respond');
    const asked = readBody(settleBody, body);
    const { source, fingerprint } = alert;
    const configuration = this.configurations.current(caller.tenant);
    return this.changes.run(request, reply, caller, async (tx) => ({
      // Accepted: what follows from it is the evaluator's to say.
      status: 202,
      body: await this.alerts.settle(tx, configuration, { source, fingerprint }, asked, byOf(request, caller)),
    }));
  }
}
