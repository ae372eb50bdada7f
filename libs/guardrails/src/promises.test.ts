import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { startWatch, step } from './watch.js';
import type { WatchInput, WatchSpec } from './watch-spec.js';
import { allAtOnce, gapOf, type GapReason, type Kind, KINDS } from '../testing/kinds.js';
import { at, phase, play, specOf, tick } from '../testing/watch.js';

/** What holds for every test that judges samples, whatever its kind. */

const NUM_RUNS = { numRuns: 40 };
const HOUR = 3600;
const EVERY = 15;

const specFor = ({ watched }: Pick<Kind, 'watched'>): WatchSpec => specOf([watched]);

/** How bad and how busy each interval is; mostly healthy, now and then bad for a while. */
const life = fc
  .array(
    fc.tuple(
      fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 9 }) }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 6 }),
    ),
    { minLength: 3, maxLength: 14 },
  )
  .map((stretches) => stretches.flatMap(([bad, size, length]) => Array.from({ length }, () => [bad, size] as const)));
type Life = readonly (readonly [bad: number, size: number])[];

function inputsOf({ samples }: Pick<Kind, 'samples'>, lived: Life): WatchInput[] {
  return lived.flatMap(([bad, size], i) => samples(EVERY * (i + 1), bad, size));
}

/** How the guardrail stands once everything has come. */
function standing(spec: WatchSpec, inputs: readonly WatchInput[]) {
  const [report] = play(spec, inputs, false).reports;
  if (report === undefined) throw new Error('there is a guardrail');
  return report;
}

