import { z } from 'zod';
import { ASKED_KIND } from '../source-kinds.js';
import { credentials, secretRef } from './fields.js';

const certificateRef = z
  .strictObject({
    name: z.string().min(1).max(253).optional(),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional()
      .meta({ description: 'the SHA-256 of the certificate (DER) as 64 lower-case hex digits' }),
  })
  .refine((ref) => (ref.name === undefined) !== (ref.sha256 === undefined), {
    error: 'needs exactly one of name and sha256',
  })
  .meta({
    description:
      '{ name: TEXT } for a common name, DNS name or URI in certificates of the client authority, or { sha256: HEX } for one certificate',
  });

/** How a source proves who it is (interfaces 3, 5 and 16). */
export const proof = {
  credentials: credentials.optional(),
  certificates: z
    .array(certificateRef)
    .min(1)
    .optional()
    .meta({ description: 'client certificates that are bound to this source' }),
  requires: z
    .enum(['one', 'both'])
    .default('one')
    .meta({ description: 'one: a token or a client certificate is enough; both: neither alone is' }),
  secret: secretRef.optional(),
} as const;

interface Proof {
  readonly kind: string;
  readonly credentials?: readonly unknown[] | undefined;
  readonly certificates?: readonly unknown[] | undefined;
  readonly requires: 'one' | 'both';
  readonly secret?: unknown;
}

/** Says what is missing or has no meaning in how a source proves who it is. */
export function checkProof(source: Proof, say: (path: string, message: string) => void): void {
  const { credentials: tokens, certificates, requires, secret } = source;
  if (source.kind === ASKED_KIND) {
    for (const name of ['credentials', 'certificates', 'secret'] as const)
      if (source[name] !== undefined) say(name, `belongs to a source that sends; this one is asked`);
    return;
  }
  if (secret !== undefined && source.kind !== 'grafana')
    say('secret', 'belongs to kind: grafana, the only sender that signs');
  if (tokens === undefined && certificates === undefined && secret === undefined)
    say('credentials', 'is missing: a source proves who it is with a token, a client certificate or a signature');
  if (requires === 'both' && (tokens === undefined || certificates === undefined))
    say('requires', 'both needs credentials and certificates');
}
