import { resolveSecret, type SecretRef } from '@parapet/policy';

/** A file may be exchanged without a new revision, and is not read for every message. */
const REREAD_MS = 10_000;

/** Reads secrets that configuration refers to, each at most every ten seconds. */
export class Secrets {
  readonly #read = new Map<string, { readonly value: string; readonly atMs: number }>();

  constructor(private readonly nowMs: () => number = Date.now) {}

  /** Throws SecretUnavailable where it cannot be had. */
  of(ref: SecretRef): string {
    const key = JSON.stringify(ref);
    const known = this.#read.get(key);
    if (known !== undefined && this.nowMs() - known.atMs < REREAD_MS) return known.value;
    const value = resolveSecret(ref);
    this.#read.set(key, { value, atMs: this.nowMs() });
    return value;
  }
}
