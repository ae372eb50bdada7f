import { createRequire } from 'node:module';

const { compress } = createRequire(import.meta.url)('snappyjs') as { compress(bytes: Uint8Array): Uint8Array };

/** Snappy's block format as another implementation writes it. */
export function snapped(bytes: Uint8Array): Buffer {
  return Buffer.from(compress(bytes));
}
