import type { ReleaseView } from '@parapet/contracts';
import type { ReleasePhase } from '@parapet/decisions';
import {
  doubtWords,
  type GuardrailReport,
  INCONCLUSIVE_REASONS,
  type JudgementKind,
  type VerdictKind,
} from '@parapet/guardrails';
import { unreachable } from '@parapet/kernel';
import { type Form, withUnit } from './numbers.js';
import { clockTime } from './time.js';

/** A verdict or judgement as people say it. */
export function verdictWord(kind: VerdictKind | JudgementKind): string {
  switch (kind) {
    case 'pass':
      return 'Pass';
    case 'fail':
      return 'Fail';
    case 'breach':
      return 'Breach';
    case 'inconclusive':
      return 'Inconclusive';
    case 'pending':
      return 'Watching';
    default:
      return unreachable(kind);
  }
}

/** Why something could not be judged, as the end of a sentence. */
export function reasonWords(reason: string | undefined): string {
  if (reason === undefined) return 'not enough is known';
  const known = INCONCLUSIVE_REASONS.find((one) => one === reason);
  // A newer Parapet may know more reasons than this page.
  return known === undefined ? reason.replaceAll('-', ' ') : doubtWords(known);
}

/** Where a release is, in one or two words. */
export function phaseWord(phase: ReleasePhase): string {
  switch (phase) {
    case 'registered':
      return 'Registered';
    case 'refused':
      return 'Refused';
    case 'deploying':
      return 'Deploying';
    case 'live':
      return 'Live';
    case 'failed':
      return 'Deployment failed';
    case 'superseded':
      return 'Superseded';
    case 'rolled-back':
      return 'Rolled back';
    case 'finished':
      return 'Finished';
    default:
      return unreachable(phase);
  }
}

/** Worst first: what is in breach, what is unknown, what is watched, what is well. */
export function worstFirst(reports: readonly GuardrailReport[]): readonly GuardrailReport[] {
  const rank: Readonly<Record<JudgementKind, number>> = { breach: 0, inconclusive: 1, pending: 2, pass: 3 };
  return reports.toSorted(
    (a, b) =>
      rank[a.verdict] - rank[b.verdict] || (b.evidence ?? 0) - (a.evidence ?? 0) || a.name.localeCompare(b.name),
  );
}

type Judged = Pick<ReleaseView, 'verdict' | 'final' | 'reason' | 'judgedUpTo' | 'guardrails' | 'phase' | 'startedAt'>;

/** The verdict's one sentence: what carries it, in words with numbers. */
export function verdictSentence(release: Judged): string {
  const { guardrails } = release;
  const breaches = worstFirst(guardrails).filter(({ verdict }) => verdict === 'breach');
  switch (release.verdict) {
    case 'fail': {
      const [worst, ...more] = breaches;
      if (worst === undefined) return 'A guardrail failed; it has recovered since. A failed verdict stays.';
      const others =
        more.length === 0
          ? ''
          : ` And ${more.length} more ${more.length === 1 ? 'guardrail is' : 'guardrails are'} in breach.`;
      return `${sentence(worst.words)}${others}`;
    }
    case 'inconclusive': {
      if (release.judgedUpTo !== undefined)
        return `Not judged since ${clockTime(release.judgedUpTo)}: our own evaluation has fallen silent. This is not a pass.`;
      const names = guardrails
        .filter((one) => isMeant(one, release.reason))
        .map(({ name }) => name)
        .join(', ');
      return `Not judged: ${reasonWords(release.reason)}${names === '' ? '' : ` (${names})`}. This is not a pass.`;
    }
    case 'pass':
      return `All ${guardrails.length === 1 ? 'of its one guardrail' : `${guardrails.length} guardrails`} held for the whole watch.`;
    case 'pending':
      return pendingSentence(release);
    default:
      return unreachable(release.verdict);
  }
}

/** Whether a guardrail is what makes a verdict unknown: for want of knowing whose doing it is, those that are worse do. */
function isMeant({ verdict, reason }: GuardrailReport, because: string | undefined): boolean {
  if (because === 'not-attributed') return verdict === 'breach';
  return verdict === 'inconclusive' && (because === undefined || reason === undefined || reason === because);
}

function pendingSentence({ startedAt, guardrails, phase }: Judged): string {
  if (phase === 'registered') return 'Registered. Judging begins when its deployment does.';
  if (startedAt === null) return 'Judging begins when the deployment does.';
  const held = guardrails.filter(({ verdict }) => verdict === 'pass').length;
  return held === 0
    ? 'Being watched; nothing is missing and nothing stands out so far.'
    : `Being watched; ${held} of ${guardrails.length} guardrails hold so far.`;
}

/** Keeps a number with its thousands and its unit in one line. */
export function unbroken(text: string): string {
  return text.replace(/(?<=\d) (?=\d{3}(?!\d)|%|s\b|ms\b|min\b)/g, '\u00a0');
}

function sentence(words: string): string {
  const text = unbroken(words.trim());
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** What was decided and done about a release, or null where nothing was. */
export function outcomeWords(release: Pick<ReleaseView, 'rollback' | 'decision' | 'phase'>): string | null {
  switch (release.rollback) {
    case 'ordered':
      return 'Rollback ordered';
    case 'running':
      return 'Rolling back';
    case 'done':
      return 'Rolled back, being verified';
    case 'failed':
      return 'Rollback failed';
    case 'unknown':
      return 'Rollback: outcome unknown';
    case 'verified':
      return 'Rolled back and verified';
    case 'not-verified':
      return 'Rolled back, not verified';
    case null:
      break;
    default:
      return unreachable(release.rollback);
  }
  if (release.decision === 'propose') return 'Rollback proposed';
  if (release.decision === 'observe') return 'Observed, nothing done';
  return null;
}

/** A report's words where its name stands before them already: without the name. */
export function wordsAfterName({ name, words }: Pick<GuardrailReport, 'name' | 'words'>): string {
  return unbroken(words.startsWith(name) ? words.slice(name.length).replace(/^[:\s]+/, '') : words);
}

/** The same as a sentence of its own, under the name as a title. */
export function wordsUnderName(report: Pick<GuardrailReport, 'name' | 'words'>): string {
  const rest = wordsAfterName(report).replace(/^is /, '');
  return rest === '' ? '' : sentence(capital(rest));
}

const NOUNS: Readonly<Record<string, string>> = {
  act: 'the actuation',
  prp: 'the proposal',
  pln: 'the plan',
  rel: 'the release',
};

/** A text with our ids replaced by what they name: an id says nothing to people. */
export function withoutIds(text: string): string {
  return text.replace(/\b(act|prp|pln|rel)_[0-9A-HJKMNP-TV-Z]{26}\b/g, (_, kind: string) => NOUNS[kind] as string);
}

/** A text that begins like a sentence. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What was measured, and between which bounds it surely lies; null where none are known. */
export function boundsWords(
  report: Pick<GuardrailReport, 'observedLow' | 'observedHigh'>,
  form: Form,
  unit: string,
): string | null {
  const { observedLow: low, observedHigh: high } = report;
  if (low === undefined && high === undefined) return null;
  const shown = (value: number) => unbroken(withUnit(value, unit, form));
  if (low === undefined) return `Surely at most ${shown(high as number)}.`;
  return high === undefined ? `Surely at least ${shown(low)}.` : `Surely between ${shown(low)} and ${shown(high)}.`;
}
