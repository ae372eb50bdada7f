import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { EVENT_OWNERS, type ServiceName } from '@parapet/contracts';

/** The five processes with a PostgreSQL role of their own. */
export const SERVICES = Object.keys(EVENT_OWNERS) as readonly ServiceName[];

/** Name of a service's PostgreSQL role. */
export function roleOf(service: ServiceName): string {
  return `parapet_${service.replaceAll('-', '_')}`;
}

/** The admin's address with a service's role and password in its place. */
export function roleUrl(adminUrl: string, service: ServiceName, password: string): string {
  const url = new URL(adminUrl);
  url.username = roleOf(service);
  url.password = encodeURIComponent(password);
  return url.href;
}

const SCRAM_ITERATIONS = 4096;

/**
 * What PostgreSQL keeps of a password (RFC 5803), made here so that the password itself is in no statement and no server log.
 * @param salt 16 random bytes
 */
export function scramVerifier(password: string, salt: Uint8Array = randomBytes(16)): string {
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, SCRAM_ITERATIONS, 32, 'sha256');
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64');
  const serverKey = hmac('Server Key').toString('base64');
  return `SCRAM-SHA-256$${SCRAM_ITERATIONS}:${Buffer.from(salt).toString('base64')}$${storedKey}:${serverKey}`;
}
