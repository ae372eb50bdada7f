import { Refused } from './refusal.js';

/** Containers within containers; more are refused. */
export const LEVELS_MAX = 64;

/** A JSON document from outside: its objects are maps without prototype, its texts hold no U+0000 and no unpaired surrogate. */
export interface OutsideDocument {
  readonly value: unknown;
  /** Whether a text anywhere in this object of the document had to be changed. */
  isAltered(record: object): boolean;
}

/** Reads one JSON document; throws Refused where it is none, or nested too deeply. */
export function readDocument(bytes: Uint8Array): OutsideDocument {
  if (levelsOf(bytes) > LEVELS_MAX) {
    throw new Refused({
      status: 422,
      code: 'invalid',
      detail: `the body has more than ${LEVELS_MAX} levels`,
      field: '',
    });
  }
  const { value, isClean } = parse(bytes);
  if (isClean) return { value: adoptClean(value), isAltered: () => false };
  const altered = new WeakSet<object>();
  return { value: adopt(value, altered).value, isAltered: (record) => altered.has(record) };
}

/** Shared: making one costs more than most bodies. */
const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What cannot be stored only gets through as an escape: UTF-8 has no unpaired surrogates, and JSON no U+0000 as it is. */
function parse(bytes: Uint8Array): { readonly value: unknown; readonly isClean: boolean } {
  try {
    // `ignoreBOM` keeps the mark in the text, where JSON.parse refuses it: we take none.
    const text = UTF_8.decode(bytes);
    return { value: JSON.parse(text), isClean: !text.includes('\\u') };
  } catch (cause) {
    const why = cause instanceof SyntaxError ? cause.message : 'its bytes are not UTF-8';
    const refused = new Refused({
      status: 400,
      code: 'not-json',
      detail: `the body is not one JSON document: ${oneLine(why)}`,
    });
    throw Object.assign(refused, { cause });
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `[` and `]`; with this bit set they are `{` and `}`. */
const [OPENING, CLOSING, BRACE_BIT] = [0x5b, 0x5d, 0x20];

/** Counts before parsing: eight million brackets would otherwise become as many objects. UTF-8 never repeats these bytes inside a character. */
function levelsOf(bytes: Uint8Array): number {
  let levels = 0;
  let deepest = 0;
  let isText = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (isText) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if ((byte & ~BRACE_BIT) === OPENING) deepest = Math.max(deepest, ++levels);
    else if ((byte & ~BRACE_BIT) === CLOSING) levels--;
  }
  return deepest;
}

/** A copy whose objects are maps without prototype. */
function adoptClean(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(adoptClean);
  const own: Record<string, unknown> = Object.create(null);
  for (const name of Object.keys(value)) own[name] = adoptClean((value as Record<string, unknown>)[name]);
  return own;
}

interface Adopted {
  readonly value: unknown;
  readonly isAltered: boolean;
}

function adopt(value: unknown, altered: WeakSet<object>): Adopted {
  if (typeof value === 'string') {
    const clean = cleanText(value);
    return { value: clean, isAltered: clean !== value };
  }
  if (typeof value !== 'object' || value === null) return { value, isAltered: false };
  if (Array.isArray(value)) {
    const items = value.map((item) => adopt(item, altered));
    return marked(
      items.map((item) => item.value),
      items.some((item) => item.isAltered),
      altered,
    );
  }
  const own: Record<string, unknown> = Object.create(null);
  let isAltered = false;
  for (const [name, member] of Object.entries(value)) {
    const cleanName = cleanText(name);
    const adopted = adopt(member, altered);
    own[cleanName] = adopted.value;
    isAltered ||= adopted.isAltered || cleanName !== name;
  }
  return marked(own, isAltered, altered);
}

function marked(value: object, isAltered: boolean, altered: WeakSet<object>): Adopted {
  if (isAltered) altered.add(value);
  return { value, isAltered };
}

/** With the `u` flag a surrogate class matches only those without their other half. */
const UNSTORABLE = /[\0\p{Surrogate}]/gu;

/** A text that every store takes: U+0000 and unpaired surrogates become U+FFFD. */
export function cleanText(text: string): string {
  return text.replace(UNSTORABLE, '\uFFFD');
}

function oneLine(text: string): string {
  return cleanText(text.replace(/\s+/g, ' ').slice(0, 200));
}
