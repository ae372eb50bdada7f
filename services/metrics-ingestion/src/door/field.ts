import { isNotSet, type InstantMs, parseInstant } from '@parapet/kernel';
import { cleanText } from './json.js';
import { Refused, tooLarge } from './refusal.js';

/** First and last instant that RFC 3339 can write: years 1 to 9999. */
const INSTANT_MIN = -62_135_596_800_000;
const INSTANT_MAX = 253_402_300_799_999;

/** A value of a document and where it stands; reading it as something it is not refuses the message with that pointer. */
export class Field {
  constructor(
    readonly value: unknown,
    private readonly parent: Field | null = null,
    private readonly name: string | number = '',
  ) {}

  /** RFC 6901; the whole document is the empty text. */
  get pointer(): string {
    return this.parent === null ? '' : this.parent.below(this.name);
  }

  /** The pointer of a value below this one. */
  below(name: string | number): string {
    return `${this.pointer}/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;
  }

  /** Null counts as absent. */
  get isAbsent(): boolean {
    return this.value === undefined || this.value === null;
  }

  member(name: string): Field {
    return new Field(this.map()[name], this, name);
  }

  map(): Readonly<Record<string, unknown>> {
    const { value } = this;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) this.refuse('must be an object');
    return value as Readonly<Record<string, unknown>>;
  }

  items(max: number, noun: string): readonly Field[] {
    if (!Array.isArray(this.value)) this.refuse('must be a list');
    const items = this.value as readonly unknown[];
    if (items.length > max)
      throw new Refused(tooLarge(`${items.length} ${noun}, and one message may hold ${max}`, this.pointer));
    return items.map((item, i) => new Field(item, this, i));
  }

  /** A text of at most so many bytes of UTF-8. */
  text(bytesMax: number): string {
    const { value } = this;
    if (typeof value !== 'string') this.refuse('must be a text');
    if (isLonger(value as string, bytesMax)) this.refuse(`must be at most ${bytesMax} bytes long`);
    return value as string;
  }

  filledText(bytesMax: number): string {
    const value = this.text(bytesMax);
    return value === '' ? this.refuse('must not be empty') : value;
  }

  /** A map whose values are all texts, at most so many and so long; keeps the map without prototype. */
  texts(max: {
    readonly count: number;
    readonly nameBytes: number;
    readonly valueBytes: number;
  }): Readonly<Record<string, string>> {
    const map = this.map();
    const names = Object.keys(map);
    if (names.length > max.count) this.refuse(`must hold at most ${max.count} members, not ${names.length}`);
    for (const name of names) {
      const value = map[name];
      const at = () => new Field(value, this, name);
      if (isLonger(name, max.nameBytes)) at().refuse(`has a name longer than ${max.nameBytes} bytes`);
      if (typeof value !== 'string') at().refuse('must be a text');
      if (isLonger(value as string, max.valueBytes)) at().refuse(`must be at most ${max.valueBytes} bytes long`);
    }
    return map as Readonly<Record<string, string>>;
  }

  oneOf<const W extends string>(words: readonly W[]): W {
    const found = words.find((word) => word === this.value);
    return found ?? this.refuse(`must be ${words.map((word) => JSON.stringify(word)).join(' or ')}`);
  }

  /** An integer from 0 that a double holds exactly. */
  whole(): number {
    const { value } = this;
    if (!Number.isSafeInteger(value) || (value as number) < 0) this.refuse('must be an integer of 0 or more');
    return value as number;
  }

  /** RFC 3339 with offset. */
  instant(): InstantMs {
    const text = this.text(64);
    const ms = parseInstant(text);
    const isWritable = ms !== null && ms >= INSTANT_MIN && ms <= INSTANT_MAX;
    return isWritable ? ms : this.refuse('must be an RFC 3339 time with offset, such as 2026-11-23T09:15:00Z');
  }

  /** Null for an absent time, an empty one, and year 1: they mean "not set". */
  instantIfSet(): InstantMs | null {
    if (this.isAbsent || isNotSet(this.text(64))) return null;
    return this.instant();
  }

  /** Ends the reading: says what was expected and what was found. */
  refuse(expected: string, code: 'invalid' | 'future' = 'invalid'): never {
    const { pointer } = this;
    const subject = pointer === '' ? 'the document' : pointer;
    const found = this.value === undefined ? 'it is missing' : `found ${excerpt(this.value)}`;
    throw new Refused({ status: 422, code, detail: `${subject} ${expected}; ${found}`, field: pointer });
  }
}

/** Whether a text takes more bytes of UTF-8; counts only where it is not obvious. */
export function isLonger(text: string, bytesMax: number): boolean {
  if (text.length > bytesMax) return true;
  return text.length * 3 > bytesMax && Buffer.byteLength(text) > bytesMax;
}

/** Whether texts take more bytes as JSON; written out only where it is not obvious. An escape takes six bytes for one unit. */
export function isLongerAsJson(texts: Readonly<Record<string, string>>, bytesMax: number): boolean {
  let units = 2;
  for (const name of Object.keys(texts)) units += name.length + (texts[name] as string).length + 6;
  return units * 6 > bytesMax && Buffer.byteLength(JSON.stringify(texts)) > bytesMax;
}

function excerpt(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const json = JSON.stringify(value) ?? String(value);
  // The cut may go through a character of two units, half of which no store takes.
  return json.length > 80 ? `${cleanText(json.slice(0, 80))}…` : json;
}
