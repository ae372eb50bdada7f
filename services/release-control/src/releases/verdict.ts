import type { VerdictView } from '@parapet/contracts';
import { formatInstant, type InstantMs, invariant } from '@parapet/kernel';
import type { JournalRow } from '@parapet/runtime';
import type { KnownRelease } from '@parapet/decisions';
import { doubtView, gateAction } from './views.js';

/** What a gate that asks is told, from a release's rows. */
export function verdictView(rows: readonly JournalRow[], state: KnownRelease, nowMs: InstantMs): VerdictView {
  const last = rows.at(-1);
  invariant(last, 'a release has at least the row that registered it');
  const { verdict, registered } = state;
  const required = registered.guardrailPolicy.guardrails.filter((guardrail) => guardrail.isRequired).length;
  return {
    verdict: verdict?.to ?? 'pending',
    final: verdict?.final ?? false,
    ...doubtView(verdict),
    since: verdict?.since ?? null,
    asOf: formatInstant(nowMs),
    action: gateAction(state),
    coverage: verdict?.coverage ?? { judged: 0, required },
    release: last.stream,
    sequence: last.version,
  };
}

/** The answer of `?unknown=pending` for a release that nobody registered. */
export function unknownRelease(id: string, nowMs: InstantMs): VerdictView {
  return {
    verdict: 'pending',
    final: false,
    reason: 'unknown-release',
    words: 'No release of this id or name is registered here.',
    advice: 'Register it before it is deployed, or check the id: until then nothing watches it.',
    since: null,
    asOf: formatInstant(nowMs),
    action: 'continue',
    coverage: { judged: 0, required: 0 },
    release: id,
    sequence: 0,
  };
}

/** Whether a waiting asker has to be told. */
export function isOtherVerdict(a: VerdictView, b: VerdictView): boolean {
  return a.verdict !== b.verdict || a.final !== b.final || a.action !== b.action;
}
