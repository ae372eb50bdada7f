import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  after,
  ask,
  type Circuit,
  CLOSED,
  FAILURES_TO_OPEN,
  type Finding,
  findingOf,
  OPEN_MS,
  OPEN_MS_MAX,
} from './breaker.js';
import { Breakers } from './breakers.js';

const NOW = 1_000_000;
const failing = (failures: number): Circuit => ({ kind: 'closed', failures });
const open = (openMs = OPEN_MS): Circuit => ({ kind: 'open', untilMs: NOW + openMs, openMs });
const half = (openMs = OPEN_MS): Circuit => ({ kind: 'half-open', openMs });

describe('a circuit', () => {
  test.each<[string, Circuit, Finding, Circuit]>([
    ['counts failures', CLOSED, 'failed', failing(1)],
    ['opens after the last of many in a row', failing(FAILURES_TO_OPEN - 1), 'failed', open()],
    ['forgets them after one answer', failing(FAILURES_TO_OPEN - 1), 'answered', CLOSED],
    ['is not moved by what says nothing of the target', failing(3), 'says-nothing', failing(3)],
    ['stays open for the answer to an older question', open(), 'failed', open()],
    ['closes when the target answers after all', open(), 'answered', CLOSED],
    ['closes when the look is answered', half(), 'answered', CLOSED],
    ['closes when the look reached the target', half(), 'says-nothing', CLOSED],
    ['opens for twice as long when the look fails', half(), 'failed', open(2 * OPEN_MS)],
    ['but not for ever longer', half(OPEN_MS_MAX), 'failed', open(OPEN_MS_MAX)],
  ])('%s', (_, circuit, finding, expected) => {
    expect(after(circuit, finding, NOW, 0)).toEqual(expected);
  });

  test('stays open up to a fifth longer by chance', () => {
    expect(after(failing(FAILURES_TO_OPEN - 1), 'failed', NOW, 0.5)).toEqual({
      ...open(),
      untilMs: NOW + OPEN_MS * 1.1,
    });
  });

  test.each<[string, Circuit, number, boolean]>([
    ['closed', failing(2), NOW, true],
    ['open', open(), NOW + OPEN_MS - 1, false],
    ['open long enough', open(), NOW + OPEN_MS, true],
    ['half open, with a look under way', half(), NOW + OPEN_MS, false],
  ])('that is %s lets a question through: %#', (_, circuit, nowMs, isGranted) => {
    expect(ask(circuit, nowMs).isGranted).toBe(isGranted);
  });

  test.each([
    ['timeout', 'failed'],
    ['unreachable', 'failed'],
    ['refused', 'failed'],
    ['defect', 'failed'],
    ['missing', 'says-nothing'],
    ['locked', 'says-nothing'],
    ['standby-conflict', 'says-nothing'],
  ] as const)('takes %s as one that %s', (reason, finding) => {
    expect(findingOf(reason)).toBe(finding);
  });
});

describe('the circuits of targets', () => {
  test('open and close by themselves, and tell each change once', () => {
    let nowMs = NOW;
    const changes: string[] = [];
    const breakers = new Breakers(
      () => nowMs,
      () => 0,
      (target, to, openMs) => void changes.push(`${target} ${to} ${openMs}`),
    );
    for (let i = 0; i < FAILURES_TO_OPEN; i++) breakers.tell('a', 'failed');
    expect([breakers.mayAsk('a'), breakers.mayAsk('b'), breakers.waitMs('a'), breakers.waitMs('b')]).toEqual([
      false,
      true,
      OPEN_MS,
      0,
    ]);
    nowMs += OPEN_MS;
    expect([breakers.mayAsk('a'), breakers.mayAsk('a')]).toEqual([true, false]);
    breakers.tell('a', 'failed');
    nowMs += 2 * OPEN_MS;
    expect(breakers.mayAsk('a')).toBe(true);
    breakers.tell('a', 'answered');
    expect(changes).toEqual([`a open ${OPEN_MS}`, `a open ${2 * OPEN_MS}`, 'a closed 0']);
  });

  test('always let a target be asked again in the end, and while open at most one at a time', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom<Finding>('answered', 'failed', 'says-nothing'), { maxLength: 60 }),
        (findings) => {
          let nowMs = NOW;
          const breakers = new Breakers(
            () => nowMs,
            () => 0.9,
            () => undefined,
          );
          for (const finding of findings) {
            nowMs += breakers.waitMs('a');
            expect(breakers.mayAsk('a')).toBe(true);
            breakers.tell('a', finding);
          }
        },
      ),
    );
  });
});
