import { type InstantMs, parseInstant } from '@parapet/kernel';
import { MeasurementFailed } from '../probe.js';

/** When a restore was last tested, as its script wrote it down: an RFC 3339 time, or JSON with `restoredAt`. */
export function restoredAt(text: string): InstantMs {
  const trimmed = text.trim();
  const written = trimmed.startsWith('{') ? fieldOf(trimmed) : trimmed;
  const atMs = typeof written === 'string' ? parseInstant(written) : null;
  if (atMs !== null) return atMs;
  throw new MeasurementFailed(
    'bad-answer',
    'the marker of the tested restore holds no time such as 2026-11-23T04:00:00Z, alone or as { "restoredAt": … }',
  );
}

function fieldOf(text: string): unknown {
  try {
    return (JSON.parse(text) as { restoredAt?: unknown }).restoredAt;
  } catch {
    return undefined;
  }
}
