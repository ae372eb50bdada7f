import { readFileSync } from 'node:fs';
import type { CredentialRef, SecretRef } from './configuration.js';
import { hashToken } from './token.js';

/** A secret that configuration refers to cannot be had; the sentence says what to do. */
export class SecretUnavailable extends Error {
  override readonly name = 'SecretUnavailable';
}

/** Reads the secret that a reference names: a variable, or a file without its last line break. Read anew each time, so that files may be exchanged. */
export function resolveSecret(
  ref: SecretRef,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  if ('env' in ref) {
    const value = environment[ref.env];
    if (value === undefined || value === '')
      throw new SecretUnavailable(`the environment variable ${ref.env} is not set`);
    return value;
  }
  const value = contentOf(ref.file).replace(/\r?\n$/, '');
  if (value === '') throw new SecretUnavailable(`the secret file ${ref.file} is empty`);
  return value;
}

/** The SHA-256 (hex) that a presented token must have. */
export function credentialHash(ref: CredentialRef, environment?: Readonly<Record<string, string | undefined>>): string {
  return 'sha256' in ref ? ref.sha256 : hashToken(resolveSecret(ref, environment));
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SecretUnavailable(`cannot read the secret file ${file}`, { cause });
  }
}
