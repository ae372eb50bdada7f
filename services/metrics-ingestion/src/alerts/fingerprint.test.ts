import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fingerprintOf } from './fingerprint.js';

const FIXTURES = new URL('../../../../test/fixtures/alertmanager/', import.meta.url);

/** The definition, in the arithmetic that it is defined in. */
function byDefinition(labels: Readonly<Record<string, string>>): string {
  const bytes = Object.entries(labels)
    .map(([name, value]) => [Buffer.from(name), Buffer.from(value)] as const)
    .sort(([a], [b]) => Buffer.compare(a, b))
    .flatMap(([name, value]) => [...name, 0xff, ...value, 0xff]);
  const hash = bytes.reduce(
    (h, byte) => ((h ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn,
    0xcbf29ce484222325n,
  );
  return hash.toString(16).padStart(16, '0');
}

describe('fingerprint', () => {
  it('is the one that Alertmanager gave every recorded alert', () => {
    const alerts = readdirSync(FIXTURES)
      .filter((file) => file.endsWith('.json') && file !== 'manifest.json')
      .flatMap((file) => JSON.parse(readFileSync(new URL(file, FIXTURES), 'utf8')).alerts);
    expect(alerts.length).toBeGreaterThan(80);
    expect(alerts.map(({ labels }) => fingerprintOf(labels))).toEqual(alerts.map(({ fingerprint }) => fingerprint));
  });

  it('of no labels is the offset basis, and a name does not run into its value', () => {
    expect(fingerprintOf({})).toBe('cbf29ce484222325');
    expect(fingerprintOf({ a: '' })).not.toBe(fingerprintOf({ '': 'a' }));
  });

  it('sorts names by bytes, not by UTF-16', () => {
    // U+1F6D2 is larger than U+FF5E, and its first UTF-16 unit is smaller.
    expect(fingerprintOf({ '\u{1f6d2}': '1', '\uff5e': '2' })).toBe(byDefinition({ '\u{1f6d2}': '1', '\uff5e': '2' }));
  });

  it('is that of the definition for any labels, in any order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), { maxLength: 6 }),
        (pairs) => {
          const labels = Object.fromEntries(pairs.filter(([name]) => name !== '__proto__'));
          expect(fingerprintOf(labels)).toBe(byDefinition(labels));
          expect(fingerprintOf(Object.fromEntries(Object.entries(labels).reverse()))).toBe(fingerprintOf(labels));
        },
      ),
    );
  });
});
