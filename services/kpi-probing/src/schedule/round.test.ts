import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Sample } from '@parapet/signals';
import type { CursorKey } from './cursors.js';
import { MeasurementFailed, type Measure, type Window } from '@parapet/probes';
import { runRound, type RoundPorts } from './round.js';
import { Turns } from './turns.js';

const KEY: CursorKey = {
  tenant: 'acme-retail',
  environment: 'production',
  workload: 'odoo-retail',
  probe: 'shop',
  kpi: 'pos-sync',
};
const MINUTE_MS = 60_000;

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
      costs: {
        measured: () => undefined,
        failed: (_, reason) => void story.push(`failed ${reason}`),
        behind: () => undefined,
      },
      nowMs: () => shop.nowMs,
    };
  });

  test('measures the past at the first start, publishes, then moves the cursor, and waits for the next end', async () => {
    expect(await runRound(shop, KEY, ports)).toEqual({ kind: 'measured', windows: 2, pauseMs: MINUTE_MS });
    expect(story).toEqual(['8..9', '9..10', 'cursor 10']);
  });

  test('killed between publishing and the cursor, repeats the same samples under the same keys', async () => {
    isCrashing = true;
    await expect(runRound(shop, KEY, ports)).rejects.toThrow('killed');
    isCrashing = false;
    shop.nowMs += 20_000;
    await runRound(shop, KEY, ports);
    expect(story).toEqual(['8..9', '9..10', '8..9', '9..10', 'cursor 10']);
  });

  test('killed at the first start and begun again later, moves on from the present and names the rest alike', async () => {
    isCrashing = true;
    await expect(runRound(shop, KEY, ports)).rejects.toThrow('killed');
    isCrashing = false;
    shop.nowMs += MINUTE_MS;
    await runRound(shop, KEY, ports);
    expect(story).toEqual(['8..9', '9..10', '9..10', '10..11', 'cursor 11']);
  });

  test('does not move the cursor when the stream did not confirm', async () => {
    await expect(
      runRound(shop, KEY, { ...ports, publish: () => Promise.reject(new Error('no NATS')) }),
    ).rejects.toThrow('no NATS');
    expect(story).toEqual([]);
    expect(cursorMs).toBeNull();
  });

  test('after a failure says a gap, then goes on carefully, one window at a time', async () => {
    shop.failsFromMs = 9 * MINUTE_MS;
    expect(await runRound(shop, KEY, ports)).toMatchObject({ kind: 'failed', failure: { reason: 'timeout' } });
    expect(story).toEqual(['failed timeout', 'gap 10']);
    expect(await runRound(shop, KEY, ports, true)).toMatchObject({ kind: 'measured', windows: 1, pauseMs: 0 });
    expect(await runRound(shop, KEY, ports, true)).toMatchObject({ kind: 'failed' });
    shop.failsFromMs = Number.POSITIVE_INFINITY;
    await runRound(shop, KEY, ports);
    expect(story.slice(2)).toEqual(['8..9', 'cursor 9', 'failed timeout', 'gap 10', '9..10', 'cursor 10']);
  });

  test('a failure never becomes a number', async () => {
    shop.failsFromMs = 0;
    await runRound(shop, KEY, ports);
    expect(story).toEqual(['failed timeout', 'gap 10']);
    expect(cursorMs).toBeNull();
  });

  test('a long past is measured in pieces, without a pause between them', async () => {
    cursorMs = 0;
    shop.nowMs = 500 * MINUTE_MS;
    expect(await runRound(shop, KEY, ports)).toEqual({ kind: 'measured', windows: 300, pauseMs: 0 });
    expect(cursorMs).toBe(300 * MINUTE_MS);
  });

  test('a defect of ours is not taken for a silent shop', async () => {
    shop.measure = () => Promise.reject(new TypeError('undefined is not a function'));
    await expect(runRound(shop, KEY, ports)).rejects.toThrow(TypeError);
    expect(story).toEqual([]);
  });
});
