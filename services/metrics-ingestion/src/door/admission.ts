import { Authenticator, ConfigurationWatcher } from '@parapet/nest';
import { BUILT_IN_SIGNALS, type Configuration } from '@parapet/policy';
import type { SignalDeclaration } from '@parapet/signals';
import { type ClientCertificate, holderOf } from './certificate.js';
import type { DoorKind, PresentedSignature, RequestHead, Sender } from './kind.js';
import type { RateLimit } from './rate-limit.js';
import { type Refusal, unavailable } from './refusal.js';

/** A request before its body is read. */
export interface Knock {
  readonly door: DoorKind;
  /** The source that the path names. */
  readonly source: string;
  readonly head: RequestHead;
  /** Null without TLS, and without a certificate that our client authority vouches for. */
  readonly certificate: ClientCertificate | null;
}

/** What an admission ends with: the sender, or why not; `known` is whoever it was that is refused. */
export type Admission = Admitted | Rejected;

/** Somebody who may hand in a body. */
export interface Admitted {
  readonly sender: Sender;
  /** To be compared with the body before anything else is done with it; null where the source does not sign. */
  readonly signature: PresentedSignature | null;
  /** False: nothing but the signature proves who it is, and its rate is not drawn yet. */
  readonly isProven: boolean;
  readonly refusal: null;
}

/** Somebody who may not. */
export interface Rejected {
  readonly known: Sender | null;
  readonly refusal: Refusal;
}

/** The same words for every reason: which part was wrong is nobody's business. */
export const UNAUTHENTICATED: Refusal = {
  status: 401,
  code: 'unauthenticated',
  detail:
    'this address needs what its source proves itself with: Bearer with its token, Basic with its name and token, its client certificate, or its signature',
  headers: { 'www-authenticate': 'Bearer realm="parapet", Basic realm="parapet"' },
};
const STRANGER: Rejected = { known: null, refusal: UNAUTHENTICATED };

/** Decides who may hand in something at the address of a source. */
export class AdmissionDesk {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly watcher: ConfigurationWatcher,
    private readonly limit: RateLimit,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** Tenant and source come from what is presented; the address only has to agree. */
  async admit(knock: Knock): Promise<Admission> {
    const authorization = knock.head.header('authorization');
    const principal = this.authenticator.authenticate(authorization);
    // Whoever shows a wrong token is not let in for a right certificate.
    if (principal === null && authorization !== undefined) return STRANGER;
    const holder = knock.certificate === null ? null : holderOf(this.watcher.all(), knock.certificate, knock.source);
    const proof = principal ?? (holder === null ? null : { tenant: holder.tenant, source: holder.source.name });
    if (proof === null) return this.#bySignature(knock);
    const known = senderOf(this.watcher.current(proof.tenant), proof.source);
    const isOfTwo = principal !== null && holder !== null && !isSame(proof, holder);
    const misplaced = isOfTwo ? WRONG_SOURCE : this.#misplaced(knock, known);
    if (known === null) return { known, refusal: misplaced ?? UNAUTHENTICATED };
    const isHalf = known.source.requires === 'both' && (principal === null || holder === null);
    if (isHalf) return STRANGER;
    const refusal = (await this.rate(knock.door, known)) ?? misplaced;
    if (refusal !== null) return { known, refusal };
    const signature = this.#presented(knock, known);
    return signature === undefined ? STRANGER : { sender: known, signature, isProven: true, refusal };
  }

  /** Takes one message from the source's rate. */
  async rate(door: DoorKind, sender: Sender): Promise<Refusal | null> {
    const waitMs = await this.limit.waitMs(sender.tenant, sender.source.name, sender.source.requests);
    return waitMs > 0 ? beyondRate(door, sender, waitMs) : null;
  }

  /** A source with a secret and nothing else is known by its address until its signature is compared. */
  #bySignature(knock: Knock): Admission {
    const found = this.watcher.source(knock.source);
    const isItsDoor = found !== null && found.source.kind === knock.door.name;
    if (!isItsDoor || found.source.secret === undefined || provesOtherwise(found.source)) return STRANGER;
    const sender = senderOf(this.watcher.current(found.tenant), found.source.name);
    if (sender === null) return STRANGER;
    const signature = this.#presented(knock, sender);
    if (signature === undefined || signature === null) return STRANGER;
    return { sender, signature, isProven: false, refusal: null };
  }

  /** The signature in the headers; null where none is asked for, undefined where one is and there is none to compare. */
  #presented({ door, head }: Knock, { source }: Sender): PresentedSignature | null | undefined {
    if (source.secret === undefined) return null;
    return door.signature?.read(head, this.nowMs()) ?? undefined;
  }

  #misplaced({ door, source: address }: Knock, known: Sender | null): Refusal | null {
    const isOwn = known !== null && known.source.name === address;
    if (isOwn && known.source.kind === door.name) return null;
    if (isOwn || this.watcher.source(address) === null) {
      return { status: 404, code: 'unknown-source', detail: `there is no source of kind ${door.name} at this address` };
    }
    return WRONG_SOURCE;
  }
}

const WRONG_SOURCE: Refusal = {
  status: 403,
  code: 'wrong-source',
  detail: 'these are not the credentials of the source at this address',
};

function isSame(
  proof: { readonly tenant: string; readonly source: string | null },
  holder: { readonly tenant: string; readonly source: { readonly name: string } },
): boolean {
  return proof.tenant === holder.tenant && proof.source === holder.source.name;
}

function provesOtherwise({ credentials, certificates = [] }: Sender['source']): boolean {
  return credentials.length > 0 || certificates.length > 0;
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
