import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Sample } from '@parapet/signals';
import type { CursorKey } from './cursors.js';
import { MeasurementFailed, type Measure, presentMeasure, type Window } from '@parapet/probes';
import { FAILURES_TO_OPEN, OPEN_MS } from './breaker.js';
import { Breakers } from './breakers.js';
import { type Care, runRound, type RoundPorts } from './round.js';
import { Turns } from './turns.js';

const KEY: CursorKey = {
  tenant: 'acme-retail',
  environment: 'production',
  workload: 'odoo-retail',
  probe: 'shop',
  kpi: 'pos-sync',
};
const MINUTE_MS = 60_000;
const CARE: Care = { perTarget: 1, isCareful: false };
const CAREFUL: Care = { ...CARE, isCareful: true };

/** A target whose clock and troubles the test holds. */
class FakeShop implements Measure {
  readonly kpi = 'pos-sync';
  readonly target = 'shop';
  readonly rhythm = { everyMs: MINUTE_MS, delayMs: 0, backfillMs: 2 * MINUTE_MS };
  nowMs = 10 * MINUTE_MS;
  failsFromMs = Number.POSITIVE_INFINITY;

  async asOf(): Promise<number> {
    return this.nowMs;
  }

  async measure(windows: readonly Window[]) {
    const measurements = windows.map((window) => {
      const { fromMs, toMs } = window;
      if (fromMs >= this.failsFromMs)
        throw new MeasurementFailed('timeout', 'canceling statement due to statement timeout');
      return { window, samples: [sampleAt(toMs, `${fromMs / MINUTE_MS}..${toMs / MINUTE_MS}`)], isTruncated: false };
    });
    return { measurements, rows: 3 };
  }

  gaps(toMs: number): readonly Sample[] {
    return [sampleAt(toMs, `gap ${toMs / MINUTE_MS}`)];
  }
}

function sampleAt(atMs: number, key: string): Sample {
  return { signal: 's', atMs, value: { kind: 'gauge', value: 1 }, dimensions: {}, key };
}

