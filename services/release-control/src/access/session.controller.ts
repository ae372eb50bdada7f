import { Body, Controller, Delete, Get, Header, Inject, Post, Req, Res } from '@nestjs/common';
import { type CallerView } from '@parapet/contracts';
import { formatInstant } from '@parapet/kernel';
import { Database, Journal } from '@parapet/postgres';
import type { FastifyReply, FastifyRequest } from '@parapet/nest';
import { PUBLIC_URL } from '../config.js';
import { readBody, sessionBody } from '../http/requests.js';
import { actorOf, Door } from './door.js';
import type { Caller } from './rights.js';
import { endedCookie, secretOf, sessionCookie, Sessions } from './sessions.js';

/** Signing in to the console with a token, out again, and who one is. */
@Controller('v1')
export class SessionController {
  private readonly isSecure: boolean;

  constructor(
    @Inject(Door) private readonly door: Door,
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(Database) private readonly db: Database,
    @Inject(Journal) private readonly journal: Journal,
    @Inject(PUBLIC_URL) publicUrl: string,
  ) {
    this.isSecure = publicUrl.startsWith('https:');
  }

  @Get('me')
  @Header('Cache-Control', 'no-store')
  async me(@Req() request: FastifyRequest): Promise<CallerView> {
    return callerView(await this.door.open(request, 'read'));
  }

  /** Signing in answers a cookie that no script can read; a page of another origin cannot send this JSON without being asked for leave. */
  @Post('session')
  @Header('Cache-Control', 'no-store')
  async open(@Res({ passthrough: true }) reply: FastifyReply, @Body() body: unknown): Promise<CallerView> {
    const { token } = readBody(sessionBody, body);
    const caller = this.door.byToken(`Bearer ${token}`);
    const { secret, session } = await this.sessions.open(caller.tenant, caller.subject, Date.now());
    await this.record(caller, 'session.opened', { expiresAt: formatInstant(session.expiresAtMs) });
    void reply.status(201).header('Set-Cookie', sessionCookie(secret, this.isSecure));
    return callerView({ ...caller, auth: 'session', csrfToken: session.csrfToken, expiresAtMs: session.expiresAtMs });
  }

  @Delete('session')
  async close(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    const caller = await this.door.callerOf(request);
    const secret = secretOf(request.headers.cookie);
    if (secret !== null) await this.sessions.close(secret);
    await this.record(caller, 'session.closed', {});
    void reply.status(204).header('Set-Cookie', endedCookie(this.isSecure));
  }

  private async record(caller: Caller, type: string, data: Readonly<Record<string, unknown>>): Promise<void> {
    const ref = { tenant: caller.tenant, stream: `access:${caller.subject}`, environment: 'none', workload: 'none' };
    await this.db.transactRetrying(caller.tenant, (tx) =>
      this.journal.append(tx, ref, 'any', [{ type, data }], { actor: actorOf(caller) }),
    );
  }
}

function callerView(caller: Caller): CallerView {
  return {
    tenant: caller.tenant,
    subject: caller.subject,
    roles: caller.roles,
    ...(caller.csrfToken === undefined ? {} : { csrfToken: caller.csrfToken }),
    ...(caller.expiresAtMs === undefined ? {} : { expiresAt: formatInstant(caller.expiresAtMs) }),
  };
}
