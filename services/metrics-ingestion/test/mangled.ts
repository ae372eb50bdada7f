import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';

const FIXTURES = new URL('../../../test/fixtures/alertmanager/', import.meta.url);

const RECORDED: readonly Buffer[] = readdirSync(FIXTURES)
  .filter((file) => file.endsWith('.json') && file !== 'manifest.json')
  .map((file) => readFileSync(new URL(file, FIXTURES)));

const SAMPLES = Buffer.from(
  JSON.stringify({
    samples: [
      {
        signal: 'shop.carts.open',
        at: '2026-11-23T09:15:00Z',
        value: 41,
        dimensions: { environment: 'production', till: '1' },
        key: 'k',
      },
      { signal: 'shop.carts.open', at: '2026-11-23T09:15:00Z', count: 3, of: 812 },
      {
        signal: 'shop.carts.open',
        at: '2026-11-23T09:15:00Z',
        histogram: { bounds: [0.1, 0.3], counts: [5, 9, 2], sum: 4.1 },
      },
    ],
  }),
);

/** Bytes that JSON, UTF-8 and our own rules find interesting. */
const BITE = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom(
      '"',
      '\\',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      'null',
      '1e999',
      '-0',
      '\\u0000',
      '\\ud800',
      '"__proto__":',
      '\uFEFF',
      '[['.repeat(70),
      '"NaN"',
    )
    .map((text) => Buffer.from(text)),
);
const PLACE = fc.nat(1_000_000);

interface Wound {
  readonly at: number;
  readonly length: number;
  readonly bite: Buffer;
}
const WOUND: fc.Arbitrary<Wound> = fc.record({ at: PLACE, length: fc.nat(8), bite: BITE });

function wounded(body: Buffer, wounds: readonly Wound[]): Buffer {
  return wounds.reduce((bytes, { at, length, bite }) => {
    const from = at % (bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, from), bite, bytes.subarray(from + length)]);
  }, body);
}

/** A real document with members exchanged for any JSON value. */
function grafted(body: Buffer, picks: readonly (readonly [number, unknown])[]): Buffer {
  const document = JSON.parse(body.toString('utf8'));
  for (const [pick, value] of picks) {
    const places: (readonly [Record<string, unknown>, string])[] = [];
    const visit = (node: unknown): void => {
      if (typeof node !== 'object' || node === null) return;
      for (const key of Object.keys(node)) {
        places.push([node as Record<string, unknown>, key]);
        visit((node as Record<string, unknown>)[key]);
      }
    };
    visit(document);
    const [node, key] = places[pick % places.length] as (typeof places)[number];
    node[key] = value;
  }
  return Buffer.from(JSON.stringify(document));
}

/** One character for another: mostly still JSON, and often still a message. */
function misspelt(body: Buffer, at: number, character: string): Buffer {
  const from = at % body.length;
  return Buffer.concat([body.subarray(0, from), Buffer.from(character), body.subarray(from + 1)]);
}

/** What a broken, careless or hostile sender may hand in to a door. */
export function mangled(door: 'alertmanager' | 'samples'): fc.Arbitrary<Buffer> {
  const body = door === 'samples' ? fc.constant(SAMPLES) : fc.constantFrom(...RECORDED);
  const value = fc.oneof(
    fc.jsonValue(),
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.constantFrom('resolved', 'NaN', '2026-11-23T09:15:00Z', 0),
  );
  const grafts = fc.array(fc.tuple(PLACE, value), { minLength: 1, maxLength: 3 });
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc.tuple(body, PLACE, fc.string({ minLength: 1, maxLength: 1 })).map((drawn) => misspelt(...drawn)),
    },
    {
      weight: 4,
      arbitrary: fc.tuple(body, fc.array(WOUND, { minLength: 1, maxLength: 3 })).map((drawn) => wounded(...drawn)),
    },
    { weight: 4, arbitrary: fc.tuple(body, grafts).map((drawn) => grafted(...drawn)) },
    { weight: 1, arbitrary: fc.tuple(body, PLACE).map(([bytes, at]) => bytes.subarray(0, at % bytes.length)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 1, arbitrary: fc.json().map((text) => Buffer.from(text)) },
  );
}
