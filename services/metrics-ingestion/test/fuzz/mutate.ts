import { gzipSync } from 'node:zlib';
import type { Chance } from '@parapet/testkit';
import type { Seed } from './seeds.js';

/** A request as somebody might send it. */
export interface Mutant {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What JSON, UTF-8, Protocol Buffers and our own rules find interesting. */
const TOKENS = [
  ...['"', '\\', '{', '}', '[', ']', ',', ':', 'null', '1e999', '-0', '1e-400', '9007199254740993', '"NaN"', '"+Inf"'],
  ...[
    '\\u0000',
    '\\ud800',
    '"__proto__":{}',
    '"constructor":1',
    '\uFEFF',
    '\u202E',
    '[['.repeat(70),
    '{"a":'.repeat(70),
  ],
  ...['"0001-01-01T00:00:00Z"', '"9999-12-31T23:59:59-01:00"', '"resolved"', '"x":"'.repeat(3)],
]
  .map((text) => Buffer.from(text))
  .concat(
    [
      'ff'.repeat(10),
      '80'.repeat(11),
      'ffffffff0f',
      'ffffffffffffffff7f',
      '00',
      '0a',
      '0b0c',
      'c080',
      'eda080',
      'f8',
    ].map((hex) => Buffer.from(hex, 'hex')),
  );
const VALUES: readonly string[] = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    0.5,
    1e308,
    2 ** 53,
    '',
    'x',
    'NaN',
    '+Inf',
    '2026-11-23T09:15:00Z',
    'resolved',
    'firing',
  ],
  ...[[], {}, [[]], [null], { a: {} }, { toString: 1 }, 'é'.repeat(3_000), '\u0000', '\ud800', Array(300).fill(0)],
].map((value) => JSON.stringify(value));
const TYPES = [
  '',
  'text/plain',
  'application/json; charset=utf-16',
  'application/x-protobuf',
  'application/json;a="',
  '*/*',
];
const ENCODINGS = ['gzip', 'snappy', 'br', 'identity', 'gzip, gzip', 'GZIP', 'deflate', '\u00ff', ''];

type Change = (body: Buffer, chance: Chance, seeds: readonly Seed[]) => Buffer;

const noise = (chance: Chance, length: number): Buffer => {
  const bytes = Buffer.alloc(length + 4);
  for (let at = 0; at < length; at += 4) bytes.writeUInt32LE(chance.between(0, 0xffff_ffff), at);
  return bytes.subarray(0, length);
};
const place = (body: Buffer, chance: Chance): number => chance.between(0, body.length);

const flipped: Change = (body, chance) => {
  const changed = Buffer.from(body);
  for (let left = chance.between(1, 8); left > 0 && changed.length > 0; left--) {
    const where = chance.between(0, changed.length - 1);
    changed[where] = (changed[where] as number) ^ (1 << chance.between(0, 7));
  }
  return changed;
};
const inserted: Change = (body, chance) => {
  const where = place(body, chance);
  const what = chance.happens(0.7)
    ? (TOKENS[chance.between(0, TOKENS.length - 1)] as Buffer)
    : noise(chance, chance.between(1, 12));
  return Buffer.concat([body.subarray(0, where), what, body.subarray(where + chance.between(0, 8))]);
};
const truncated: Change = (body, chance) => body.subarray(0, place(body, chance));
const doubled: Change = (body, chance) => {
  const [from, to] = [place(body, chance), place(body, chance)].sort((a, b) => a - b) as [number, number];
  const part = body.subarray(from, to);
  return Buffer.concat([body.subarray(0, to), ...Array<Buffer>(chance.between(1, 4)).fill(part), body.subarray(to)]);
};
const crossed: Change = (body, chance, seeds) => {
  const other = (seeds[chance.between(0, seeds.length - 1)] as Seed).body;
  return Buffer.concat([body.subarray(0, place(body, chance)), other.subarray(place(other, chance))]);
};
const replaced: Change = (_, chance) => noise(chance, chance.happens(0.05) ? 20_000 : chance.between(0, 300));

