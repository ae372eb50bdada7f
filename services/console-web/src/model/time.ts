import { type InstantMs, parseInstant } from '@parapet/kernel';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long ago, in the largest unit that fits: `just now`, `40 s ago`, `12 min ago`, `3 h ago`, `2 d ago`. */
export function ago(at: string | null, nowMs: InstantMs): string {
  const ms = at === null ? null : parseInstant(at);
  if (ms === null) return '';
  const passed = nowMs - ms;
  if (passed < 5 * SECOND) return 'just now';
  return `${span(passed >= MINUTE && passed < HOUR ? Math.floor(passed / MINUTE) * MINUTE : passed)} ago`;
}

/** A length of time in its largest unit, two units up to an hour. */
export function span(ms: number): string {
  const whole = Math.max(0, Math.floor(ms / SECOND));
  if (whole < 60) return `${whole} s`;
  if (ms < HOUR) {
    const rest = whole % 60;
    return rest === 0 || ms >= 10 * MINUTE
      ? `${Math.floor(whole / 60)} min`
      : `${Math.floor(whole / 60)} min ${rest} s`;
  }
  return ms < 2 * DAY ? `${Math.floor(ms / HOUR)} h` : `${Math.floor(ms / DAY)} d`;
}

/** The reader's local clock time; with seconds where several things happen in one minute. */
export function clockTime(at: string | InstantMs, withSeconds = false): string {
  const ms = typeof at === 'number' ? at : parseInstant(at);
  if (ms === null) return '';
  return new Date(ms).toLocaleTimeString('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    ...(withSeconds ? { second: '2-digit' } : {}),
  });
}

/** Day and clock time, for what is not of today. */
export function dayAndTime(at: string, nowMs: InstantMs): string {
  const ms = parseInstant(at);
  if (ms === null) return '';
  const day = new Date(ms).toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
  const isToday = new Date(ms).toDateString() === new Date(nowMs).toDateString();
  return isToday ? clockTime(ms) : `${day}, ${clockTime(ms)}`;
}

/** How long until something ends. */
export interface Countdown {
  readonly isOver: boolean;
  /** Soon enough that people should hurry. */
  readonly isUrgent: boolean;
  /** `14:59`, `1:04:10`, or `over`. */
  readonly text: string;
}

/** What is left until an instant on the server's clock; over from that instant on. */
export function countdown(until: string, nowMs: InstantMs): Countdown {
  const ms = parseInstant(until);
  const left = ms === null ? 0 : ms - nowMs;
  if (left <= 0) return { isOver: true, isUrgent: false, text: 'over' };
  const whole = Math.ceil(left / SECOND);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  return { isOver: false, isUrgent: left <= 2 * MINUTE, text: h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}` };
}
