import type { VerdictView } from '@parapet/contracts';
import { formatInstant, type InstantMs } from '@parapet/kernel';
import type { JournalRow } from '@parapet/runtime';
import { foldRows, gateAction } from './views.js';

/** What a gate that asks is told, from a release's rows; null where they are no release's. */
export function verdictView(rows: readonly JournalRow[], nowMs: InstantMs): VerdictView | null {
  const state = foldRows(rows);
  const last = rows.at(-1);
  if (state === null || last === undefined) return null;
  const { verdict, registered } = state;
  const required = registered.guardrailPolicy.guardrails.filter((guardrail) => guardrail.isRequired).length;
  return {
    verdict: verdict?.to ?? 'pending',
    final: verdict?.final ?? false,
    ...(verdict?.reason === undefined ? {} : { reason: verdict.reason }),
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

const REMEMBERED = 10_000;

/**
 * The last answers given: while PostgreSQL is away a gate is told what was last known as inconclusive, with its age.
 * Our own trouble neither promotes nor rolls back.
 */
export class LastVerdicts {
  private readonly views = new Map<string, VerdictView>();

  remember(key: string, view: VerdictView): void {
    this.views.delete(key);
    this.views.set(key, view);
    const oldest = this.views.keys().next();
    if (this.views.size > REMEMBERED && !oldest.done) this.views.delete(oldest.value);
  }

  whileAway(key: string): VerdictView | null {
    const last = this.views.get(key);
    if (last === undefined) return null;
    return {
      ...last,
      verdict: 'inconclusive',
      final: false,
      reason: 'stale',
      action: last.action === 'roll-back' ? 'roll-back' : 'hold',
    };
  }
}
