import { invariant, type InstantMs, parseInstant } from '@parapet/kernel';
import { instantOf } from './zone.js';

const LOCAL = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(:\d\d)?)?$/;

/** Whether a text names a time: a day, a local time, or one with its offset. */
export function isMoment(text: string): boolean {
  return (wallMsOf(text) ?? parseInstant(text)) !== null;
}

/** The instant of a time; a local one is what the clocks of the zone show. */
export function instantOfMoment(text: string, timeZone: string): InstantMs {
  const wallMs = wallMsOf(text);
  if (wallMs !== null) return instantOf(wallMs, timeZone);
  const instantMs = parseInstant(text);
  invariant(instantMs !== null, `not a time: ${text}`);
  return instantMs;
}

function wallMsOf(text: string): number | null {
  const [, day, time = '00:00', seconds = ':00'] = LOCAL.exec(text) ?? [];
  return day === undefined ? null : parseInstant(`${day}T${time}${seconds}Z`);
}