/** A document with members exchanged, renamed or taken away; bytes that are no document are cut instead. */
const grafted: Change = (body, chance, seeds) => {
  let document: unknown;
  try {
    document = JSON.parse(body.toString('utf8'));
  } catch {
    return truncated(body, chance, seeds);
  }
  for (let left = chance.between(1, 3); left > 0; left--) graft(document, chance);
  return Buffer.from(JSON.stringify(document));
};

function graft(document: unknown, chance: Chance): void {
  const nodes: Record<string, unknown>[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if (Object.keys(node).length > 0) nodes.push(node as Record<string, unknown>);
    for (const member of Object.values(node)) visit(member);
  };
  visit(document);
  if (nodes.length === 0) return;
  const node = nodes[chance.between(0, nodes.length - 1)] as Record<string, unknown>;
  const keys = Object.keys(node);
  const key = keys[chance.between(0, keys.length - 1)] as string;
  if (chance.happens(0.15)) delete node[key];
  else if (chance.happens(0.1)) node[`${key}x`] = node[key];
  // Parsed anew each time: a later change may reach into it.
  else node[key] = JSON.parse(VALUES[chance.between(0, VALUES.length - 1)] as string);
}

const CHANGES: readonly [Change, ...Change[]] = [
  ...[flipped, inserted, truncated, doubled, crossed, replaced],
  ...[grafted, grafted, grafted, inserted, flipped],
] as unknown as readonly [Change, ...Change[]];

/** One malformed request made of a good one; the same chance makes the same. */
export function mutant(seeds: readonly Seed[], chance: Chance): Mutant {
  const seed = seeds[chance.between(0, seeds.length - 1)] as Seed;
  const isOnWire = seed.encoding !== null && chance.happens(0.4);
  let body = isOnWire ? encoded(seed.body, seed.encoding) : seed.body;
  for (let left = chance.between(1, 3); left > 0; left--) body = chance.one(CHANGES)(body, chance, seeds);
  if (!isOnWire) body = encoded(body, seed.encoding);
  const headers: Record<string, string> = { 'content-type': seed.contentType };
  if (seed.encoding !== null) headers['content-encoding'] = seed.encoding;
  if (chance.happens(0.03)) headers['content-type'] = chance.one(TYPES as [string, ...string[]]);
  if (chance.happens(0.03)) headers['content-encoding'] = chance.one(ENCODINGS as [string, ...string[]]);
  if (chance.happens(0.01))
    return { headers: { ...headers, 'content-encoding': 'gzip' }, body: squeezed(body, chance) };
  return { headers, body };
}

const BOMB = gzipSync(Buffer.alloc(9 * 1024 * 1024));

/** Rightly or wrongly compressed: whole, cut off, or growing far beyond what is allowed. */
function squeezed(body: Buffer, chance: Chance): Buffer {
  const zipped = chance.happens(0.2) ? BOMB : gzipSync(body);
  return chance.happens(0.5) ? zipped : truncated(zipped, chance, []);
}

function encoded(body: Buffer, encoding: Seed['encoding']): Buffer {
  switch (encoding) {
    case 'gzip':
      return gzipSync(body);
    case 'snappy':
      return snapped(body);
    case null:
      return body;
  }
}

const LITERAL_MAX = 65_536;
const LITERAL_OF_TWO_BYTES = 61 << 2;

/** Snappy's block format without any compression: literals only. */
function snapped(body: Buffer): Buffer {
  const parts: Buffer[] = [varint(body.length)];
  for (let at = 0; at < body.length; at += LITERAL_MAX) {
    const literal = body.subarray(at, at + LITERAL_MAX);
    const head = Buffer.from([LITERAL_OF_TWO_BYTES, 0, 0]);
    head.writeUInt16LE(literal.length - 1, 1);
    parts.push(head, literal);
  }
  return Buffer.concat(parts);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) | 0x80);
  return Buffer.from([...bytes, left]);
}
