import type { BaselineWindow } from './guardrail.js';
import type { WatchedGuardrail, WindowedBaseline } from './watch-spec.js';

/** What counts are compared with: one window of history, or several that are alike. */
export interface CountHistory {
  readonly windows: readonly BaselineWindow[];
  readonly events: number;
  readonly exposure: number;
  /** Exposure of one interval where the dispersion was measured. */
  readonly intervalExposure: number;
  readonly phi: number;
  readonly drift: number;
}

/** Dispersion is measured where the traffic is, which is above its mean: hours of a day and minutes of an hour differ by so much. */
const BUSY_TIMES = 1.5;
/** Windows further apart than this many standard errors are not alike. */
const ALIKE_ERRORS = 2;
/** Added to the events of a window, so that the ratio of one without any is finite. */
const PSEUDO_EVENTS = 0.5;

/**
 * The history that a guardrail's counts are compared with. Windows whose rates chance explains are one window: of a shop with ten
 * orders a minute an hour holds six failures, and the smaller evidence of two such windows is little more than none. Windows that
 * differ stay apart, and the one that shows less decides (statistics 4.2). Nothing of the watch has a say in which it is.
 */
export function countHistoryOf({ baselines, signal }: WatchedGuardrail): readonly CountHistory[] {
  const windows = baselines.flatMap((one) => historyOf(one, signal?.intervalMs ?? 0) ?? []);
  const areAlike = windows.length > 1 && windows.every((a, i) => windows.slice(i + 1).every((b) => isAlike(a, b)));
  return areAlike ? [windows.reduce(pooled)] : windows;
}

function historyOf({ window, baseline }: WindowedBaseline, intervalMs: number): CountHistory | null {
  if (baseline.kind !== 'counts') return null;
  const { events, exposure, dispersion, drift, fromMs, toMs } = baseline;
  const intervalExposure = BUSY_TIMES * (exposure / (toMs - fromMs)) * intervalMs;
  return { windows: [window], events, exposure, intervalExposure, phi: dispersion.phi, drift };
}

function isAlike(a: CountHistory, b: CountHistory): boolean {
  const [x, y] = [a.events + PSEUDO_EVENTS, b.events + PSEUDO_EVENTS];
  const logRatio = Math.log(x / a.exposure / (y / b.exposure));
  const variance = Math.max(a.phi, b.phi) * (1 / x + 1 / y);
  return Math.abs(logRatio) < ALIKE_ERRORS * Math.sqrt(variance);
}

function pooled(a: CountHistory, b: CountHistory): CountHistory {
  const [ours, theirs] = [a.exposure / a.intervalExposure, b.exposure / b.intervalExposure];
  const exposure = a.exposure + b.exposure;
  return {
    windows: [...a.windows, ...b.windows],
    events: a.events + b.events,
    exposure,
    intervalExposure: exposure / (ours + theirs),
    phi: Math.max(a.phi, b.phi),
    drift: Math.max(a.drift, b.drift),
  };
}
