import { createHash, randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { z } from 'zod';

const SESSION_MS = 8 * 3_600_000;
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

/** Sessions of the console, in Redis: with it flushed or gone people sign in again, and bearer tokens still work. */
export class Sessions {
  constructor(private readonly redis: Redis) {}

  /** Opens one; answers the secret that goes into the cookie. It is stored only as its digest. */
  async open(
    tenant: string,
    subject: string,
    nowMs: number,
  ): Promise<{ readonly secret: string; readonly session: Session }> {
    const secret = randomBytes(32).toString('base64url');
    const opened: Session = {
      tenant,
      subject,
      authTimeMs: nowMs,
      expiresAtMs: nowMs + SESSION_MS,
      csrfToken: randomBytes(24).toString('base64url'),
    };
    await this.redis.set(keyOf(secret), JSON.stringify(opened), 'PX', SESSION_MS);
    return { secret, session: opened };
  }

  /** The session of a cookie; null where there is none any more. */
  async find(secret: string, nowMs: number): Promise<Session | null> {
    const stored = await this.redis.get(keyOf(secret));
    if (stored === null) return null;
    const found = session.safeParse(JSON.parse(stored));
    return found.success && found.data.expiresAtMs > nowMs ? found.data : null;
  }

  async close(secret: string): Promise<void> {
    await this.redis.del(keyOf(secret));
  }
}

function keyOf(secret: string): string {
  return `${PREFIX}${createHash('sha256').update(secret).digest('hex')}`;
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
