import { readFileSync } from 'node:fs';
import type { Server } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import type { ServiceLogger } from '@parapet/telemetry';
import { z } from 'zod';
import { EnvironmentInvalid } from './environment.js';

/** Whether an exchanged certificate is there is looked at this often. */
const LOOK_MS = 60_000;

const file = z.string().min(1).optional();

/** The variables of a service that may end TLS itself. */
export const tlsVariables = {
  PARAPET_TLS_CERT_FILE: file,
  PARAPET_TLS_KEY_FILE: file,
  PARAPET_TLS_CLIENT_CA_FILE: file,
} as const;

/** Where a service's certificate is, and whose client certificates it believes. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** Absent: client certificates are not asked for. */
  readonly clientCaFile?: string;
}

/** Reads the variables; null: plain HTTP. Throws EnvironmentInvalid where one needs another. */
export function tlsFilesOf(variables: z.output<z.ZodObject<typeof tlsVariables>>): TlsFiles | null {
  const { PARAPET_TLS_CERT_FILE: cert, PARAPET_TLS_KEY_FILE: key, PARAPET_TLS_CLIENT_CA_FILE: ca } = variables;
  if (cert !== undefined && key !== undefined)
    return { certFile: cert, keyFile: key, ...(ca === undefined ? {} : { clientCaFile: ca }) };
  if (cert === undefined && key === undefined && ca === undefined) return null;
  const missing = [cert === undefined ? 'PARAPET_TLS_CERT_FILE' : '', key === undefined ? 'PARAPET_TLS_KEY_FILE' : ''];
  throw new EnvironmentInvalid(
    missing.filter((name) => name !== '').map((name) => `${name} is not set: TLS needs a certificate and its key`),
  );
}

/** The options of an HTTPS server; throws where a file cannot be read. */
export function tlsOptions(
  files: TlsFiles,
): SecureContextOptions & { requestCert: boolean; rejectUnauthorized: false } {
  return {
    ...contentsOf(files),
    minVersion: 'TLSv1.2',
    requestCert: files.clientCaFile !== undefined,
    // Who shows no certificate, or a stranger's, may still have a token: whoever needs the certificate looks at it.
    rejectUnauthorized: false,
  };
}

/** Takes exchanged files into use without a restart; answers how to stop looking. A pair that does not fit is told of, and the old one stays. */
export function followTls(server: Server, files: TlsFiles, logger: ServiceLogger, everyMs = LOOK_MS): () => void {
  let before = fingerprintOf(files);
  let trouble = '';
  const timer = setInterval(() => {
    try {
      const now = fingerprintOf(files);
      if (now === before) return;
      server.setSecureContext({ ...contentsOf(files), minVersion: 'TLSv1.2' });
      before = now;
      trouble = '';
      logger.info('an exchanged certificate is in use');
    } catch (error) {
      // Told once: a certificate and its key may well be exchanged one after the other.
      if (String(error) === trouble) return;
      trouble = String(error);
      logger.warn({ err: error }, 'an exchanged certificate cannot be used; the one before stays in use');
    }
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}

function contentsOf({ certFile, keyFile, clientCaFile }: TlsFiles) {
  return {
    cert: readFileSync(certFile),
    key: readFileSync(keyFile),
    ...(clientCaFile === undefined ? {} : { ca: readFileSync(clientCaFile) }),
  };
}

function fingerprintOf(files: TlsFiles): string {
  return Object.values(contentsOf(files)).join('\n');
}
