import { Authenticator, ConfigurationWatcher } from '@parapet/nest';
import { BUILT_IN_SIGNALS, type Configuration } from '@parapet/policy';
import type { SignalDeclaration } from '@parapet/signals';
import type { DoorKind, Sender } from './kind.js';
import type { RateLimit } from './rate-limit.js';
import { type Refusal, unavailable } from './refusal.js';

/** What an admission ends with: the sender, or why not; `known` is whoever it was that is refused. */
export type Admission =
  | { readonly sender: Sender; readonly refusal: null }
  | { readonly known: Sender; readonly refusal: Refusal }
  | { readonly known: null; readonly refusal: Refusal };

/** The same words for every reason: which part was wrong is nobody's business. */
const UNAUTHENTICATED: Refusal = {
  status: 401,
  code: 'unauthenticated',
  detail: 'this address needs the credentials of its source: Bearer with its token, or Basic with its name and token',
  headers: { 'www-authenticate': 'Bearer realm="parapet", Basic realm="parapet"' },
};

/** Decides who may hand in something at the address of a source. */
export class AdmissionDesk {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly watcher: ConfigurationWatcher,
    private readonly limit: RateLimit,
  ) {}

  /** Tenant and source come from the credentials; the address only has to agree. */
  async admit(door: DoorKind, address: string, authorization: string | undefined): Promise<Admission> {
    const principal = this.authenticator.authenticate(authorization);
    if (principal === null) return { known: null, refusal: UNAUTHENTICATED };
    const known = senderOf(this.watcher.current(principal.tenant), principal.source);
    const misplaced = this.#misplaced(door, address, known);
    if (known === null) return { known, refusal: misplaced ?? UNAUTHENTICATED };
    const waitMs = await this.limit.waitMs(known.tenant, known.source.name, known.source.requests);
    const refusal = waitMs > 0 ? beyondRate(door, known, waitMs) : misplaced;
    return refusal === null ? { sender: known, refusal } : { known, refusal };
  }

  #misplaced(door: DoorKind, address: string, known: Sender | null): Refusal | null {
    const isOwn = known !== null && known.source.name === address;
    if (isOwn && known.source.kind === door.name) return null;
    if (isOwn || this.watcher.source(address) === null) {
      return { status: 404, code: 'unknown-source', detail: `there is no source of kind ${door.name} at this address` };
    }
    return { status: 403, code: 'wrong-source', detail: 'these are not the credentials of the source at this address' };
  }
}

function senderOf(configuration: Configuration | null, name: string | null): Sender | null {
  const source = configuration?.signalSources.find((one) => one.name === name);
  if (configuration === null || source === undefined) return null;
  return { tenant: configuration.tenant.name, source, signals: signalsOf(source.signals) };
}

/** A source may send what it declares, and what probes would measure where it measures that itself. */
function signalsOf(declared: readonly SignalDeclaration[]): ReadonlyMap<string, SignalDeclaration> {
  return new Map([...BUILT_IN_SIGNALS, ...declared].map((signal) => [signal.name, signal]));
}

function beyondRate(door: DoorKind, { source }: Sender, waitMs: number): Refusal {
  const { perSecond, burst } = source.requests;
  const detail = `source ${source.name} may send ${perSecond} messages a second, and ${burst} at once`;
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return { ...unavailable(detail, seconds), ...(door.beyondRate === 429 ? { status: 429, code: 'slow-down' } : {}) };
}
