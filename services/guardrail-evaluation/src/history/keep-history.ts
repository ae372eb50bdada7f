import type { Observation } from '@parapet/signals';
import type { Environment } from '../environment.js';
import type { Moment } from '../tell.js';
import type { Writes } from '../writes.js';
import { isHistoryKept } from './history-days.js';

/** Adds an observation to the minutes of history, unless it is too old for any baseline. */
export function keepHistory(
  environment: Environment,
  observation: Observation,
  moment: Moment,
  writes: Writes,
  series?: string,
): void {
  if (isHistoryKept(observation.atMs, moment.clockMs)) writes.rollUp(environment, observation, series);
}
