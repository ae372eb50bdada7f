import { type SignalBatch } from '@parapet/contracts';

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** A batch as bytes. */
export function encodeBatch(batch: SignalBatch): Uint8Array {
  return Buffer.from(JSON.stringify(batch));
}

/** A batch from bytes; a problem in words where they are none. Unknown fields are let through: writers only ever add. */
export function decodeBatch(
  payload: Uint8Array,
): { readonly batch: SignalBatch; readonly problem?: never } | { readonly batch: null; readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(UTF8.decode(payload));
  } catch (error) {
    return { batch: null, problem: `not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  const missing = missingField(value);
  if (missing !== null) return { batch: null, problem: `no batch of signals: ${missing}` };
  return { batch: value as SignalBatch };
}

function missingField(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return 'not an object';
  const batch = value as Readonly<Record<string, unknown>>;
  for (const field of ['receipt', 'tenant', 'environment', 'source']) {
    if (typeof batch[field] !== 'string') return `${field} is no text`;
  }
  for (const field of ['part', 'parts']) {
    if (!Number.isSafeInteger(batch[field])) return `${field} is no whole number`;
  }
  if (!Array.isArray(batch['samples'])) return 'samples is no list';
  const { alerts } = batch;
  const isStatements =
    typeof alerts === 'object' && (alerts === null || Array.isArray((alerts as { statements?: unknown }).statements));
  return isStatements ? null : 'alerts is neither null nor a batch of statements';
}
