import {
  type Guardrail,
  stretchesOf,
  type WatchedGuardrail,
  type WatchSpec,
  type WindowedBaseline,
} from '@parapet/guardrails';
import { isTimeUnit } from '@parapet/policy';
import type { Period } from '@parapet/signals';
import { baselinesOf } from './baselines.js';
import { beforeId, type HistoryPlan, hoursId, merged } from './history-plan.js';
import type { History, SummedPeriods } from './read-history.js';

/** What of history is read for a guardrail. */
export interface HistoryAsked {
  readonly form: 'values' | 'histograms';
  readonly where: Readonly<Record<string, string>>;
  readonly minutes: readonly Period[];
  readonly sums: readonly SummedPeriods[];
}

/** What a guardrail's test and its attribution need of history; null where it is about alerts. */
export function historyAskedBy(guardrail: Guardrail, plan: HistoryPlan): HistoryAsked | null {
  const { test } = guardrail;
  if (guardrail.signal === null || test.kind === 'alerts') return null;
  const recent = { fromMs: plan.recent.fromMs, toMs: plan.recent.fromMs + plan.recent.steps * plan.recent.stepMs };
  const around = [recent, ...plan.earlier.map((day) => day.span)];
  const form = test.kind === 'histogram' ? 'histograms' : 'values';
  const where = historyWhere(guardrail);
  if (!('against' in test)) return { form, where, minutes: merged(around), sums: [] };
  const levels = [...plan.before, ...plan.spread, ...plan.weeks.flat()];
  // How far healthy windows drift apart matters only where one of them is what the watch is compared with.
  const isHistorical = test.against === 'baseline';
  const hours = isHistorical ? plan.days.map((day) => ({ id: hoursId(day.daysAgo), periods: day.periods })) : [];
  const before =
    isHistorical && test.windows.includes('before')
      ? plan.beforeDays.map((day) => ({ id: beforeId(day.daysAgo), periods: day.periods }))
      : [];
  return { form, where, minutes: merged([...around, ...levels]), sums: [...hours, ...before] };
}

/** Before there were two arms their traffic was one: its history is that of the dimension that now tells them apart as a whole. */
function historyWhere({ test, where }: Guardrail): Readonly<Record<string, string>> {
  const control = 'against' in test && test.against === 'control' ? test.control : null;
  if (control === null || control.kind !== 'where') return where;
  return Object.fromEntries(Object.entries(where).filter(([dimension]) => !Object.hasOwn(control.where, dimension)));
}

/** The guardrail with everything that history says of it. */
export function withHistory(
  spec: Pick<WatchSpec, 'startMs' | 'policy' | 'scope'>,
  watched: WatchedGuardrail,
  plan: HistoryPlan,
  history: History,
): WatchedGuardrail {
  const { signal } = watched;
  if (signal === null) return watched;
  const baselines: readonly WindowedBaseline[] = baselinesOf(watched.guardrail, signal, plan, history, {
    isLatency: isTimeUnit(signal.unit),
  });
  const { excluded } = plan;
  const recent = stretchesOf(spec, watched, history.minutes, { ...plan.recent, excluded });
  const earlier = plan.earlier.flatMap(({ daysAgo, span, periods }) => {
    if (periods.length === 0) return [];
    const stretches = stretchesOf(spec, watched, history.minutes, {
      fromMs: span.fromMs,
      ...plan.earlierStep,
      excluded,
    });
    return stretches === null || stretches.n.every((n) => n === 0) ? [] : [{ daysAgo, ...stretches }];
  });
  return {
    ...watched,
    baselines,
    ...(recent === null ? {} : { recent }),
    ...(earlier.length === 0 ? {} : { earlier }),
  };
}
