import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { type Measure, MeasurementFailed } from '@parapet/probes';
import { Breakers } from './breakers.js';
import { ProbeLoop } from './loop.js';
import { Turns } from './turns.js';

const KEY = { tenant: 't', environment: 'e', workload: 'w', probe: 'p', kpi: 'k' };

test('what a probe finds besides numbers is told when it changes, and not again', async () => {
  const story: string[] = [];
  // What each look finds, one after the other; null is a failure, about which the loop says something of its own.
  const found: (readonly string[] | null)[] = [
    [],
    ['step cart: a'],
    ['step cart: a'],
    null,
    ['step cart: a'],
    ['step cart: b'],
    [],
  ];
  let cursorMs = 0;
  const measure: Measure = {
    kpi: 'k',
    target: 'shop',
    rhythm: { everyMs: 1, delayMs: 0, backfillMs: 1 },
    asOf: async () => cursorMs + 1,
    measure: async (windows) => {
      const notes = found.shift();
      if (notes === undefined) return { measurements: [], rows: 0 };
      if (notes === null) throw new MeasurementFailed('timeout', 'too slow');
      const measurements = windows.map((window) => ({ window, samples: [], isTruncated: false }));
      return { measurements, rows: 1, notes };
    },
    gaps: () => [],
  };
  const ports = {
    cursors: { read: async () => cursorMs, advance: async (_: unknown, toMs: number) => void (cursorMs = toMs) },
    publish: async () => undefined,
    turns: new Turns(),
    breakers: new Breakers(
      () => 0,
      () => 0,
      () => undefined,
    ),
    costs: { measured: () => undefined, failed: () => undefined, leftAlone: () => undefined, behind: () => undefined },
    nowMs: () => 0,
  };
  const log = {
    info: (text: string, { notes }: Readonly<Record<string, unknown>>) =>
      void story.push(Array.isArray(notes) ? `${text}: ${notes.join('; ')}` : text),
    warn: (text: string) => void story.push(text),
  };
  const loop = new ProbeLoop(measure, KEY, ports, log, () => 0, 1);
  for (const endMs = Date.now() + 10_000; found.length > 0 && Date.now() < endMs; ) await turn();
  await loop.stop();
  expect(story).toEqual([
    'found besides numbers: step cart: a',
    'could not measure',
    'measures again',
    'found besides numbers: step cart: b',
    'found besides numbers: ',
  ]);
});
