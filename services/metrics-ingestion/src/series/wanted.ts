import { Refused, tooLarge } from '../door/refusal.js';

/** Whether any signal is read from a metric. */
export type IsWanted = (metric: string) => boolean;

/** As many samples of declared signals as a message may hold (interfaces 1); all the others do not count, for they are not read. */
const POINTS_MAX = 10_000;

/** Counts the points of wanted series while a message is read. */
export class WantedPoints {
  #points = 0;

  /** Notes more of them; throws Refused where they are too many. */
  add(points = 1): void {
    this.#points += points;
    if (this.#points > POINTS_MAX)
      throw new Refused(tooLarge(`more than ${POINTS_MAX} samples of declared signals in one message`));
  }
}
