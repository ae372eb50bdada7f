import type { Guardrail, GuardrailPolicy } from '@parapet/guardrails';
import type { RecordedGuardrail } from './recorded-release.js';

/** A guardrail of the policy with what was recorded for it; null where nothing was. */
export interface Pair {
  readonly guardrail: Guardrail;
  readonly recorded: RecordedGuardrail | null;
}

/** Which guardrails of a policy judge which recorded ones, and what stays without the other. */
export interface Pairing {
  readonly pairs: readonly Pair[];
  /** Names of guardrails that have nothing to judge. */
  readonly unrecorded: readonly string[];
  /** Ids of recorded guardrails that nobody judges. */
  readonly unjudged: readonly string[];
  /** Guardrails that cannot read what was recorded for them, in words. */
  readonly misfits: readonly string[];
}

/**
 * Pairs the guardrails of a policy with the recorded ones. `-`, `_` and `.` are the same. A guardrail judges the recorded one that
 * has its name; without one, the recorded one that its signal ends with (`odoo.order.success` with `order_success`), of several the
 * longest. Two guardrails may judge the same record.
 */
export function pair(policy: GuardrailPolicy, recorded: readonly RecordedGuardrail[]): Pairing {
  const pairs = policy.guardrails.map((guardrail): Pair => ({ guardrail, recorded: recordedFor(guardrail, recorded) }));
  const judged = new Set(pairs.map((one) => one.recorded?.id));
  return {
    pairs,
    unrecorded: pairs.filter((one) => one.recorded === null).map((one) => one.guardrail.name),
    unjudged: recorded.map(({ id }) => id).filter((id) => !judged.has(id)),
    misfits: pairs.flatMap(({ guardrail, recorded: one }) =>
      one === null || FITS[one.kind].includes(guardrail.test.kind)
        ? []
        : [`${guardrail.name} is a ${guardrail.test.kind} test, and ${one.id} was recorded as a ${one.kind}`],
    ),
  };
}

/** What a record of each kind can be judged by. */
const FITS: Readonly<Record<RecordedGuardrail['kind'], readonly Guardrail['test']['kind'][]>> = {
  proportion: ['proportion', 'rate', 'burn-rate', 'threshold'],
  count: ['proportion', 'rate', 'burn-rate', 'threshold'],
  histogram: ['histogram'],
  gauge: ['gauge', 'threshold'],
};

function recordedFor({ name, signal }: Guardrail, recorded: readonly RecordedGuardrail[]): RecordedGuardrail | null {
  const named = recorded.find(({ id }) => wordsOf(id) === wordsOf(name));
  if (named !== undefined) return named;
  if (signal === null) return null;
  const ends = recorded.filter(({ id }) => `.${wordsOf(signal)}`.endsWith(`.${wordsOf(id)}`));
  return [...ends].sort((a, b) => b.id.length - a.id.length)[0] ?? null;
}

function wordsOf(name: string): string {
  return name.replaceAll(/[-_]/g, '.');
}
