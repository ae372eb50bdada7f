import { Inject, Injectable } from '@nestjs/common';
import { timingSafeEqual } from 'node:crypto';
import { Authenticator, ConfigurationWatcher, ProblemError } from '@parapet/nest';
import { traceparentFor } from '@parapet/telemetry';
import type { Role } from '@parapet/policy';
import { Database, Journal } from '@parapet/postgres';
import type { Actor } from '@parapet/runtime';
import type { FastifyRequest } from '@parapet/nest';
import type { By } from '../releases/release-streams.js';
import { type Caller, mayDo, type Right, rightRefused } from './rights.js';
import { secretOf, type Session, Sessions } from './sessions.js';

/** Lets callers in: who they are, what they may, and that a browser meant it. */
@Injectable()
export class Door {
  constructor(
    @Inject(Authenticator) private readonly authenticator: Authenticator,
    @Inject(ConfigurationWatcher) private readonly configurations: ConfigurationWatcher,
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(Database) private readonly db: Database,
    @Inject(Journal) private readonly journal: Journal,
  ) {}

  /** The caller of a request who holds the right; everything else is refused, and a right that is not held goes on record. */
  async open(request: FastifyRequest, right: Right): Promise<Caller> {
    const caller = await this.callerOf(request);
    if (mayDo(caller, right)) return caller;
    await this.recordRefusal(request, caller, right);
    throw rightRefused(right);
  }

  /** Who calls; a session's changes need its token against forged requests. */
  async callerOf(request: FastifyRequest): Promise<Caller> {
    const { authorization } = request.headers;
    if (authorization !== undefined) return this.byToken(authorization);
    const secret = secretOf(request.headers.cookie);
    const session = secret === null ? null : await this.sessions.find(secret, Date.now());
    if (session === null) throw unauthenticated('sign in, or send Authorization: Bearer with a token');
    if (request.method !== 'GET' && request.method !== 'HEAD') demandCsrfToken(request, session);
    return this.bySession(session);
  }

  /** The caller that a token names. */
  byToken(authorization: string): Caller {
    const known = this.authenticator.authenticate(authorization);
    // A source's token sends signals; it reads and changes nothing here.
    if (known === null || known.source !== null) throw unauthenticated('these credentials are not known here');
    return { tenant: known.tenant, subject: known.subject, roles: known.roles, auth: 'token', authTimeMs: Date.now() };
  }

  /** Puts a refused right on record. */
  async recordRefusal(request: FastifyRequest, caller: Caller, right: string): Promise<void> {
    const data = {
      right,
      method: request.method,
      address: request.url.split('?')[0] ?? '',
      requestId: String(request.id),
    };
    const ref = { tenant: caller.tenant, stream: `access:${caller.subject}`, environment: 'none', workload: 'none' };
    await this.db.transactRetrying(caller.tenant, (tx) =>
      this.journal.append(tx, ref, 'any', [{ type: 'right.refused', data }], { actor: actorOf(caller) }),
    );
  }

  private bySession(session: Session): Caller {
    const access = this.configurations
      .current(session.tenant)
      ?.tenant.access.find((one) => one.subject === session.subject);
    if (access === undefined) throw unauthenticated('this sign-in belongs to somebody who has no access any more');
    const { tenant, subject, authTimeMs, csrfToken, expiresAtMs } = session;
    return { tenant, subject, roles: access.roles, auth: 'session', authTimeMs, csrfToken, expiresAtMs };
  }
}

function unauthenticated(detail: string): ProblemError {
  return new ProblemError(401, 'unauthenticated', detail, { headers: { 'WWW-Authenticate': 'Bearer' } });
}

function demandCsrfToken(request: FastifyRequest, session: Session): void {
  const given = Buffer.from(String(request.headers['x-csrf-token'] ?? ''));
  const wanted = Buffer.from(session.csrfToken);
  const isSame = given.length === wanted.length && timingSafeEqual(given, wanted);
  if (!isSame)
    throw new ProblemError(403, 'csrf', 'send the csrfToken of GET /v1/me as X-CSRF-Token with every change');
}

const MACHINE_ROLES: readonly Role[] = ['deployer'];

/** Whoever may only register releases is a pipeline; everybody else is a person. */
export function actorOf(caller: Caller): Actor {
  const isMachine = caller.roles.every((role) => MACHINE_ROLES.includes(role));
  return { kind: isMachine ? 'service' : 'person', id: caller.subject, auth: caller.auth };
}

/** Who does it, in the trace that the request came with. */
export function byOf(request: FastifyRequest, caller: Caller): By {
  const { traceparent } = request.headers;
  return { actor: actorOf(caller), trace: traceparentFor(typeof traceparent === 'string' ? traceparent : undefined) };
}
