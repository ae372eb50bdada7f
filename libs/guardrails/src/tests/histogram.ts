import { Anchored, type AnchoredSums } from '../anchored-sums.js';
import { planAnchors } from '../anchors.js';
import { finite, logMeanExp } from '../log-space.js';
import type { WatchSpec } from '../watch-spec.js';
import type { StatisticalTest } from './guardrail-test.js';
import { histogramControlTest } from './histogram-control.js';
import { type LatencyHistory, latencyHistory } from './histogram-history.js';
import {
  addCounts,
  addTo,
  boundsOf,
  countsBy,
  type HistogramState,
  histogramsOf,
  isJudged,
  noRequests,
  requestsOf,
  type WatchedHistogram,
} from './histogram-state.js';
import { describeHistogram } from './histogram-words.js';

/**
 * Latency as requests per bucket (statistics 5.6) over beginnings and sizes (7): against history tails and shift, against a control
 * the tails alone.
 */
export function histogramTest(
  spec: WatchSpec,
  watched: WatchedHistogram,
): StatisticalTest<HistogramState, number[]> | StatisticalTest<HistogramState, AnchoredSums> {
  return watched.guardrail.test.against === 'control'
    ? histogramControlTest(spec, watched)
    : histogramHistoryTest(spec, watched);
}

/**
 * Against history. Of two windows the one that shows less decides whether it is worse, and their mean whether it is acceptable
 * (4.2, 9). A sample in other buckets is read where these are finer, and is a misfit otherwise.
 */
function histogramHistoryTest(spec: WatchSpec, watched: WatchedHistogram): StatisticalTest<HistogramState, number[]> {
  const { test } = watched.guardrail;
  const plan = planAnchors(spec, watched);
  const history = histogramsOf(watched);
  const bounds = boundsOf(history);
  // Only "slower" can be seen: a signal that is bad when low has no such test, and says so by abstaining.
  const isReadable = watched.signal?.badDirection !== 'low';
  const windows = isReadable
    ? history.flatMap((baseline) => latencyHistory(plan, baseline, bounds, test.worseBy) ?? [])
    : [];
  const offsets = offsetsOf(windows);
  const width = 1 + windows.reduce((sum, window) => sum + window.width, 0);
  const anchored = new Anchored(plan, {
    rowWidth: width,
    width,
    contribute: (rows, at, into) => {
      const requests = rows[at + 1] as number;
      into[0] = requests;
      for (let w = 0; w < windows.length; w++) {
        const own = offsets[w] as number;
        (windows[w] as LatencyHistory).cap(requests, rows, at + 1 + own, into, own);
      }
    },
  });
  const sumsOf = (counts: readonly number[]): number[] => {
    const row = new Array<number>(width).fill(0);
    row[0] = requestsOf(counts);
    for (let w = 0; w < windows.length; w++) (windows[w] as LatencyHistory).read(counts, row, offsets[w] as number);
    return row;
  };

  return {
    kind: 'statistical',
    abstains: windows.length === 0 ? 'no-baseline' : null,
    start: () => noRequests(bounds, anchored.start()),
    observe: (state, told) => {
      if (told.observation.value.kind !== 'histogram') return null;
      if (windows.length === 0) {
        state.seen += requestsOf(told.observation.value.counts);
        return state;
      }
      const counts = countsBy(bounds, told);
      if (counts === null) return null;
      if (!isJudged(spec, told)) {
        state.seen += requestsOf(counts);
        return state;
      }
      anchored.add(state.anchored, told.observation.atMs, told.newestAtMs, sumsOf(counts));
      addCounts(state, 'watched', counts);
      return state;
    },
    evidence: (state) => {
      if (windows.length === 0) return 0;
      const begun = anchored.fill(state.anchored);
      let least = Number.POSITIVE_INFINITY;
      for (let w = 0; w < windows.length; w++) {
        const window = windows[w] as LatencyHistory;
        least = Math.min(least, window.evidence(anchored.since, begun, width, offsets[w] as number));
      }
      return least;
    },
    samples: ({ seen }) => seen,
    startAcceptance: () => new Array<number>(width).fill(0),
    accept: (acceptance, told) => {
      const counts = isJudged(spec, told) ? countsBy(bounds, told) : null;
      if (counts === null || windows.length === 0) return acceptance;
      addTo(acceptance, sumsOf(counts));
      return acceptance;
    },
    acceptance: (sums) => {
      const each = windows.map((window, w) => window.acceptance(sums[0] as number, sums, offsets[w] as number));
      return finite(logMeanExp(each), 'evidence of an acceptable release');
    },
    describe: (state, standing) =>
      describeHistogram({ spec, watched, baseline: windows[0]?.baseline ?? null, state, standing }),
  };
}

/** Where the sums of each window begin in a row; the requests come first. */
function offsetsOf(windows: readonly LatencyHistory[]): readonly number[] {
  let next = 1;
  return windows.map(({ width }) => {
    const own = next;
    next += width;
    return own;
  });
}
