import type { InstantMs } from '@parapet/kernel';

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly domain: string;
  /** Only this very host, not what lies below it. */
  readonly isHostOnly: boolean;
  readonly path: string;
  readonly isSecure: boolean;
}

const COOKIES_MAX = 100;

/** The cookies of one run (RFC 6265): a run begins as a visitor whom nobody knows, and none outlives it. */
export class CookieJar {
  readonly #cookies = new Map<string, Cookie>();

  /** Takes what an answer set; a cookie for a host that is not the answer's own or above it is ignored. */
  take(url: URL, lines: readonly string[], nowMs: InstantMs): void {
    for (const line of lines) {
      const parsed = parseCookie(url, line, nowMs);
      if (parsed === null) continue;
      const { cookie, isOver } = parsed;
      const key = `${cookie.domain};${cookie.path};${cookie.name}`;
      if (isOver) this.#cookies.delete(key);
      else if (this.#cookies.size < COOKIES_MAX || this.#cookies.has(key)) this.#cookies.set(key, cookie);
    }
  }

  /** The header `Cookie` for a request; null where there is nothing to send. */
  headerFor(url: URL): string | null {
    const sent = [...this.#cookies.values()]
      .filter((cookie) => isFor(cookie, url))
      .sort((a, b) => b.path.length - a.path.length)
      .map(({ name, value }) => `${name}=${value}`);
    return sent.length === 0 ? null : sent.join('; ');
  }
}

function parseCookie(url: URL, line: string, nowMs: InstantMs): { cookie: Cookie; isOver: boolean } | null {
  const [pair = '', ...attributes] = line.split(';');
  const at = pair.indexOf('=');
  const name = pair.slice(0, at).trim();
  if (at < 1 || name === '') return null;
  const said = new Map(
    attributes.map((attribute) => {
      const [key = '', ...rest] = attribute.split('=');
      return [key.trim().toLowerCase(), rest.join('=').trim()];
    }),
  );
  const domain = (said.get('domain') ?? '').replace(/^\./, '').toLowerCase();
  if (domain !== '' && !isWithin(url.hostname, domain)) return null;
  const path = said.get('path') ?? '';
  const cookie: Cookie = {
    name,
    value: pair.slice(at + 1).trim(),
    domain: domain === '' ? url.hostname : domain,
    isHostOnly: domain === '',
    path: path.startsWith('/') ? path : defaultPath(url),
    isSecure: said.has('secure'),
  };
  return { cookie, isOver: isOver(said, nowMs) };
}

function isOver(said: ReadonlyMap<string, string>, nowMs: InstantMs): boolean {
  const maxAge = said.get('max-age');
  if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return Number(maxAge) <= 0;
  const expires = Date.parse(said.get('expires') ?? '');
  return !Number.isNaN(expires) && expires <= nowMs;
}

function isFor({ domain, isHostOnly, path, isSecure }: Cookie, url: URL): boolean {
  if (isSecure && url.protocol !== 'https:') return false;
  const isHost = isHostOnly ? url.hostname === domain : isWithin(url.hostname, domain);
  const isBelow = url.pathname === path || url.pathname.startsWith(path.endsWith('/') ? path : `${path}/`);
  return isHost && isBelow;
}

function isWithin(host: string, domain: string): boolean {
  return host === domain || (host.endsWith(`.${domain}`) && domain.includes('.') && !/^[\d.]+$|:/.test(host));
}

function defaultPath({ pathname }: URL): string {
  const last = pathname.lastIndexOf('/');
  return last <= 0 ? '/' : pathname.slice(0, last);
}
