import type { Problem } from '@parapet/contracts';

/** An answer that is not what was asked for: the server's problem document, or our own words for none. */
export class RequestFailed extends Error {
  override readonly name = 'RequestFailed';
  constructor(
    /** 0 where no answer came. */
    readonly status: number,
    readonly problem: Problem | null,
    message: string,
  ) {
    super(message);
  }

  get code(): string {
    return this.problem?.code ?? '';
  }
}

/** What a failed request means for the person in front of it, in one or two sentences. */
export function problemWords(status: number, problem: Problem | null): string {
  if (status === 0) return 'Parapet cannot be reached. Check the connection; this page tries again by itself.';
  const detail = problem?.detail ?? '';
  const known = codeWords(whyOf(problem)) ?? codeWords(problem?.code ?? '') ?? STATUSES[status];
  const words =
    known ?? (status >= 500 ? 'Parapet could not do that just now. Try again in a moment.' : 'Parapet refused this.');
  const saysItAll = detail === '' || CODES[problem?.code ?? ''] !== undefined;
  const said = saysItAll ? words : `${words} ${sentence(detail)}`;
  const reference = status >= 500 && problem?.requestId !== undefined ? ` Reference: ${problem.requestId}.` : '';
  return said + reference;
}

/** A refused right names which of its rules refused it. */
function whyOf(problem: Problem | null): string {
  const { why } = (problem?.current ?? {}) as { readonly why?: unknown };
  return typeof why === 'string' ? why : '';
}

/** What a code means, in words; undefined for one that is not known here. */
export function codeWords(code: string): string | undefined {
  return CODES[code];
}

const CODES: Readonly<Record<string, string>> = {
  'not-eligible': 'You may not decide on this one.',
  'self-approval': 'You started this release, so somebody else has to approve.',
  'wrong-role': 'Your role does not allow this.',
  'second-approval-same-person': 'You have approved already; another person is needed.',
  'sign-in-too-old': 'To approve, sign in again: your sign-in is older than 15 minutes.',
  'reason-required': 'Please give a reason: it is kept with the decision.',
  'already-ended': 'Somebody was faster: this proposal has ended.',
  changed: 'The evidence or the plan changed while you were reading.',
  'in-progress': 'The same answer is on its way already.',
  'not-in-doubt': 'There is no doubt about this alert any more.',
  'other-episode': 'This alert fires anew since; what you saw is over.',
  'settlement-waiting': 'Somebody was faster: another word on this alert counts in a moment.',
  'unknown-alert': 'This alert is not known any more.',
  'unknown-verdict': 'This verdict is not there any more: look at the release again.',
  phase: 'The release is not in a phase that allows this.',
};

const STATUSES: Readonly<Record<number, string>> = {
  401: 'Your sign-in is over or was not accepted.',
  403: 'You may not do this.',
  404: 'This does not exist, or is not yours to see.',
  409: 'It is no longer as it was shown.',
  412: 'It changed while you were reading.',
  413: 'This is too long.',
  429: 'Too many requests at once. Wait a moment and try again.',
  503: 'Parapet is not ready. Try again in a moment.',
};

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
