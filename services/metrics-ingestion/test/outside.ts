import { BUILT_IN_SIGNALS, type SignalSource } from '@parapet/policy';
import type { SignalDeclaration } from '@parapet/signals';
import { readDocument } from '../src/door/json.js';
import type { Arrival, DoorKind, Sender, Taken } from '../src/door/kind.js';
import { headOf } from '../src/door/message.js';
import { type Refusal, Refused } from '../src/door/refusal.js';

export const NOW_MS = Date.parse('2026-11-23T09:15:30.000Z');
export const ARRIVAL: Arrival = { receipt: 'rcp_01JD8Z5WQ00000000000000000', digest: 'ab12', nowMs: NOW_MS };

export const CARTS: SignalDeclaration = {
  name: 'shop.carts.open',
  unit: 'carts',
  badDirection: 'low',
  temporality: 'delta',
  dimensions: ['till'],
  intervalMs: 15_000,
  latenessMs: 60_000,
};

/** A source of two environments; `more` changes it. */
export function senderOf(kind: SignalSource['kind'], more: Partial<SignalSource> = {}): Sender {
  const source: SignalSource = {
    name: 'shop',
    kind,
    credentials: [],
    environments: ['production', 'staging'],
    heartbeat:
      kind === 'alertmanager' ? { labels: { alertname: 'Watchdog' }, periodMs: 30_000, isRequired: true } : null,
    signals: kind === 'samples' ? [CARTS] : [],
    repeatIntervalMs: 120_000,
    groupIntervalMs: 15_000,
    doubtMs: 900_000,
    pairedWith: null,
    releaseLabel: 'release',
    requests: { perSecond: 50, burst: 200 },
    ...more,
  };
  const signals = new Map([...BUILT_IN_SIGNALS, ...source.signals].map((signal) => [signal.name, signal]));
  return { tenant: 'acme-retail', source, signals };
}

/** What a door makes of a body whose compression is undone: taken, or why not. Anything else that is thrown is a defect and passes through. */
export function handIn(
  door: DoorKind,
  body: string | Uint8Array,
  sender: Sender = senderOf(door.name),
  headers: Readonly<Record<string, string>> = {},
): { readonly taken: Taken; readonly refusal: null } | { readonly taken: null; readonly refusal: Refusal } {
  try {
    const bytes = Buffer.from(body as Uint8Array);
    const message = { ...headOf(headers), bytes, document: () => readDocument(bytes) };
    return { taken: door.take(message, sender, ARRIVAL), refusal: null };
  } catch (error) {
    if (error instanceof Refused) return { taken: null, refusal: error.refusal };
    throw error;
  }
}

/** Maps without prototype compare as plain ones. */
export function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
