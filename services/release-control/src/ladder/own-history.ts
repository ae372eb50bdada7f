import type { OwnGuardrail } from '@parapet/backtest';
import type { Guardrail, GuardrailPolicy, WatchedSignal } from '@parapet/guardrails';
import { type Configuration, declaredSignals } from '@parapet/policy';
import type { Tx } from '@parapet/postgres';
import { mergeRollUps, MINUTE_MS, type RollUp } from '@parapet/signals';

/** Roll-ups are kept this long. */
const KEPT_DAYS = 35;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
const WEEKS = 4;

/** A guardrail with what was measured of its signal in an environment: as much as its own watch would look back, or as much as asked for. */
export async function ownHistory(
  tx: Tx,
  configuration: Configuration,
  environment: string,
  policy: GuardrailPolicy,
  guardrail: Guardrail,
  atLeastMs = 0,
): Promise<OwnGuardrail> {
  const signal = signalOf(configuration, guardrail);
  const spans = spansOf(policy, guardrail, atLeastMs);
  const rollUps = signal === null ? [] : await rollUpsOf(tx, environment, guardrail, spans);
  return { policy, guardrail, signal, rollUps };
}

function signalOf(configuration: Configuration, guardrail: Guardrail): WatchedSignal | null {
  const declared = guardrail.signal === null ? undefined : declaredSignals(configuration).get(guardrail.signal);
  if (declared === undefined) return null;
  const { unit, badDirection, intervalMs, latenessMs } = declared;
  return { unit, badDirection, intervalMs, latenessMs };
}

/** How long ago something began and ended. */
interface Span {
  readonly fromAgoMs: number;
  readonly toAgoMs: number;
}

/** What its own watch would look back on: the time before, and the same hours of earlier weeks where it compares with those. */
function spansOf({ baselineMs, durationMs }: GuardrailPolicy, { test }: Guardrail, atLeastMs: number): readonly Span[] {
  const newest = { fromAgoMs: Math.max(atLeastMs, baselineMs + durationMs), toAgoMs: 0 };
  const isWeekly = 'windows' in test && test.windows.includes('same-hours');
  const weeks = Array.from({ length: isWeekly ? WEEKS : 0 }, (_, i) => {
    const agoMs = (i + 1) * WEEK_MS;
    // The watch may begin as long ago as it lasts; no minute may be in two spans, or it would be counted twice.
    const aroundMs = Math.min(durationMs, WEEK_MS / 2);
    return { fromAgoMs: agoMs + aroundMs, toAgoMs: Math.max(newest.fromAgoMs, agoMs - aroundMs) };
  });
  return [newest, ...weeks.filter((week) => week.fromAgoMs > week.toAgoMs)].map((span) => ({
    ...span,
    fromAgoMs: Math.min(span.fromAgoMs, KEPT_DAYS * DAY_MS),
  }));
}

/**
 * One roll-up a minute over the series that the guardrail selects, whole minutes only, without the time of releases that are known
 * to have been bad: that is no example of health.
 */
async function rollUpsOf(
  tx: Tx,
  environment: string,
  guardrail: Guardrail,
  spans: readonly Span[],
): Promise<readonly RollUp[]> {
  const isHistogram = guardrail.test.kind === 'histogram';
  const columns = isHistogram
    ? 'n, count, of, sum, min, max, histogram'
    : 'sum(n)::bigint AS n, sum(count) AS count, sum(of) AS of, sum(sum) AS sum, min(min) AS min, max(max) AS max, NULL AS histogram';
  const rows = await tx.query<Omit<RollUp, 'minuteMs'> & { readonly minute_ms: number }>(
    `SELECT floor(extract(epoch FROM r.minute) * 1000)::bigint AS minute_ms, ${columns}
       FROM unnest($5::float8[], $8::float8[]) AS span (from_ago, to_ago)
       JOIN evaluation_rollup r ON r.minute >= now() - span.from_ago * interval '1 millisecond'
        AND r.minute < date_trunc('minute', now() - span.to_ago * interval '1 millisecond')
      WHERE r.tenant = $1 AND r.environment = $2 AND r.signal = $3 AND r.dimensions @> $4::jsonb
        AND NOT EXISTS (
          SELECT 1 FROM evaluation_release e
           WHERE e.tenant = r.tenant AND e.environment = r.environment AND NOT e.is_history AND e.started_at_ms IS NOT NULL
             AND r.minute > to_timestamp((e.started_at_ms - $6) / 1000.0)
             AND r.minute < to_timestamp(coalesce(e.ended_at_ms, e.live_at_ms + (e.registered->'guardrailPolicy'->>'durationMs')::float8, e.started_at_ms + $7) / 1000.0))
      ${isHistogram ? '' : 'GROUP BY r.minute'} ORDER BY r.minute`,
    [
      tx.tenant,
      environment,
      guardrail.signal,
      JSON.stringify(guardrail.where),
      spans.map((span) => span.fromAgoMs),
      MINUTE_MS,
      DAY_MS,
      spans.map((span) => span.toAgoMs),
    ],
  );
  const minutes = new Map<number, RollUp>();
  for (const { minute_ms: minuteMs, ...row } of rows) {
    const rollUp = { minuteMs, ...row };
    const before = minutes.get(minuteMs);
    minutes.set(minuteMs, before === undefined ? rollUp : mergeRollUps(before, rollUp));
  }
  return [...minutes.values()];
}
