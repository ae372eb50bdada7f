import type { InstantMs } from '@parapet/kernel';
import type { CountKernel } from './count-kernel.js';
import { finite, logSumExp } from './log-space.js';

/** How many times worse than tolerated the alternatives are, equally weighted (statistics 7). */
export const GRID = [1.25, 1.5, 2, 3, 5, 10] as const;
const ANCHOR_MS = 300_000;
/** A watch of days has its anchors further apart, so that the state stays small. */
const ANCHORS_MAX = 48;
/** How many intervals at least have to speak before a verdict: no single one may carry it. */
const INTERVALS_MIN = 3;

/** Weights and caps of one guardrail, fixed before the first sample. */
export interface MixturePlan {
  readonly startMs: InstantMs;
  readonly intervalMs: number;
  readonly latenessMs: number;
  readonly anchorMs: number;
  readonly anchors: number;
  /** Evidence that one interval may contribute at most. */
  readonly intervalEvidenceMax: number;
}

/** Sums per anchor, and the intervals still open to late samples; small and independent of the length of the watch. */
export interface MixtureState {
  readonly events: readonly number[];
  readonly exposure: readonly number[];
  readonly open: readonly OpenInterval[];
  /** Uncapped, for the report and for the pass. */
  readonly total: { readonly events: number; readonly exposure: number };
}

interface OpenInterval {
  readonly slot: number;
  readonly events: number;
  readonly exposure: number;
}

/** @param weight the guardrail's share of the watch's evidence */
export function planMixture(o: {
  readonly startMs: InstantMs;
  readonly durationMs: number;
  readonly intervalMs: number;
  readonly latenessMs: number;
  readonly alpha: number;
  readonly weight: number;
}): MixturePlan {
  const anchors = Math.min(ANCHORS_MAX, Math.max(1, Math.ceil(o.durationMs / ANCHOR_MS)));
  const anchorMs = Math.max(ANCHOR_MS, Math.ceil(o.durationMs / anchors));
  const needed =
    Math.log(1 / o.alpha) + Math.log(GRID.length) + Math.log(1 / anchorWeight(0, anchors)) + Math.log(1 / o.weight);
  return {
    startMs: o.startMs,
    intervalMs: o.intervalMs,
    latenessMs: o.latenessMs,
    anchorMs,
    anchors,
    intervalEvidenceMax: needed / INTERVALS_MIN,
  };
}

/** A mixture before any observation. */
export function startMixture(plan: MixturePlan): MixtureState {
  const zeroes = Array.from({ length: plan.anchors }, () => 0);
  return { events: zeroes, exposure: zeroes, open: [], total: { events: 0, exposure: 0 } };
}

/** Half for the release itself, half shared by the later starts; all of it where there are none. */
function anchorWeight(anchor: number, anchors: number): number {
  if (anchors === 1) return 1;
  return anchor === 0 ? 0.5 : 0.5 / (anchors - 1);
}

/**
 * Adds one observation. Series that report in the same interval share its cap, and late ones find their interval open, so the
 * order of arrival within the lateness does not matter.
 */
export function observeCounts(
  plan: MixturePlan,
  kernel: CountKernel,
  state: MixtureState,
  atMs: InstantMs,
  newestAtMs: InstantMs,
  events: number,
  exposure: number,
): MixtureState {
  const slot = Math.ceil((atMs - plan.startMs) / plan.intervalMs) - 1;
  const isOpen = state.open.some((o) => o.slot === slot);
  const open = isOpen
    ? state.open.map((o) =>
        o.slot === slot ? { slot, events: o.events + events, exposure: o.exposure + exposure } : o,
      )
    : [...state.open, { slot, events, exposure }];
  const closesBeforeMs = newestAtMs - plan.latenessMs;
  const isClosing = (o: OpenInterval) => plan.startMs + (o.slot + 1) * plan.intervalMs < closesBeforeMs;
  const closing = open.filter(isClosing).sort((a, b) => a.slot - b.slot);
  const sums = closing.length === 0 ? state : addIntervals(plan, kernel, state, closing);
  return {
    events: sums.events,
    exposure: sums.exposure,
    open: closing.length === 0 ? open : open.filter((o) => !isClosing(o)),
    total: { events: state.total.events + events, exposure: state.total.exposure + exposure },
  };
}

/** ln of the mixture over starts and sizes; 0 before any data. Starts still to come contribute their weight. */
export function mixtureEvidence(plan: MixturePlan, kernel: CountKernel, state: MixtureState): number {
  const sums = addIntervals(
    plan,
    kernel,
    state,
    [...state.open].sort((a, b) => a.slot - b.slot),
  );
  const terms: number[] = [];
  for (let anchor = 0; anchor < plan.anchors; anchor++) {
    const share = Math.log(anchorWeight(anchor, plan.anchors) / GRID.length);
    for (const times of GRID) {
      terms.push(
        share + finite(kernel.worse(sums.events[anchor] as number, sums.exposure[anchor] as number, times), 'evidence'),
      );
    }
  }
  return logSumExp(terms);
}

function addIntervals(
  plan: MixturePlan,
  kernel: CountKernel,
  state: Pick<MixtureState, 'events' | 'exposure'>,
  intervals: readonly OpenInterval[],
): { readonly events: readonly number[]; readonly exposure: readonly number[] } {
  const events = [...state.events];
  const exposure = [...state.exposure];
  for (const interval of intervals) {
    const capped = kernel.capped(interval.events, interval.exposure, plan.intervalEvidenceMax, GRID);
    const newest = Math.min(plan.anchors - 1, Math.floor((interval.slot * plan.intervalMs) / plan.anchorMs));
    for (let anchor = 0; anchor <= newest; anchor++) {
      events[anchor] = (events[anchor] as number) + capped;
      exposure[anchor] = (exposure[anchor] as number) + interval.exposure;
    }
  }
  return { events, exposure };
}
