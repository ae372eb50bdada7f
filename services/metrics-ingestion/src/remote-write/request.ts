import type { OutsideSeries } from '../series/outside.js';
import { WantedPoints } from '../series/wanted.js';

/** What a remote write request holds. */
export interface WriteRequest {
  /** Series whose metric is wanted. */
  readonly series: readonly OutsideSeries[];
  /** Everything in it, wanted or not. */
  readonly samples: number;
  readonly histograms: number;
  readonly exemplars: number;
  /** Samples and histograms of series that nobody wants; they were stepped over. */
  readonly unwanted: number;
}

/** The label that holds a metric's name. */
export const NAME = '__name__';

/** What was met while a request was read. */
export class Tally {
  samples = 0;
  histograms = 0;
  exemplars = 0;
  unwanted = 0;
  readonly #wanted = new WantedPoints();

  /** Notes one more wanted point; throws Refused where they are too many. */
  want(): void {
    this.#wanted.add();
  }

  /** The request, with its series. */
  request(series: readonly OutsideSeries[]): WriteRequest {
    const { samples, histograms, exemplars, unwanted } = this;
    return { series, samples, histograms, exemplars, unwanted };
  }
}
