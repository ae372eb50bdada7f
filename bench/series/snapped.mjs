import { createRequire } from 'node:module';

const snappy = createRequire(new URL('../../services/metrics-ingestion/package.json', import.meta.url))('snappyjs');

/** Snappy's block format, as another implementation writes it. @param {Uint8Array} bytes @returns {Buffer} */
export function snapped(bytes) {
  return Buffer.from(snappy.compress(bytes));
}
