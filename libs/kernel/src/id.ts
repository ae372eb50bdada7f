import { invariant } from './unreachable.js';

/** What an id names; the prefix that every id carries. */
export type IdKind = 'rel' | 'prp' | 'pln' | 'act' | 'evt' | 'evd' | 'rcp' | 'req' | 'ans';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LATEST_MS = 2 ** 48 - 1;

/** Gives the next id of a kind; safe as a subject token. */
export type MakeId = (kind: IdKind) => string;

/**
 * Makes ids of a kind and a ULID: 48 bits of time, 80 bits of chance. One maker's ids only ever grow, whatever the clock does:
 * within a millisecond and behind a clock set back the chance is counted up, and used up it moves on to the next millisecond.
 * @param nowMs the clock, milliseconds since 1970
 * @param random fills an array with random bytes
 */
export function idMaker(nowMs: () => number, random: (bytes: Uint8Array) => void): MakeId {
  let lastMs = -1;
  const digits = new Uint8Array(16);
  return (kind) => {
    // A clock may count in fractions; `performance.now` does.
    const clockMs = Math.floor(nowMs());
    invariant(clockMs >= 0 && clockMs <= LATEST_MS, `the clock gives ${clockMs} ms since 1970, which no ULID can hold`);
    if (clockMs > lastMs || !countedUp(digits)) {
      lastMs = Math.max(clockMs, lastMs + 1);
      random(digits);
      for (let i = 0; i < digits.length; i++) digits[i] = (digits[i] as number) & 31;
    }
    return `${kind}_${timeDigits(lastMs)}${Array.from(digits, (d) => CROCKFORD[d]).join('')}`;
  };
}

/** Adds one; whether there was room for it. */
function countedUp(digits: Uint8Array): boolean {
  for (let i = digits.length - 1; i >= 0; i--) {
    digits[i] = ((digits[i] as number) + 1) & 31;
    if (digits[i] !== 0) return true;
  }
  return false;
}

function timeDigits(ms: number): string {
  let rest = ms;
  let text = '';
  for (let i = 0; i < 10; i++) {
    text = CROCKFORD[rest % 32] + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

const ID = /^(rel|prp|pln|act|evt|evd|rcp|req|ans)_[0-9A-HJKMNP-TV-Z]{26}$/;

/** Whether a text is an id of the kind. */
export function isId(text: string, kind: IdKind): boolean {
  return ID.test(text) && text.startsWith(`${kind}_`);
}

const SLUG = /^[a-z0-9][a-z0-9-]{0,39}$/;

/** Whether a text may be a tenant, environment or workload token. */
export function isSlug(text: string): boolean {
  return SLUG.test(text);
}
