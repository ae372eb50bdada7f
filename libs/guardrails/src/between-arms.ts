import type { ArmsRatio } from '@parapet/signals';

/** Events and exposure of what got the release (`watched`) and of what did not (`control`), over the same time. */
export interface ArmCounts {
  readonly watchedEvents: number;
  readonly watchedExposure: number;
  readonly controlEvents: number;
  readonly controlExposure: number;
}

/** Neither arm said anything. */
export const NO_ARM_COUNTS: ArmCounts = {
  watchedEvents: 0,
  watchedExposure: 0,
  controlEvents: 0,
  controlExposure: 0,
};

/** Both together; the order does not matter. */
export function addArms(a: ArmCounts, b: ArmCounts): ArmCounts {
  return {
    watchedEvents: a.watchedEvents + b.watchedEvents,
    watchedExposure: a.watchedExposure + b.watchedExposure,
    controlEvents: a.controlEvents + b.controlEvents,
    controlExposure: a.controlExposure + b.controlExposure,
  };
}

/**
 * Counts of two arms in one interval (statistics 5.4). Given how many events there were in both, only their division speaks: a rate
 * that both share, however it changes with time, has dropped out.
 */
export interface ArmsKernel {
  /**
   * What one interval adds to ln of the likelihood ratio of "`times` worse than tolerated" against "as bad as tolerated", for each
   * of the grid; none of it more than `evidenceMax`. All 0 where an arm has no exposure.
   */
  gains(counts: ArmCounts, grid: readonly number[], evidenceMax: number): readonly number[];
  /** The same for "as good as the control" against "unacceptable" (section 9), not capped. */
  acceptable(counts: ArmCounts): number;
  /** The ratio of the watched arm's rate to the control's that is just tolerated; no drift between arms of the same time. */
  readonly tolerated: number;
}

/** One-sided 95 % of a normal distribution, as for the drift between windows of history (statistics 4.3). */
const RATIO_QUANTILE = 1.645;

/**
 * @param o.bad `fewer`: events are what should happen, and the release is worse where it has fewer of them
 * @param o.usual how the arms differ by themselves, such as stores do: all ratios are multiples of that, and as little is known of it,
 *   so much more is tolerated
 */
export function betweenArms(o: {
  readonly worseBy: number;
  readonly unacceptable: number;
  readonly phi: number;
  readonly bad: 'more' | 'fewer';
  readonly usual?: ArmsRatio;
}): ArmsKernel {
  const { phi } = o;
  const tolerated = 1 + o.worseBy;
  const usual = o.usual?.ratio ?? 1;
  const doubt = Math.exp((o.bad === 'more' ? 1 : -1) * RATIO_QUANTILE * (o.usual?.logDeviation ?? 0));
  return {
    gains: (counts, grid, evidenceMax) => {
      const { more, moreExposure, less, lessExposure } = oriented(o.bad, counts, usual * doubt);
      if (!(moreExposure > 0 && lessExposure > 0)) return grid.map(() => 0);
      const shares = grid.map((times) => logShares(tolerated, tolerated * times, moreExposure, lessExposure));
      // Statistics 7: the least of what each alternative allows, so that all of them stay within the cap; one event always counts.
      const ceiling = Math.min(...shares.map(([own, other]) => (phi * evidenceMax - less * other) / own));
      const capped = Math.min(more, Math.max(1, ceiling));
      return shares.map(([own, other]) => (capped * own + less * other) / phi);
    },
    acceptable: (counts) => {
      const { more, moreExposure, less, lessExposure } = oriented(o.bad, counts, usual / doubt);
      if (!(moreExposure > 0 && lessExposure > 0)) return 0;
      const [own, other] = logShares(o.unacceptable, 1, moreExposure, lessExposure);
      return (more * own + less * other) / phi;
    },
    tolerated: usual * doubt * (o.bad === 'more' ? tolerated : 1 / tolerated),
  };
}

/**
 * Too few good events with the release are too many without it: one formula, the arms changing places. An arm that usually has twice
 * the rate is one of twice the exposure.
 */
function oriented(bad: 'more' | 'fewer', counts: ArmCounts, usual: number) {
  return bad === 'more'
    ? {
        more: counts.watchedEvents,
        moreExposure: usual * counts.watchedExposure,
        less: counts.controlEvents,
        lessExposure: counts.controlExposure,
      }
    : {
        more: counts.controlEvents,
        moreExposure: counts.controlExposure,
        less: counts.watchedEvents,
        lessExposure: usual * counts.watchedExposure,
      };
}

/** ln(q/q₀) and ln((1−q)/(1−q₀)) of statistics 5.4, without forming 1 − q, which a small arm would round away. */
function logShares(from: number, to: number, exposure: number, otherExposure: number): readonly [number, number] {
  const other = Math.log1p(((from - to) * exposure) / (to * exposure + otherExposure));
  return [Math.log(to / from) + other, other];
}
