import { describe, expect, it } from '@jest/globals';
import { decodeSignalBatch, encodeSignalBatch } from '@parapet/contracts';
import fc from 'fast-check';
import { mangled } from '../../test/mangled.js';
import { handIn } from '../../test/outside.js';
import { alertmanagerDoor } from '../alertmanager/door.js';
import { samplesDoor } from '../samples/door.js';

const STATUSES = [400, 413, 422];

describe.each([
  ['alertmanager', alertmanagerDoor],
  ['samples', samplesDoor()],
] as const)('whatever the door of %s is handed', (name, door) => {
  it('it is taken or refused with a reason, and what is taken can be read back', () => {
    const ends = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(mangled(name), (body) => {
        const { taken, refusal } = handIn(door, body);
        ends[taken === null ? 'refused' : 'taken']++;
        if (refusal !== null) {
          expect(STATUSES).toContain(refusal.status);
          expect(refusal.detail).not.toBe('');
          expect(refusal.field ?? '').toMatch(/^(\/|$)/);
        }
        for (const batch of taken?.batches ?? []) {
          // Compared as text: a map without prototype is not equal to one with.
          expect(JSON.stringify(decodeSignalBatch(encodeSignalBatch(batch)))).toBe(JSON.stringify(batch));
        }
      }),
      { numRuns: 2_500 },
    );
    // Shaped so that both ends are reached; without that nothing was tried.
    expect(Math.min(...Object.values(ends))).toBeGreaterThan(40);
  });
});
