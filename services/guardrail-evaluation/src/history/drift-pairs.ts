import type { BaselineWindow } from '@parapet/guardrails';
import { WEEKS_POOLED_MAX } from '@parapet/signals';
import { beforeId, type HistoryPlan, hoursId } from './history-plan.js';
import type { History, Summed } from './read-history.js';

const DAYS_A_WEEK = 7;

/**
 * Pairs of healthy windows that lie as far apart as what is compared with and the watch (statistics 6.3): the hours of the watch on
 * an earlier day with the time before them, or with the same hours of up to four weeks before that day, pooled.
 */
export function driftPairs<T extends object>(
  plan: HistoryPlan,
  history: History,
  window: BaselineWindow,
  o: { readonly counted: (sum: Summed) => T | null; readonly add: (a: T, b: T) => T },
): readonly (readonly [earlier: T, later: T])[] {
  const at = (id: string): T | null => {
    const sum = history.sums.get(id);
    return sum === undefined ? null : o.counted(sum);
  };
  return plan.days.flatMap(({ daysAgo }) => {
    const later = at(hoursId(daysAgo));
    const weeks = Array.from({ length: WEEKS_POOLED_MAX }, (_, i) => hoursId(daysAgo + DAYS_A_WEEK * (i + 1)));
    const ids = window === 'before' ? [beforeId(daysAgo)] : weeks;
    const earlier = ids.map(at).filter((one) => one !== null);
    if (later === null || earlier.length === 0) return [];
    return [[earlier.reduce((a, b) => o.add(a, b)), later] as const];
  });
}