describe.each(KINDS.map((kind) => [kind.kind, kind] as const))('%s', (_, kind) => {
  const spec = specFor(kind);

  test('finds what is bad, and does not call bad what is healthy', () => {
    const during = (bad: number) =>
      play(
        spec,
        inputsOf(
          kind,
          Array.from({ length: 60 }, () => [bad, 5] as const),
        ),
        false,
      ).state.failure;
    expect(during(9)?.guilty).toEqual(['own']);
    expect(during(0)).toBeNull();
  });

  test('a restart at any sample changes nothing', () => {
    fc.assert(
      fc.property(life, fc.nat(), (lived, seed) => {
        const inputs = [phase(1, 'live'), ...inputsOf(kind, lived)];
        const restartAt = seed % inputs.length;
        let [kept, restarted] = [startWatch(spec), startWatch(spec)];
        let readBack = spec;
        inputs.forEach((input, i) => {
          if (i === restartAt) {
            readBack = JSON.parse(JSON.stringify(spec)) as WatchSpec;
            restarted = JSON.parse(JSON.stringify(restarted)) as typeof restarted;
          }
          const [a, b] = [step(spec, kept, input), step(readBack, restarted, input)];
          expect(b.said).toEqual(a.said);
          [kept, restarted] = [a.state, b.state];
        });
        expect(restarted).toEqual(kept);
        expect(JSON.parse(JSON.stringify(kept))).toEqual(kept);
      }),
      NUM_RUNS,
    );
  });

  test('a state that was left behind is as it was', () => {
    fc.assert(
      fc.property(life, (lived) => {
        let state = startWatch(spec);
        for (const input of inputsOf(kind, lived)) {
          const before = JSON.stringify(state);
          const next = step(spec, state, input).state;
          expect(JSON.stringify(state)).toBe(before);
          state = next;
        }
      }),
      { numRuns: 10 },
    );
  });

  test('the order of samples within the lateness changes nothing', () => {
    fc.assert(
      fc.property(life, fc.array(fc.nat(3), { minLength: 200, maxLength: 200 }), (lived, shifts) => {
        const inOrder = allAtOnce(inputsOf(kind, lived), EVERY * lived.length);
        const perInterval = inOrder.length / lived.length;
        // Each may come up to three intervals late; the lateness is four.
        const arrived = inOrder
          .map((input, i) => ({ input, when: Math.floor(i / perInterval) + (shifts[i % shifts.length] as number) }))
          .sort((a, b) => a.when - b.when)
          .map(({ input }) => input);
        const [a, b] = [standing(spec, inOrder), standing(spec, arrived)];
        expect(b.evidence ?? 0).toBeCloseTo(a.evidence ?? 0, 9);
        expect(b.observed ?? 0).toBeCloseTo(a.observed ?? 0, 9);
        expect([b.samples, b.coverage]).toEqual([a.samples, a.coverage]);
      }),
      NUM_RUNS,
    );
  });

  test('silence never passes and never breaches', () => {
    const reasons: readonly GapReason[] = [
      'no-series',
      'not-a-number',
      'not-finite',
      'bad-query',
      'unreachable',
      'sensor-broken',
      'too-few-samples',
      'counter-reset',
    ];
    const silence = fc.array(fc.tuple(fc.integer({ min: 1, max: 300 }), fc.option(fc.constantFrom(...reasons))), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(fc.nat(60), silence, (healthyIntervals, words) => {
        let seconds = EVERY * healthyIntervals;
        const heard = inputsOf(
          kind,
          Array.from({ length: healthyIntervals }, () => [0, 5] as const),
        );
        const unheard = words.map(([gap, reason]) => {
          seconds += gap;
          return reason === null ? tick(seconds) : gapOf(kind.watched, seconds, reason);
        });
        const played = play(spec, [phase(0, 'live'), ...heard, ...unheard, tick(seconds + 3 * HOUR)], false);
        for (const said of played.said) {
          expect(said.type === 'VerdictChanged' && ['inconclusive', 'pending'].includes(said.to)).toBe(true);
        }
        expect(played.reports.map((r) => r.verdict)).toEqual(['inconclusive']);
        expect(played.reports[0]?.reason).toBeDefined();
      }),
      NUM_RUNS,
    );
  });

  test('evidence is finite, and so is all that is remembered, whatever is measured', () => {
    const extreme = fc.constantFrom(0, 1, 3, 1e-12, 1e6, 2 ** 53);
    const number = fc.constantFrom(-1e9, -1, 0, 1e-300, 1e-6, 1, 1e6, 1e300);
    const watched = kind.samples(EVERY, 0, 1)[0];
    if (watched?.kind !== 'observation') throw new Error('a sample is an observation');
    const { value: plain } = watched.observation;
    const anyValue = fc.tuple(extreme, extreme, number).map(([a, b, x]) => {
      if (plain.kind === 'gauge') return { kind: 'gauge', value: x } as const;
      if (plain.kind === 'histogram')
        return { ...plain, counts: plain.counts.map((n, i) => (i % 2 === 0 ? a : n * b)) };
      return { kind: 'count', count: Math.min(a, b), of: b } as const;
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(anyValue, fc.boolean()), { minLength: 1, maxLength: 30 }), (values) => {
        let state = startWatch(spec);
        values.forEach(([value, isFirst], i) => {
          const samples = kind.samples(EVERY * (i + 1), 0, 1);
          const sample = isFirst ? samples[0] : samples.at(-1);
          if (sample?.kind !== 'observation') throw new Error('a sample is an observation');
          state = step(spec, state, { ...sample, observation: { ...sample.observation, value } }).state;
          const [own] = state.guardrails;
          if (own?.kind !== 'tested') throw new Error('it judges samples');
          expect(own.evidence === null || Number.isFinite(own.evidence)).toBe(true);
          expect(JSON.parse(JSON.stringify(state))).toEqual(state);
        });
        expect(state.clockMs).toBe(at(EVERY * values.length));
      }),
      NUM_RUNS,
    );
  });
});

const WITH_UNITS = KINDS.flatMap(({ inOtherUnit, ...kind }) =>
  inOtherUnit === null ? [] : [[kind.kind, kind, inOtherUnit] as const],
);

test.each(WITH_UNITS)('another unit changes nothing: %s', (_, kind, other) => {
  fc.assert(
    fc.property(life, (lived) => {
      const a = play(specFor(kind), inputsOf(kind, lived), false);
      const b = play(specFor(other), inputsOf(other, lived), false);
      expect(b.words).toEqual(a.words);
      const [one, two] = [a.reports[0], b.reports[0]];
      expect(two?.evidence ?? 0).toBeCloseTo(one?.evidence ?? 0, 7);
      expect([two?.verdict, two?.coverage]).toEqual([one?.verdict, one?.coverage]);
    }),
    NUM_RUNS,
  );
});
