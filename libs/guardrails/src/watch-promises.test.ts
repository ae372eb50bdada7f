import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { replay } from './replay.js';
import { startWatch, step } from './watch.js';
import type { WatchedGuardrail, WatchInput } from './watch-spec.js';
import {
  alerts,
  ALERTS,
  DELAY,
  delay,
  episode,
  observed,
  orders,
  ORDERS,
  phase,
  play,
  rollbackDone,
  specOf,
  stream,
  tick,
} from '../testing/watch.js';

/** One failed order in four samples of 25: the 1 % of the baseline. */
const healthy = (i: number) => (i % 4 === 0 ? 1 : 0);
const ONLY_ORDERS = specOf([ORDERS]);
const WITH = (watched: WatchedGuardrail, guardrail: Partial<WatchedGuardrail['guardrail']>): WatchedGuardrail => ({
  ...watched,
  guardrail: { ...watched.guardrail, ...guardrail },
});

describe('promises of a watch', () => {
  const spec = specOf([ORDERS, DELAY, WITH(ALERTS, { isRequired: false })], {
    durationMs: 600_000,
    extendMs: 300_000,
    recoverWithinMs: 360_000,
  });
  /** Short lives that reach every phase: good and bad traffic, gaps, alerts, phases, rollbacks, and silence in between. */
  const anyInput = (seconds: number): fc.Arbitrary<WatchInput> =>
    fc.oneof(
      {
        weight: 8,
        arbitrary: fc
          .tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 20, max: 120 }))
          .map(([bad, total]) => orders(seconds, Math.min(bad, total), total)),
      },
      { weight: 3, arbitrary: fc.constantFrom(5, 45, 93).map((value) => delay(seconds, value)) },
      {
        weight: 2,
        arbitrary: fc
          .constantFrom(Number.NaN, Number.POSITIVE_INFINITY)
          .map((value) =>
            observed(seconds, 'delay', { kind: 'gap', reason: Number.isNaN(value) ? 'not-a-number' : 'not-finite' }),
          ),
      },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          alerts(seconds),
          alerts(seconds, { episodes: [episode('firing', seconds)] }),
          alerts(seconds, { sources: 'silent' }),
        ),
      },
      { weight: 3, arbitrary: fc.constant(tick(seconds)) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          phase(seconds, 'live'),
          phase(seconds, 'deploying'),
          phase(seconds, 'failed'),
          rollbackDone(seconds),
        ),
      },
    );
  const life = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 10, maxLength: 80 }).chain((gaps) => {
    let seconds = 0;
    return fc.tuple(...gaps.map((gap) => anyInput((seconds += gap))));
  }) as fc.Arbitrary<WatchInput[]>;

  test('a restart at any input, through JSON, changes nothing', () => {
    fc.assert(
      fc.property(life, (inputs) => {
        const kept = play(spec, inputs, false);
        const restarted = play(spec, inputs, true);
        expect(restarted.said).toEqual(kept.said);
        expect(restarted.state).toEqual(JSON.parse(JSON.stringify(kept.state)));
      }),
    );
  });

  test('the evidence judged again says the same', () => {
    fc.assert(
      fc.property(life, (inputs) => {
        expect(replay(spec, inputs).map((r) => r.said)).toEqual(play(spec, inputs).said);
      }),
    );
  });

  test('ticks that changed nothing but the clock may be left out of the evidence', () => {
    fc.assert(
      fc.property(life, (inputs) => {
        let state = startWatch(spec);
        const kept = inputs.filter((input) => {
          const next = step(spec, state, input);
          const { clockMs: _, ...before } = state;
          const { clockMs: __, ...after } = next.state;
          const isIdle =
            input.kind === 'tick' && next.said.length === 0 && JSON.stringify(before) === JSON.stringify(after);
          state = next.state;
          return !isIdle;
        });
        expect(replay(spec, kept).map((r) => r.said)).toEqual(play(spec, inputs).said);
      }),
    );
  });

  test('fail stays, final is said once, and nothing is said after the end', () => {
    fc.assert(
      fc.property(life, (inputs) => {
        const verdicts = play(spec, inputs).said.flatMap((s) => (s.type === 'VerdictChanged' ? [s] : []));
        const failedAt = verdicts.findIndex((v) => v.to === 'fail');
        if (failedAt >= 0) expect(verdicts.slice(failedAt).every((v) => v.to === 'fail')).toBe(true);
        expect(verdicts.filter((v) => v.final).length).toBeLessThanOrEqual(1);
        for (const v of verdicts) expect(v.mode === 'observe').toBe(v.to !== 'fail');
      }),
    );
  });

  test('a recovery is only said of a release that failed or was rolled back, and ends once', () => {
    fc.assert(
      fc.property(life, (inputs) => {
        const said = play(spec, inputs).said;
        const ends = said.filter(
          (s) => s.type === 'RecoveryJudged' && s.actuation !== undefined && s.outcome !== 'recovering',
        );
        const rollbacks = inputs.filter((i) => i.kind === 'rollback-done').length;
        expect(ends.length).toBeLessThanOrEqual(rollbacks);
      }),
    );
  });

  test('silence never passes and never breaches', () => {
    const gaps = [
      'no-series',
      'not-a-number',
      'not-finite',
      'bad-query',
      'unreachable',
      'sensor-broken',
      'too-few-samples',
    ] as const;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 300 }), fc.option(fc.constantFrom(...gaps))), { maxLength: 60 }),
        (words) => {
          let seconds = 0;
          const inputs = words.map(([gap, reason]) => {
            seconds += gap;
            return reason === null ? tick(seconds) : observed(seconds, 'orders', { kind: 'gap', reason });
          });
          const played = play(specOf([ORDERS, DELAY]), [phase(0, 'live'), ...inputs, tick(20_000)]);
          for (const said of played.said) expect(said.type === 'VerdictChanged' && said.to).toBe('inconclusive');
          expect(played.reports.every((r) => r.verdict === 'inconclusive')).toBe(true);
        },
      ),
    );
  });

  test('a pass rests on enough covered time, and on evidence that nothing is unacceptably worse', () => {
    fc.assert(
      fc.property(life, (inputs) => {
        for (const said of play(spec, inputs).said) {
          if (said.type !== 'VerdictChanged' || said.to !== 'pass') continue;
          for (const report of said.guardrails.filter((r) => r.name !== 'alerts')) {
            expect(report.verdict).toBe('pass');
            expect(report.coverage).toBeGreaterThanOrEqual(0.75);
            expect(report.samples).toBeGreaterThan(0);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test('the order of samples within the lateness changes neither evidence nor counts', () => {
    const samples = stream(15, 300, (i) => i % 3);
    fc.assert(
      fc.property(fc.array(fc.nat(3), { minLength: samples.length, maxLength: samples.length }), (shifts) => {
        const shuffled = samples
          .map((s, i) => ({ s, key: i + (shifts[i] as number) }))
          .sort((a, b) => a.key - b.key)
          .map(({ s }) => s);
        const last = Math.max(...samples.map((s) => s.clockMs));
        // The clock is that of arrival; the samples' own times stay.
        const arrived = shuffled.map((s, i) => ({ ...s, clockMs: (samples[i] as WatchInput).clockMs }));
        const [a, b] = [play(ONLY_ORDERS, samples), play(ONLY_ORDERS, arrived)].map(
          (p) => step(ONLY_ORDERS, p.state, { kind: 'tick', clockMs: last }).reports()[0],
        );
        expect(b?.evidence).toBeCloseTo(a?.evidence as number, 9);
        expect([b?.samples, b?.observed]).toEqual([a?.samples, a?.observed]);
      }),
    );
  });

  test('the memory of a watch does not grow with its length', () => {
    const short = play(ONLY_ORDERS, stream(15, 600, healthy));
    const long = play(ONLY_ORDERS, stream(15, 86_400, healthy), false);
    expect(JSON.stringify(long.state).length).toBeLessThan(2 * JSON.stringify(short.state).length);
  });
});
