/** Small releases with one guardrail, for tests: a hundred orders every 15 s, of which one failed before. */
import type { Release } from './release.ts';

export interface Shape {
  readonly badBefore?: number;
  /** Failed orders of an interval after the release. */
  readonly bad?: (tick: number) => number;
  readonly total?: number;
  readonly isSilent?: boolean;
  readonly late?: Release['late'];
}

/** A release whose orders are as described; all else is as before. */
export function recorded({
  badBefore = 1,
  bad = () => 1,
  total = 100,
  isSilent = false,
  late = [],
}: Shape = {}): Release {
  const counter = (ticks: number, of: (tick: number) => number) => {
    let sum = 1000;
    return Array.from({ length: ticks }, (_, tick) => (sum += of(tick)));
  };
  const nothing = Array.from({ length: 240 }, () => null);
  return {
    id: 'small',
    intervalSec: 15,
    preTicks: 480,
    watchTicks: 240,
    mode: 'historical',
    bucketBounds: [],
    guardrails: [
      { id: 'orders', kind: 'proportion', bad: 'failed_total', total: 'orders_total', badRatio: 3, required: true },
    ],
    series: {
      pre: { failed_total: counter(480, () => badBefore), orders_total: counter(480, () => 100) },
      lastWeek: null,
      watch: {
        failed_total: isSilent ? nothing : counter(240, total === 0 ? () => 0 : bad),
        orders_total: isSilent ? nothing : counter(240, () => total),
      },
      control: null,
    },
    late,
  };
}
