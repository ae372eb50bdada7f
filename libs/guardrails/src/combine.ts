import { unreachable } from '@parapet/kernel';
import type { Mode } from './guardrail.js';
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

/** What one guardrail contributes to the release's verdict. */
export interface Contribution {
  readonly name: string;
  readonly mode: Mode;
  /** ln E; null for a guardrail that fires by rule. */
  readonly evidence: number | null;
  /** ln w of its share of the evidence. */
  readonly logWeight: number;
  readonly isFiring: boolean;
}

/** A release that is worse, and the most that this may lead to. */
export interface Degraded {
  readonly mode: 'propose' | 'act';
  /** The guardrails that show it, strongest first; the first one leads. */
  readonly guilty: readonly string[];
}

/** Of the guardrails that are named as guilty, this share may be named wrongly on average (statistics 8). */
const FALSE_DISCOVERY_RATE = 0.1;

/**
 * Whether everything together says that the release made things worse (statistics 8): the weighted evidence reaches `enough`, or a
 * guardrail of mode propose or act fires. `act` needs as much from the guardrails of that mode alone.
 */
export function combine(contributions: readonly Contribution[], enough: number): Degraded | null {
  const counted = contributions.filter((c) => c.mode !== 'observe');
  const isByEvidence = evidenceOf(counted) >= enough;
  if (!isByEvidence && !counted.some((c) => c.isFiring)) return null;
  const acting = counted.filter((c) => c.mode === 'act');
  const mayAct = evidenceOf(acting) >= enough || acting.some((c) => c.isFiring);
  return { mode: mayAct ? 'act' : 'propose', guilty: guiltyOf(counted, isByEvidence) };
}

/** ln Σ w·E of those that collect evidence; −∞ where none does. */
function evidenceOf(some: readonly Contribution[]): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const c of some) if (c.evidence !== null) largest = Math.max(largest, weighed(c));
  if (largest === Number.NEGATIVE_INFINITY) return largest;
  let sum = 0;
  for (const c of some) if (c.evidence !== null) sum += Math.exp(weighed(c) - largest);
  return largest + Math.log(sum);
}

function weighed({ evidence, logWeight }: Contribution): number {
  return evidence === null ? Number.NEGATIVE_INFINITY : evidence + logWeight;
}

/**
 * Who shows it, strongest first: by e-BH, the k largest of G e-values with the k-th at least G/(k·q), and whatever fires. The
 * strongest always is among them, for it leads the verdict.
 */
function guiltyOf(counted: readonly Contribution[], isByEvidence: boolean): readonly string[] {
  const statistical = counted.filter((c) => c.evidence !== null);
  const byEvidence = [...statistical].sort((a, b) => (b.evidence ?? 0) - (a.evidence ?? 0));
  const bar = Math.log(statistical.length) - Math.log(FALSE_DISCOVERY_RATE);
  const size = byEvidence.findLastIndex((c, i) => (c.evidence ?? 0) >= bar - Math.log(i + 1)) + 1;
  const strongest = [...statistical].sort((a, b) => weighed(b) - weighed(a));
  const named = new Set(byEvidence.slice(0, size));
  if (isByEvidence && strongest[0] !== undefined) named.add(strongest[0]);
  const firing = counted.filter((c) => c.isFiring).sort((a, b) => Number(b.mode === 'act') - Number(a.mode === 'act'));
  const shown = strongest.filter((c) => named.has(c));
  // What fires leads where the evidence alone would not have done.
  return [...(isByEvidence ? [...shown, ...firing] : [...firing, ...shown])].map((c) => c.name);
}
