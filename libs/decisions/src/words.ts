import type { GuardrailReport, VerdictChanged } from '@parapet/guardrails';
import { type InstantMs, parseInstant, unreachable } from '@parapet/kernel';
import type { OnExpiry, ReleaseRegistered } from './events.js';

/** The reports in breach that count, worst first: what may act before what may propose, then by evidence. */
export function worstFirst(reports: readonly GuardrailReport[]): readonly GuardrailReport[] {
  const rank = (report: GuardrailReport): number => (report.mode === 'act' ? 0 : report.mode === 'propose' ? 1 : 2);
  // A firing threshold or alert has no e-value: it is certain, so it stands before the estimated ones.
  const weight = (report: GuardrailReport): number => report.evidence ?? Number.MAX_VALUE;
  return reports
    .filter((report) => report.verdict === 'breach')
    .toSorted((a, b) => rank(a) - rank(b) || weight(b) - weight(a) || (a.name < b.name ? -1 : 1));
}

/** One sentence with the numbers: what is wrong, how many more guardrails say so, and how long after which release. */
export function headlineOf(
  release: ReleaseRegistered,
  verdict: VerdictChanged,
  since: { readonly startedAt: string; readonly liveAt: string | null },
  nowMs: InstantMs,
): string {
  const [worst, ...others] = worstFirst(verdict.guardrails).filter((report) => report.mode !== 'observe');
  const what = worst === undefined ? `${release.name} fails its guardrails` : worst.words.replace(/\.\s*$/, '');
  const more =
    others.length === 0
      ? ''
      : `, and ${others.length} more ${others.length === 1 ? 'guardrail' : 'guardrails'} in breach`;
  const event = since.liveAt === null ? 'began to deploy' : 'went live';
  return `${what}${more}; ${elapsed(since.liveAt ?? since.startedAt, nowMs)} after ${release.name} ${event}`;
}

function elapsed(from: string, nowMs: InstantMs): string {
  const seconds = Math.max(0, Math.round((nowMs - (parseInstant(from) ?? nowMs)) / 1000));
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`;
}

/** What happens at the proposal's end if nobody decides. */
export function ifNothingOf(onExpiry: OnExpiry, release: ReleaseRegistered, expiresAt: string): string {
  const when = `If nobody decides by ${expiresAt.slice(11, 16)} UTC`;
  switch (onExpiry) {
    case 'hold':
      return `${when}, ${release.name} stays as it is and its verdict stays fail.`;
    case 'roll-back':
      return `${when}, ${release.name} is rolled back.`;
    case 'accept':
      return `${when}, ${release.name} is kept and its watch ends.`;
    default:
      return unreachable(onExpiry);
  }
}

/** What else people may do where going back does not undo everything, or is not possible. */
export function alternativesOf(release: ReleaseRegistered): readonly string[] {
  const isUndone = release.reversibility === 'yes' && release.previous !== null;
  if (isUndone) return [];
  return [
    'Switch the feature off, and leave the version in place.',
    'Shift traffic to the stores or instances that do not run the release.',
    'Roll forward with a corrected version.',
    'Restore the database to a point in time before the release: this is recovery, and loses what was written since.',
  ];
}
