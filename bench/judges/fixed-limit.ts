/**
 * The limit that somebody fair would have written down before the release, knowing what the last two hours looked like: half-way
 * between that and what the guardrail itself calls unacceptable. Rates that may triple at most get 2 × the usual, latency 1.25 ×.
 * No peer computes its limits; without help they would be guessed.
 */
import { ask, countsIn, type Release, type ReleaseGuardrail, wholeOf } from './release.ts';

/** The limit of a guardrail's metric; null where the time before the release says nothing. */
export function limitOf(release: Release, guardrail: ReleaseGuardrail): number | null {
  const times = 1 + (guardrail.badRatio - 1) / 2;
  const span = wholeOf(release, 'pre');
  const usual = ask(release, guardrail, span);
  if (usual.kind !== 'value') return null;
  if (usual.value > 0 || guardrail.kind === 'histogram' || guardrail.kind === 'gauge') return times * usual.value;
  // Not one bad event before: one of as many is the smallest rate that could have been seen.
  const counts = countsIn(release, guardrail, span);
  return counts === null ? null : times / counts.total;
}
