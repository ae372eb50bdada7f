import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

const SHAPE = /^ppt_[A-Za-z0-9_-]{43}_[0-9a-f]{8}$/;

/**
 * Makes a token: `ppt_`, 32 random bytes, and a checksum.
 * The prefix lets scanners of repositories find a leaked one; the checksum lets a mistyped one be told from a wrong one offline.
 */
export function makeToken(): string {
  const body = `ppt_${randomBytes(32).toString('base64url')}`;
  return `${body}_${checksum(body)}`;
}

/** SHA-256 (hex) of the whole text: what is stored and compared. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Whether a text has a token's shape and its checksum holds. Not for deciding who may enter. */
export function isTokenShaped(text: string): boolean {
  return SHAPE.test(text) && text.endsWith(checksum(text.slice(0, -9)));
}

/** Compares two digests in constant time. */
export function isSameHash(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a, 'hex'), Buffer.from(b, 'hex')];
  return left.length > 0 && left.length === right.length && timingSafeEqual(left, right);
}

function checksum(body: string): string {
  return crc32(body).toString(16).padStart(8, '0');
}
