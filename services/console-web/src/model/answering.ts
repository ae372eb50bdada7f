import type { AnswerRequest, CallerView, ProposalView } from '@parapet/contracts';
import { codeWords, type RequestFailed } from '../api/problem.js';
import { differences } from './difference.js';
import { clockTime } from './time.js';

/** The two answers that take a second act. */
export type Choice = 'approve' | 'reject';

/** The body of an answer to what was shown, and nothing else. */
export function answerOf(choice: Choice, shown: ProposalView, reason: string): AnswerRequest {
  if (choice === 'reject') return { answer: 'reject', reason: reason.trim() };
  return { answer: 'approve', planId: shown.plan.planId, planDigest: shown.planDigest, reason: reason.trim() };
}

/** What an answer that was not taken means, and what to show with it. */
export type Refusal =
  | { readonly kind: 'ended'; readonly words: string; readonly current: ProposalView | null }
  | {
      readonly kind: 'changed';
      readonly words: string;
      readonly differences: readonly string[];
      readonly current: ProposalView;
    }
  | { readonly kind: 'refused'; readonly words: string };

/**
 * Reads the server's no. A proposal that changed meanwhile is shown anew with its differences and asked again.
 * @param current the proposal as it is now, fetched after the refusal; null where that failed too
 */
export function refusalOf(failure: RequestFailed, shown: ProposalView, current: ProposalView | null): Refusal {
  if (failure.status === 412 && current !== null && current.state === 'open') {
    return { kind: 'changed', words: failure.message, differences: differences(shown, current), current };
  }
  if (current !== null && current.state !== 'open') return { kind: 'ended', words: endWords(current), current };
  if (failure.code === 'already-ended') return { kind: 'ended', words: failure.message, current };
  return { kind: 'refused', words: failure.message };
}

/** How a proposal ended, when and by whom. */
export function endWords(proposal: Pick<ProposalView, 'ended' | 'state'>): string {
  const { ended } = proposal;
  if (ended === null) return '';
  const who = ended.by.length === 0 ? '' : ` by ${ended.by.join(' and ')}`;
  const reason = ended.reason === '' ? '' : ` “${ended.reason}”`;
  switch (ended.end) {
    case 'approved':
      return `Approved${who} at ${clockTime(ended.at)}.${reason}`;
    case 'rejected':
      return `Rejected${who} at ${clockTime(ended.at)}; the release stays.${reason}`;
    case 'expired':
      return `Nobody decided before ${clockTime(ended.at)}.${reason}`;
    case 'cancelled':
      return `Cancelled at ${clockTime(ended.at)}.${reason}`;
  }
}

/** Everything that will not be as before after the plan: what its steps lose, and what it leaves changed. */
export function notUndone(proposal: Pick<ProposalView, 'plan'>): readonly string[] {
  const lost = proposal.plan.steps.flatMap(({ loses }) =>
    loses === undefined || loses === '' ? [] : [`Lost: ${loses}`],
  );
  return [...proposal.plan.notUndone, ...lost];
}

/** What a reader's roles allow on a proposal, as far as the page can know; the server decides. */
export function rightsOf({ roles }: Pick<CallerView, 'roles'>): {
  readonly respond: boolean;
  readonly decide: boolean;
} {
  const decide = roles.includes('approver') || roles.includes('commander');
  return { respond: decide || roles.includes('responder'), decide };
}

/** Why the reader may not approve. */
export function ineligibleWords(why: string | undefined): string {
  return codeWords(why ?? '') ?? 'You cannot approve this one.';
}
