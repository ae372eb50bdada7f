import { createHash, randomBytes } from 'node:crypto';
import type { InstantMs } from '@parapet/kernel';
import type { Database } from '@parapet/postgres';
import type { Redis } from 'ioredis';
import { z } from 'zod';

const SESSION_MS = 8 * 3_600_000;
/** A copy in Redis outlives a sign-out that Redis did not hear of by this at most. */
const COPY_MS = 60_000;
const PREFIX = 'parapet:session:';

const session = z.object({
  tenant: z.string(),
  subject: z.string(),
  authTimeMs: z.number(),
  expiresAtMs: z.number(),
  csrfToken: z.string(),
});

/** A signed-in browser. Roles are not in it: they are looked up in the configuration at each request. */
export type Session = z.output<typeof session>;

/** Sessions of the console: kept in PostgreSQL, with copies in Redis for speed. With Redis flushed or gone nobody notices. */
export class Sessions {
  /** @param onFallback told whenever Redis did not answer */
  constructor(
    private readonly db: Database,
    private readonly redis: Redis,
    private readonly onFallback: (error: unknown) => void,
  ) {}

  /** Opens one; answers the secret that goes into the cookie. It is stored only as its digest. */
  async open(
    tenant: string,
    subject: string,
    nowMs: InstantMs,
  ): Promise<{ readonly secret: string; readonly session: Session }> {
    const secret = randomBytes(32).toString('base64url');
    const opened: Session = {
      tenant,
      subject,
      authTimeMs: nowMs,
      expiresAtMs: nowMs + SESSION_MS,
      csrfToken: randomBytes(24).toString('base64url'),
    };
    await this.db.transactRetrying(tenant, async (tx) => {
      await tx.query('DELETE FROM console_sessions WHERE expires_at < to_timestamp($1 / 1000.0)', [nowMs]);
      await tx.query(
        `INSERT INTO console_sessions (digest, tenant, subject, signed_in, expires_at, csrf_token)
         VALUES ($1, $2, $3, to_timestamp($4 / 1000.0), to_timestamp($5 / 1000.0), $6)`,
        [digestOf(secret), tenant, subject, opened.authTimeMs, opened.expiresAtMs, opened.csrfToken],
      );
    });
    return { secret, session: opened };
  }

  /** The session of a cookie; null where there is none any more. */
  async find(secret: string, nowMs: InstantMs): Promise<Session | null> {
    const digest = digestOf(secret);
    const found = (await this.copyOf(digest)) ?? (await this.kept(digest));
    return found !== null && found.expiresAtMs > nowMs ? found : null;
  }

  /** Ends one; resolves once it is ended for every instance, but for a copy that Redis kept because it could not be told. */
  async close(secret: string): Promise<void> {
    const digest = digestOf(secret);
    await this.db.transactRetrying('*', (tx) => tx.query('DELETE FROM console_sessions WHERE digest = $1', [digest]));
    await this.orNothing(() => this.redis.del(PREFIX + digest));
  }

  private async copyOf(digest: string): Promise<Session | null> {
    const copy = await this.orNothing(() => this.redis.get(PREFIX + digest));
    if (copy === null) return null;
    const read = session.safeParse(JSON.parse(copy));
    return read.success ? read.data : null;
  }

  private async kept(digest: string): Promise<Session | null> {
    const [row] = await this.db.transact('*', (tx) =>
      tx.query<Session>(
        `SELECT tenant, subject, csrf_token AS "csrfToken", floor(extract(epoch FROM signed_in) * 1000)::float8 AS "authTimeMs",
                floor(extract(epoch FROM expires_at) * 1000)::float8 AS "expiresAtMs"
           FROM console_sessions WHERE digest = $1`,
        [digest],
      ),
    );
    if (row === undefined) return null;
    await this.orNothing(() => this.redis.set(PREFIX + digest, JSON.stringify(row), 'PX', COPY_MS));
    return row;
  }

  private async orNothing<T>(ask: () => Promise<T>): Promise<T | null> {
    try {
      return await ask();
    } catch (error) {
      this.onFallback(error);
      return null;
    }
  }
}

function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

export const SESSION_COOKIE = 'parapet_session';

/** The cookie of a new session; `Secure` where the console is served over https. */
export function sessionCookie(secret: string, isSecure: boolean): string {
  return `${SESSION_COOKIE}=${secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${SESSION_MS / 1000}${isSecure ? '; Secure' : ''}`;
}

/** The cookie that takes it back. */
export function endedCookie(isSecure: boolean): string {
  return `${SESSION_COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0${isSecure ? '; Secure' : ''}`;
}

/** The session's secret of a Cookie header. */
export function secretOf(cookies: string | undefined): string | null {
  const pair = (cookies ?? '')
    .split(';')
    .map((one) => one.trim())
    .find((one) => one.startsWith(`${SESSION_COOKIE}=`));
  const secret = pair?.slice(SESSION_COOKIE.length + 1) ?? '';
  return /^[A-Za-z0-9_-]{43}$/.test(secret) ? secret : null;
}
