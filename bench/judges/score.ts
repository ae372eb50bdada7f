/**
 * The scoring of labelled releases: false rollbacks, premature ones, what was missed by how well it could be seen, delays, and
 * what passed. The same for every judge.
 */
import type { Verdict } from './release.ts';

export interface Label {
  readonly id: string;
  readonly truth: 'good' | 'degraded' | 'undecidable';
  readonly onsetTick: number | null;
  readonly effects: readonly { readonly guardrail: string }[];
  readonly detectability: 'strong' | 'moderate' | 'weak' | null;
}

/** One row of the table. */
export interface Score {
  readonly falseRollbacks: number;
  readonly notDegraded: number;
  readonly premature: number;
  readonly strongMissed: number;
  readonly strong: number;
  readonly medianMinutes: number | null;
  readonly p90Minutes: number | null;
  readonly moderateMissed: number;
  readonly moderate: number;
  readonly passOnUndecidable: number;
  readonly passOnDegraded: number;
  readonly healthyPassed: number;
  readonly attributedRightly: number;
  readonly flagged: number;
}

/** Scores one judge's verdicts, by release id. */
export function scoreVerdicts(
  labels: readonly Label[],
  verdicts: ReadonlyMap<string, Verdict>,
  intervalSec: number,
): Score {
  const of = (label: Label): Verdict => {
    const verdict = verdicts.get(label.id);
    if (verdict === undefined) throw new Error(`no verdict for release ${label.id}`);
    return verdict;
  };
  const isFlagged = (label: Label) => of(label).degradedTick !== null;
  const isFound = (label: Label) => (of(label).degradedTick ?? -1) >= (label.onsetTick ?? Infinity);
  const notDegraded = labels.filter((l) => l.truth !== 'degraded');
  const degraded = labels.filter((l) => l.truth === 'degraded');
  const strong = degraded.filter((l) => l.detectability === 'strong');
  const moderate = degraded.filter((l) => l.detectability === 'moderate');
  const good = labels.filter((l) => l.truth === 'good');
  const delays = strong
    .filter(isFound)
    .map((l) => (((of(l).degradedTick ?? 0) - (l.onsetTick ?? 0) + 1) * intervalSec) / 60);
  const flagged = degraded.filter(isFlagged);
  return {
    falseRollbacks: notDegraded.filter(isFlagged).length,
    notDegraded: notDegraded.length,
    premature: flagged.filter((l) => !isFound(l)).length,
    strongMissed: strong.filter((l) => !isFound(l)).length,
    strong: strong.length,
    medianMinutes: quantileOf(delays, 0.5),
    p90Minutes: quantileOf(delays, 0.9),
    moderateMissed: moderate.filter((l) => !isFound(l)).length,
    moderate: moderate.length,
    passOnUndecidable: labels.filter((l) => l.truth === 'undecidable' && of(l).verdict === 'pass').length,
    passOnDegraded: degraded.filter((l) => of(l).verdict === 'pass').length,
    healthyPassed: good.length === 0 ? 0 : good.filter((l) => of(l).verdict === 'pass').length / good.length,
    attributedRightly: flagged.filter((l) =>
      of(l).attributed.some((guardrail) => l.effects.some((effect) => effect.guardrail === guardrail)),
    ).length,
    flagged: flagged.length,
  };
}

/** Linear interpolation between order statistics; null of nothing. */
function quantileOf(values: readonly number[], q: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  const position = (sorted.length - 1) * q;
  const low = sorted[Math.floor(position)] as number;
  const high = sorted[Math.ceil(position)] as number;
  return low + (position - Math.floor(position)) * (high - low);
}
