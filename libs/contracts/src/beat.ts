import { formatInstant, type InstantMs, parseInstant } from '@parapet/kernel';
import type { SignalBatch } from './signal-batch.js';
import { SIGNALS_PREFIX } from './subjects.js';

/** The tenant of our own heartbeat; no retailer may be called so. */
export const OWN_TENANT = 'parapet';
/** Where an evaluator says that a beat has been judged; nothing is kept of it. */
export const BEAT_SUBJECT = 'parapet.heartbeat.v1';
const ENVIRONMENT = 'heartbeat';
const SIGNAL = 'parapet.heartbeat';

/** One message of our own heartbeat: who sent it, its number from 1 without a gap, and when. */
export interface Beat {
  readonly sender: string;
  readonly n: number;
  readonly sentAtMs: InstantMs;
}

/** The partition a beat goes through: one after another, so that each is felt. */
export function beatSubject(n: number, partitions: number): string {
  return `${SIGNALS_PREFIX}.${n % partitions}.${OWN_TENANT}.${ENVIRONMENT}`;
}

/** A beat as a batch of signals like any other. */
export function beatBatch({ sender, n, sentAtMs }: Beat): SignalBatch {
  const value = { kind: 'gauge', value: n } as const;
  return {
    receipt: `rcp_${sender}-${n}`,
    part: 1,
    parts: 1,
    tenant: OWN_TENANT,
    environment: ENVIRONMENT,
    source: sender,
    samples: [{ signal: SIGNAL, atMs: sentAtMs, value, dimensions: {}, key: String(n) }],
    alerts: null,
  };
}

/** The beat that a batch is; null for a batch of a retailer. */
export function beatOf(batch: SignalBatch): Beat | null {
  const sample = batch.samples[0];
  if (batch.tenant !== OWN_TENANT || sample?.value.kind !== 'gauge') return null;
  return { sender: batch.source, n: sample.value.value, sentAtMs: sample.atMs };
}

/** The bytes that say a beat was judged. */
export function encodeBeat({ sender, n, sentAtMs }: Beat): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ sender, n, sentAt: formatInstant(sentAtMs) }));
}

/** Reads them; null for anything else. */
export function decodeBeat(bytes: Uint8Array): Beat | null {
  try {
    const { sender, n, sentAt } = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    const sentAtMs = typeof sentAt === 'string' ? parseInstant(sentAt) : null;
    if (typeof sender !== 'string' || !Number.isSafeInteger(n) || sentAtMs === null) return null;
    return { sender, n: n as number, sentAtMs };
  } catch {
    return null;
  }
}
