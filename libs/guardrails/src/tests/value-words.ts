import { roundNumber } from '../words.js';

/** How long a unit of time is, by the names that sources use. */
const SECONDS: Readonly<Record<string, number>> = {
  ms: 0.001,
  milliseconds: 0.001,
  s: 1,
  seconds: 1,
  min: 60,
  minutes: 60,
};

/** A value with its unit as people say it: times by their size, any other unit as it is. */
export function withUnit(value: number, unit: string): string {
  if (!Object.hasOwn(SECONDS, unit)) return unit === '' ? roundNumber(value) : `${roundNumber(value)} ${unit}`;
  const seconds = value * (SECONDS[unit] as number);
  if (Math.abs(seconds) < 0.1) return `${roundNumber(seconds * 1000)} ms`;
  if (Math.abs(seconds) < 180) return `${roundNumber(seconds)} s`;
  return `${roundNumber(seconds / 60)} min`;
}
