import type { GuardrailView, MarkView, ReleaseView } from '@parapet/contracts';
import { unreachable } from '@parapet/kernel';

/** How far a guardrail of this release is trusted, in sentences; what is not known yet is said so. */
export function trustSentences(guardrail: GuardrailView): readonly string[] {
  const { precision, marks, words, mode, declared } = guardrail;
  const standing = mode === declared ? [] : [sentence(words)];
  if (precision === null) return [...standing, 'Precision unknown: nobody has marked a breach of it.'];
  const n = marks.right + marks.wrong;
  return [
    ...standing,
    `Precision ${percent(precision.value)} (${percent(precision.low)} to ${percent(precision.high)}): ${marks.right} of ${n} marked breaches were right.`,
  ];
}

/** What was not as declared for this release, whatever came later. */
export function standingSentence({ mode, declared, why }: NonNullable<ReleaseView['standings']>[number]): string {
  switch (why) {
    case 'no-data':
      return `Declared ${declared}, only observed here: it had never returned data.`;
    case 'no-breach-shown':
      return `Declared ${declared}, could only ${mode} here: it had never been seen to breach.`;
    case 'precision':
      return `Declared ${declared}, could only ${mode} here: too many of its breaches were marked wrong.`;
    case 'forced':
      return 'It counted without proof: a person had applied it by force.';
    default:
      return unreachable(why);
  }
}

/** The guardrail of a release, as it is trusted where the release went. */
export function trustOf(
  guardrails: readonly GuardrailView[] | null,
  release: Pick<ReleaseView, 'policy' | 'environment'>,
  name: string,
): GuardrailView | undefined {
  return guardrails?.find(
    (one) => one.guardrail === name && one.policy === release.policy && one.environment === release.environment,
  );
}

/** What a mark says, and of what. */
export function markSentence({ by, guardrail, right }: MarkView): string {
  return `${by}: ${guardrail ?? 'the verdict'} was ${right ? 'right' : 'wrong'}`;
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
