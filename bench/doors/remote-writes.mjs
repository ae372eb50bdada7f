// Requests as a Prometheus writes them: a sample each of two thousand series, version 1.0, snappy.
import { createRequire } from 'node:module';

const snappy = createRequire(new URL('../../services/metrics-ingestion/package.json', import.meta.url))('snappyjs');

const SERIES = 2_000;
const TILLS = 20;
/** Instants of our time take six bytes as a varint until 2109. */
const INSTANT_BYTES = 6;
/** No two requests hold the same instant of a series. */
const STEP_MS = 250;

/**
 * Makes requests without end.
 * @returns {{ next(): Buffer; readonly records: number }}
 */
export function remoteWrites() {
  const places = /** @type {number[]} */ ([]);
  const parts = [];
  let length = 0;
  for (let i = 0; i < SERIES; i++) {
    const labels = { __name__: 'shop_carts_open', instance: `shop-${i % 8}:9100`, job: 'shop', ...tillOf(i) };
    const sample = Buffer.concat([
      Buffer.from([0x09]),
      double(20 + (i % 50)),
      Buffer.from([0x10]),
      Buffer.alloc(INSTANT_BYTES),
    ]);
    const series = Buffer.concat([
      ...Object.entries(labels)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => field(1, Buffer.concat([field(1, Buffer.from(name)), field(2, Buffer.from(value))]))),
      field(2, sample),
    ]);
    const part = field(1, series);
    length += part.length;
    places.push(length - INSTANT_BYTES);
    parts.push(part);
  }
  const plain = Buffer.concat(parts);
  let atMs = Date.now() - 60_000;
  return {
    records: SERIES,
    next() {
      const instant = varint(atMs);
      atMs = Math.min(atMs + STEP_MS, Date.now());
      for (const place of places) instant.copy(plain, place);
      return Buffer.from(snappy.compress(plain));
    },
  };
}

/** @param {number} i */
function tillOf(i) {
  return { store: `store-${Math.floor(i / TILLS)}`, till: `till-${i % TILLS}` };
}

/** @param {number} number @param {Buffer} bytes */
function field(number, bytes) {
  return Buffer.concat([Buffer.from([(number << 3) | 2]), varint(bytes.length), bytes]);
}

/** @param {number} value */
function varint(value) {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    const low = rest % 128;
    if (rest < 128) return Buffer.from([...bytes, low]);
    bytes.push(low | 128);
  }
}

/** @param {number} value */
function double(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}