describe('a round', () => {
  let shop: FakeShop;
  let cursorMs: number | null;
  let story: string[];
  let ports: RoundPorts;
  let isCrashing: boolean;

  beforeEach(() => {
    shop = new FakeShop();
    cursorMs = null;
    story = [];
    isCrashing = false;
    ports = {
      cursors: {
        read: async () => cursorMs,
        advance: async (_, toMs) => {
          if (isCrashing) throw new Error('killed before the cursor moved');
          story.push(`cursor ${toMs / MINUTE_MS}`);
          cursorMs = toMs;
        },
      },
      publish: async (_, samples) => void story.push(...samples.map(({ key }) => key)),
      turns: new Turns(),
      breakers: new Breakers(
        () => shop.nowMs,
        () => 0,
        (_, to) => void story.push(`circuit ${to}`),
      ),
      costs: {
        measured: () => undefined,
        failed: (_, reason) => void story.push(`failed ${reason}`),
        leftAlone: () => void story.push('left alone'),
        behind: () => undefined,
      },
      nowMs: () => shop.nowMs,
    };
  });

  test('measures the past at the first start, publishes, then moves the cursor, and waits for the next end', async () => {
    expect(await runRound(shop, KEY, ports, CARE)).toEqual({
      kind: 'measured',
      windows: 2,
      pauseMs: MINUTE_MS,
      notes: [],
    });
    expect(story).toEqual(['8..9', '9..10', 'cursor 10']);
  });

  test('killed between publishing and the cursor, repeats the same samples under the same keys', async () => {
    isCrashing = true;
    await expect(runRound(shop, KEY, ports, CARE)).rejects.toThrow('killed');
    isCrashing = false;
    shop.nowMs += 20_000;
    await runRound(shop, KEY, ports, CARE);
    expect(story).toEqual(['8..9', '9..10', '8..9', '9..10', 'cursor 10']);
  });

  test('killed at the first start and begun again later, moves on from the present and names the rest alike', async () => {
    isCrashing = true;
    await expect(runRound(shop, KEY, ports, CARE)).rejects.toThrow('killed');
    isCrashing = false;
    shop.nowMs += MINUTE_MS;
    await runRound(shop, KEY, ports, CARE);
    expect(story).toEqual(['8..9', '9..10', '9..10', '10..11', 'cursor 11']);
  });

  test('does not move the cursor when the stream did not confirm', async () => {
    await expect(
      runRound(shop, KEY, { ...ports, publish: () => Promise.reject(new Error('no NATS')) }, CARE),
    ).rejects.toThrow('no NATS');
    expect(story).toEqual([]);
    expect(cursorMs).toBeNull();
  });

  test('after a failure says a gap, then goes on carefully, one window at a time', async () => {
    shop.failsFromMs = 9 * MINUTE_MS;
    expect(await runRound(shop, KEY, ports, CARE)).toMatchObject({ kind: 'failed', failure: { reason: 'timeout' } });
    expect(story).toEqual(['failed timeout', 'gap 10']);
    expect(await runRound(shop, KEY, ports, CAREFUL)).toMatchObject({ kind: 'measured', windows: 1, pauseMs: 0 });
    expect(await runRound(shop, KEY, ports, CAREFUL)).toMatchObject({ kind: 'failed' });
    shop.failsFromMs = Number.POSITIVE_INFINITY;
    await runRound(shop, KEY, ports, CARE);
    expect(story.slice(2)).toEqual(['8..9', 'cursor 9', 'failed timeout', 'gap 10', '9..10', 'cursor 10']);
  });

  test('a failure never becomes a number', async () => {
    shop.failsFromMs = 0;
    await runRound(shop, KEY, ports, CARE);
    expect(story).toEqual(['failed timeout', 'gap 10']);
    expect(cursorMs).toBeNull();
  });

  test('a long past is measured in pieces, without a pause between them', async () => {
    cursorMs = 0;
    shop.nowMs = 500 * MINUTE_MS;
    expect(await runRound(shop, KEY, ports, CARE)).toEqual({ kind: 'measured', windows: 300, pauseMs: 0, notes: [] });
    expect(cursorMs).toBe(300 * MINUTE_MS);
  });

  test('a defect of ours is not taken for a silent shop', async () => {
    shop.measure = () => Promise.reject(new TypeError('undefined is not a function'));
    await expect(runRound(shop, KEY, ports, CARE)).rejects.toThrow(TypeError);
    expect(story).toEqual([]);
  });

  test('after many failures in a row leaves its target alone, says so each time, looks once, and goes on', async () => {
    cursorMs = 9 * MINUTE_MS;
    shop.failsFromMs = 0;
    for (let i = 0; i < FAILURES_TO_OPEN; i++) await runRound(shop, KEY, ports, CAREFUL);
    expect(story.slice(-3)).toEqual(['circuit open', 'failed timeout', 'gap 10']);
    story = [];
    let asked = 0;
    const { asOf } = shop;
    shop.asOf = () => (asked++, asOf.call(shop));
    expect(await runRound(shop, KEY, ports, CAREFUL)).toEqual({ kind: 'left-alone', pauseMs: OPEN_MS });
    expect([story, asked]).toEqual([['left alone', 'gap 10/circuit-open'], 0]);
    shop.failsFromMs = Number.POSITIVE_INFINITY;
    shop.nowMs += OPEN_MS;
    expect(await runRound(shop, KEY, ports, CAREFUL)).toMatchObject({ kind: 'measured', windows: 1 });
    expect(story.slice(2)).toEqual(['circuit closed', '9..10', 'cursor 10']);
  });

  test('a target that shows only the present is left alone just the same: no round passes without a look', async () => {
    const present = presentMeasure({
      probe: 'odoo-retail/page',
      kpi: KEY.kpi,
      target: 'page',
      everyMs: MINUTE_MS,
      nowMs: () => shop.nowMs,
      signals: ['s'],
      look: async () => {
        throw new MeasurementFailed('unreachable', 'connect ECONNREFUSED');
      },
    });
    // It was measured before: the oldest window that is missing is long past.
    cursorMs = 9 * MINUTE_MS;
    const outcomes: string[] = [];
    for (let n = 0; n <= FAILURES_TO_OPEN; n++) {
      outcomes.push((await runRound(present, KEY, ports, n === 0 ? CARE : CAREFUL)).kind);
      shop.nowMs += n < FAILURES_TO_OPEN - 1 ? 5 * MINUTE_MS : 0;
    }
    expect(outcomes).toEqual([...Array.from({ length: FAILURES_TO_OPEN }, () => 'failed'), 'left-alone']);
    expect(story).toContain('circuit open');
  });

  test('the gap of a target left alone says why', async () => {
    cursorMs = 9 * MINUTE_MS;
    shop.failsFromMs = 0;
    const published: Sample[] = [];
    const listening: RoundPorts = { ...ports, publish: async (_, samples) => void published.push(...samples) };
    for (let i = 0; i <= FAILURES_TO_OPEN; i++) await runRound(shop, KEY, listening, CAREFUL);
    expect(published.at(-1)?.value).toEqual({ kind: 'gap', reason: 'circuit-open' });
  });

  test('costs what the target was busy, not what waiting for a turn took', async () => {
    const costs: number[] = [];
    const turns = new Turns();
    const first = turns.take('shop', 1, () =>
      new Promise<void>((resolve) => setImmediate(resolve)).then(() => void (shop.nowMs += MINUTE_MS)),
    );
    const measuring: RoundPorts = {
      ...ports,
      turns,
      costs: { ...ports.costs, measured: (_, { ms }) => void costs.push(ms) },
    };
    await Promise.all([first, runRound(shop, KEY, measuring, CARE)]);
    expect(costs).toEqual([0]);
  });
});
