import { type CredentialRef, type Role, credentialHash, hashToken, isSameHash } from '@parapet/policy';
import type { ServiceLogger } from '@parapet/telemetry';
import type { ConfigurationWatcher } from './configuration-watcher.js';

/** Who presented a credential, as the configuration names them. */
export interface Principal {
  readonly tenant: string;
  /** A person's or service's subject; for a source `source:<name>`. */
  readonly subject: string;
  readonly roles: readonly Role[];
  /** The source whose credential it is; null for people and services. */
  readonly source: string | null;
}

/** A credential as it came in an `Authorization` header. */
export interface Presented {
  readonly token: string;
  /** The user of Basic; null with Bearer. */
  readonly user: string | null;
}

/** Files and variables may be exchanged without a new revision. */
const REREAD_MS = 10_000;
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i;
const BASIC = /^Basic +([A-Za-z0-9+/_-]+=*) *$/i;

/** Reads an `Authorization` header; null where it is absent or neither Bearer nor Basic. */
export function presented(authorization: string | undefined): Presented | null {
  const bearer = BEARER.exec(authorization ?? '')?.[1];
  if (bearer !== undefined) return { token: bearer, user: null };
  const basic = BASIC.exec(authorization ?? '')?.[1];
  if (basic === undefined) return null;
  const pair = Buffer.from(basic, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 0 ? null : { user: pair.slice(0, colon), token: pair.slice(colon + 1) };
}

interface Known {
  readonly hash: string;
  readonly principal: Principal;
}

/** Says who presents a credential, from the configuration in use. */
export class Authenticator {
  readonly #watcher: ConfigurationWatcher;
  readonly #logger: ServiceLogger;
  readonly #nowMs: () => number;
  readonly #told = new Set<string>();
  #known: readonly Known[] = [];
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(watcher: ConfigurationWatcher, logger: ServiceLogger, nowMs: () => number = Date.now) {
    this.#watcher = watcher;
    this.#logger = logger;
    this.#nowMs = nowMs;
    watcher.onChange(() => {
      this.#readAtMs = Number.NEGATIVE_INFINITY;
    });
  }

  /** Who presents this header; null for none, a malformed, an unknown or a wrong one, in the same time. */
  authenticate(authorization: string | undefined): Principal | null {
    const credential = presented(authorization);
    const hash = hashToken(credential?.token ?? '');
    let found: Principal | null = null;
    // Every known credential is compared, whatever was found: how long it takes says nothing.
    for (const known of this.#credentials()) {
      if (isSameHash(known.hash, hash)) found = known.principal;
    }
    if (credential === null || found === null) return null;
    const isNamedRight = credential.user === null || credential.user === (found.source ?? found.subject);
    return isNamedRight ? found : null;
  }

  #credentials(): readonly Known[] {
    if (this.#nowMs() - this.#readAtMs >= REREAD_MS) {
      this.#known = this.#read();
      this.#readAtMs = this.#nowMs();
    }
    return this.#known;
  }

  #read(): readonly Known[] {
    return this.#watcher.all().flatMap(({ tenant, signalSources }) => [
      ...tenant.access.flatMap(({ subject, roles, credentials }) =>
        this.#hashes(credentials, subject).map((hash) => ({
          hash,
          principal: { tenant: tenant.name, subject, roles, source: null },
        })),
      ),
      ...signalSources.flatMap(({ name, credentials }) =>
        this.#hashes(credentials, `source:${name}`).map((hash) => ({
          hash,
          principal: { tenant: tenant.name, subject: `source:${name}`, roles: [], source: name },
        })),
      ),
    ]);
  }

  #hashes(credentials: readonly CredentialRef[], subject: string): readonly string[] {
    return credentials.flatMap((credential) => {
      try {
        return [credentialHash(credential)];
      } catch (error) {
        const key = `${subject} ${JSON.stringify(credential)}`;
        // Once: it is tried again every ten seconds.
        if (!this.#told.has(key))
          this.#logger.warn({ err: error, subject }, 'a credential cannot be read; it does not count');
        this.#told.add(key);
        return [];
      }
    });
  }
}
