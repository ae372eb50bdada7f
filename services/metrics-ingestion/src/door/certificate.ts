import type { Socket } from 'node:net';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import type { Configuration, SignalSource } from '@parapet/policy';

/** A client certificate that our client authority vouches for. */
export interface ClientCertificate {
  /** SHA-256 of its DER as lower-case hex. */
  readonly sha256: string;
  /** Its DNS names and URIs; its common name where it has neither. */
  readonly names: readonly string[];
}

/** A certificate's holder, as the configuration names it. */
export interface CertificateHolder {
  readonly tenant: string;
  readonly source: SignalSource;
}

/** What the other side of a connection proved to be; null without TLS, without a certificate, and with one that nobody vouches for. */
export function certificateOf(socket: Socket): ClientCertificate | null {
  const tls = socket as Partial<TLSSocket>;
  if (tls.encrypted !== true || tls.authorized !== true || tls.getPeerCertificate === undefined) return null;
  const peer = tls.getPeerCertificate();
  return peer.fingerprint256 === undefined ? null : readCertificate(peer);
}

/** Reads what Node gives of a certificate. */
export function readCertificate({
  fingerprint256,
  subject,
  subjectaltname,
}: Pick<PeerCertificate, 'fingerprint256'> & {
  readonly subject?: { readonly CN?: unknown };
  readonly subjectaltname?: string | undefined;
}): ClientCertificate {
  const alternatives = alternativeNames(subjectaltname ?? '');
  const common = typeof subject?.CN === 'string' ? [subject.CN] : [];
  return {
    sha256: fingerprint256.replaceAll(':', '').toLowerCase(),
    names: alternatives.length > 0 ? alternatives : common,
  };
}

/** A name with a character that could be mistaken for the list's own is written as a JSON text. */
const ALTERNATIVE = /(?:^|, )(?:DNS|URI):("(?:[^"\\]|\\.)*"|[^,"]*)/g;

function alternativeNames(text: string): readonly string[] {
  return [...text.matchAll(ALTERNATIVE)].map(([, name = '']) =>
    name.startsWith('"') ? String(JSON.parse(name)) : name,
  );
}

/** The source that a certificate is bound to; of several the one at the address. */
export function holderOf(
  configurations: readonly Configuration[],
  certificate: ClientCertificate,
  address: string,
): CertificateHolder | null {
  const holders = configurations.flatMap(({ tenant, signalSources }) =>
    signalSources.filter((source) => isBound(source, certificate)).map((source) => ({ tenant: tenant.name, source })),
  );
  return holders.find(({ source }) => source.name === address) ?? holders[0] ?? null;
}

function isBound({ certificates = [] }: SignalSource, { sha256, names }: ClientCertificate): boolean {
  return certificates.some((ref) => ('name' in ref ? names.includes(ref.name) : ref.sha256 === sha256));
}
