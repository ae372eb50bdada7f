import { unreachable } from '@parapet/kernel';
import type { Mode } from './guardrail.js';
import { logSumExp } from './log-space.js';
import type { WatchedGuardrail, WatchSpec } from './watch-spec.js';

/** Whether a guardrail collects evidence, rather than firing by rule. */
export function isStatistical(watched: WatchedGuardrail): boolean {
  const { kind } = watched.guardrail.test;
  switch (kind) {
    case 'proportion':
    case 'rate':
    case 'gauge':
    case 'histogram':
      return true;
    case 'burn-rate':
    case 'threshold':
    case 'alerts':
      return false;
    default:
      return unreachable(kind);
  }
}

/** A guardrail's share of the evidence; 1 for one that only observes, which is judged alone and counted with nothing. */
export function weightOf(spec: Pick<WatchSpec, 'guardrails'>, watched: WatchedGuardrail): number {
  if (watched.guardrail.mode === 'observe') return 1;
  const sum = spec.guardrails
    .filter((w) => isStatistical(w) && w.guardrail.mode !== 'observe')
    .reduce((total, w) => total + w.guardrail.weight, 0);
  return watched.guardrail.weight / sum;
}

/** What one counted guardrail contributes to the release's verdict. */
export interface Contribution {
  readonly name: string;
  readonly mode: Mode;
  /** ln(w·E); null for a guardrail that fires by rule. */
  readonly weighed: number | null;
  readonly isFiring: boolean;
}

/** A release that is worse, and the most that this may lead to. */
export interface Degraded {
  readonly mode: 'propose' | 'act';
  /** The guardrail that contributes most. */
  readonly leader: string;
}

/**
 * Whether everything together says that the release made things worse (statistics 8): the weighted evidence reaches 1/α, or a
 * guardrail of mode propose or act fires. `act` needs as much from the guardrails of that mode alone.
 */
export function combine(contributions: readonly Contribution[], alpha: number): Degraded | null {
  const enough = Math.log(1 / alpha);
  const counted = contributions.filter((c) => c.mode !== 'observe');
  const evidenceOf = (some: readonly Contribution[]) =>
    logSumExp(some.flatMap((c) => (c.weighed === null ? [] : [c.weighed])));
  const firing = counted.filter((c) => c.isFiring);
  const isDegraded = evidenceOf(counted) >= enough || firing.length > 0;
  if (!isDegraded) return null;
  const acting = counted.filter((c) => c.mode === 'act');
  const mayAct = evidenceOf(acting) >= enough || acting.some((c) => c.isFiring);
  const strongest = [...counted].sort((a, b) => (b.weighed ?? -Infinity) - (a.weighed ?? -Infinity))[0];
  const isByEvidence = evidenceOf(counted) >= enough && strongest !== undefined;
  const leader = isByEvidence ? strongest.name : (firing.find((c) => c.mode === 'act') ?? firing[0])?.name;
  return { mode: mayAct ? 'act' : 'propose', leader: leader ?? '' };
}
