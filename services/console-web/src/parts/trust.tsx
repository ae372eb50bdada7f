import type { GuardrailView, ReleaseView } from '@parapet/contracts';
import { standingSentence, trustSentences } from '../model/trust.js';

/** How far a guardrail is trusted: what its mode was for this release, and how often it was right so far. */
export function Trust({
  trust,
  standing,
}: {
  readonly trust: GuardrailView | undefined;
  readonly standing: NonNullable<ReleaseView['standings']>[number] | undefined;
}) {
  const sentences = [
    ...(standing === undefined ? [] : [standingSentence(standing)]),
    ...(trust === undefined ? [] : trustSentences(trust)),
  ];
  return sentences.length === 0 ? null : <p className="trust">{sentences.join(' ')}</p>;
}
