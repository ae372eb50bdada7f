import type { BaselineWindow, WatchedSignal, WatchedVolume } from '@parapet/guardrails';
import type { HistoryPlan } from './history-plan.js';
import type { HistoryOf, HistoryReader } from './read-history.js';

const MINUTE_MS = 60_000;

/** How much of a volume a second is usual, by window of history; only of the time in which it was heard. */
export async function usualTraffic(
  reader: HistoryReader,
  of: Omit<HistoryOf, 'where'>,
  { intervalMs }: WatchedSignal,
  plan: HistoryPlan,
): Promise<WatchedVolume['usual']> {
  const windows: readonly { readonly id: BaselineWindow; readonly periods: HistoryPlan['before'] }[] = [
    { id: 'before', periods: plan.before },
    { id: 'same-hours', periods: plan.weeks.flat() },
  ];
  const known = await reader.traffic(of, windows);
  // A signal that comes every five minutes leaves a minute in five.
  const stepSeconds = Math.max(MINUTE_MS, intervalMs) / 1000;
  const usual = windows.flatMap(({ id }) => {
    const traffic = known.get(id);
    return traffic === undefined ? [] : [[id, traffic.exposure / (traffic.minutes * stepSeconds)] as const];
  });
  return Object.fromEntries(usual);
}
