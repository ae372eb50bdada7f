import { roundNumber } from '../words.js';

const MS_PER_SECOND = 1000;
const SECONDS_PER_MINUTE = 60;

/** A value with its unit as people say it: seconds and milliseconds by their size, any other unit as it is. */
export function withUnit(value: number, unit: string): string {
  const seconds = unit === 's' ? value : unit === 'ms' ? value / MS_PER_SECOND : null;
  if (seconds === null) return unit === '' ? roundNumber(value) : `${roundNumber(value)} ${unit}`;
  if (Math.abs(seconds) < 0.1) return `${roundNumber(seconds * MS_PER_SECOND)} ms`;
  if (Math.abs(seconds) < 3 * SECONDS_PER_MINUTE) return `${roundNumber(seconds)} s`;
  return `${roundNumber(seconds / SECONDS_PER_MINUTE)} min`;
}
