/** What an id names; the prefix that every id carries. */
export type IdKind = 'rel' | 'prp' | 'pln' | 'act' | 'evt' | 'evd' | 'rcp' | 'req' | 'ans';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Gives the next id of a kind; safe as a subject token. */
export type MakeId = (kind: IdKind) => string;

/**
 * Makes ids of a kind and a ULID: 48 bits of time, 80 bits of chance, monotonic within one maker and millisecond.
 * @param nowMs the clock, milliseconds since 1970
 * @param random fills an array with random bytes
 */
export function idMaker(nowMs: () => number, random: (bytes: Uint8Array) => void): MakeId {
  let lastMs = -1;
  const digits = new Uint8Array(16);
  return (kind) => {
    const ms = Math.max(nowMs(), lastMs);
    if (ms === lastMs) increment(digits);
    else {
      random(digits);
      for (let i = 0; i < digits.length; i++) digits[i] = (digits[i] as number) & 31;
      lastMs = ms;
    }
    return `${kind}_${timeDigits(ms)}${Array.from(digits, (d) => CROCKFORD[d]).join('')}`;
  };
}

function increment(digits: Uint8Array): void {
  for (let i = digits.length - 1; i >= 0; i--) {
    digits[i] = ((digits[i] as number) + 1) & 31;
    if (digits[i] !== 0) return;
  }
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
