import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { VerdictChanged } from '../events.js';
import type { WatchInput } from '../watch-spec.js';
import {
  badFrom,
  healthy,
  inStores,
  MINUTE,
  other,
  STORIES,
  store,
  stretches,
  surroundings,
  watched,
} from '../../testing/attribution.js';
import {
  at,
  HISTORY,
  merge,
  observed,
  ORDERS,
  phase,
  play,
  SECOND,
  specOf,
  START,
  stream,
} from '../../testing/watch.js';

const verdictsOf = (played: ReturnType<typeof play>) =>
  played.said.filter((said): said is Omit<VerdictChanged, 'evidence'> => said.type === 'VerdictChanged');

describe('whose doing it is', () => {
  test.each(STORIES)('$story', ({ spec = specOf([ORDERS]), inputs, last, blamed, words, considered }) => {
    const played = play(spec, inputs);
    const verdict = verdictsOf(played).at(-1);
    expect(played.words.filter((word) => !word.includes('recover')).at(-1)).toMatch(last);
    expect(verdict?.attribution?.blamed ?? null).toBe(blamed);
    expect(verdict?.attribution?.words).toMatch(words);
    expect(verdict?.attribution?.alternatives.map(({ kind, finding }) => `${kind} ${finding}`)).toEqual(considered);
    if (verdict?.to === 'inconclusive') expect(verdict.words).toBe(verdict.attribution?.words);
  });
});

describe('a promotion that multiplies the traffic by five', () => {
  const VOLUME = { signal: 'orders-volume', intervalMs: 15_000, usual: { before: 1 } } as const;
  const errors = watched({
    guardrail: {
      ...ORDERS.guardrail,
      volume: 'orders-volume',
      test: { kind: 'rate', against: 'baseline', windows: ['before'], worseBy: 0.1, unacceptable: 3 },
    },
    signal: { ...ORDERS.signal!, badDirection: 'high' },
    // Six errors an hour: the exposure is seconds, whatever the traffic.
    baselines: [{ window: 'before', baseline: { ...HISTORY, events: 144, exposure: 86_400 } }],
  });
  const spec = { ...specOf([errors]), volumes: [VOLUME] };
  const minute = (seconds: number, errorCount: number, ordersCount: number): WatchInput[] => [
    observed(seconds, 'orders-volume', { kind: 'count', count: ordersCount, of: ordersCount }),
    observed(seconds, 'orders', { kind: 'count', count: errorCount, of: 15 }),
  ];
  const quarters = Array.from({ length: 480 }, (_, i) => 15 * (i + 1));

  test('a share of failed orders is no worse for it, and passes', () => {
    const played = play(
      specOf([ORDERS]),
      merge(
        [phase(0, 'live'), surroundings(0)],
        stream(15, 60 * MINUTE, (i) => (i % 4 === 0 ? 5 : 0), 125),
      ),
    );
    expect(played.words).toEqual(['+3600 pass final']);
    expect(verdictsOf(played).at(-1)?.attribution).toBeUndefined();
  });

  test('errors by the minute rise with it: the traffic explains them, and nobody is blamed', () => {
    const played = play(
      spec,
      quarters.flatMap((s, i) => minute(s, i % 8 === 0 ? 1 : 0, 75)),
    );
    expect(played.words[0]).toMatch(/inconclusive not-attributed$/);
    expect(verdictsOf(played)[0]?.attribution).toMatchObject({
      words:
        'orders got worse at 09:12 UTC, but traffic is 5 times the usual, and that explains all of it; this release is not blamed',
      alternatives: expect.arrayContaining([expect.objectContaining({ kind: 'traffic', finding: 'found' })]),
    });
    expect(played.words.some((word) => word.includes('fail'))).toBe(false);
  });

  test('more errors than the traffic explains are blamed as soon as that can be told', () => {
    const played = play(
      spec,
      quarters.flatMap((s) => minute(s, 1, 75)),
    );
    expect(played.words.slice(0, 2)).toEqual(['+60 inconclusive not-attributed', '+90 fail act']);
    expect(verdictsOf(played)[1]?.attribution?.alternatives[3]).toEqual({
      kind: 'traffic',
      finding: 'ruled-out',
      words: 'traffic is 5 times the usual, and that does not explain all of it',
    });
  });
});

describe('what is like that at this time of any week', () => {
  const asBad = { ...HISTORY, fromMs: START - 7 * 86_400_000, toMs: START - 7 * 86_400_000 + 3_600_000 };
  const twoWindows = (events: number) =>
    specOf([
      watched({
        guardrail: {
          ...ORDERS.guardrail,
          test: { ...ORDERS.guardrail.test, windows: ['before', 'same-hours'] } as never,
        },
        baselines: [
          { window: 'before', baseline: HISTORY },
          { window: 'same-hours', baseline: { ...asBad, events, exposure: 6000 } },
        ],
      }),
    ]);

  test('is no evidence against the release, and is named where the time before it alone would have been', () => {
    const played = play(
      twoWindows(1200),
      merge(
        [phase(0, 'live'), surroundings(0)],
        stream(15, 60 * MINUTE, () => 5),
      ),
    );
    expect(played.words.some((word) => word.includes('fail'))).toBe(false);
    const attribution = verdictsOf(played).at(-1)?.attribution;
    expect(attribution?.blamed).toBeUndefined();
    expect(attribution?.words).toBe(
      'orders got worse at 09:12 UTC, but it was just as bad in the same hours of earlier weeks, without this release; this release is not blamed',
    );
  });

  test('is ruled out where those weeks were better', () => {
    const played = play(
      twoWindows(60),
      merge(
        [surroundings(0)],
        stream(15, 10 * MINUTE, () => 5),
      ),
    );
    expect(verdictsOf(played)[0]?.attribution?.alternatives[2]).toMatchObject({
      kind: 'recurring',
      finding: 'ruled-out',
    });
  });
});

describe('against a control', () => {
  const control = watched({
    guardrail: {
      ...ORDERS.guardrail,
      test: {
        kind: 'proportion',
        against: 'control',
        control: { kind: 'rest', dimension: 'store', released: ['lyon-2'] },
        worseBy: 0.1,
        unacceptable: 3,
      },
    },
  });
  const inputs = (more: readonly WatchInput[]) =>
    merge(more, store('lyon-2', 15 * MINUTE, badFrom(5 * MINUTE)), store('nice-1', 15 * MINUTE, healthy));
  const spec = inStores(specOf([control]), 'lyon-2');

  test('what the others do not show is not theirs, nor the hour’s, nor the traffic’s', () => {
    const verdict = verdictsOf(play(spec, inputs([surroundings(0)]))).at(-1);
    expect(verdict?.to).toBe('fail');
    expect(verdict?.attribution?.words).toMatch(/^orders got worse at 09:17 UTC, 5 minutes after this release began; /);
    expect(verdict?.attribution?.alternatives.map(({ kind, finding }) => `${kind} ${finding}`)).toEqual([
      'before not-checked',
      'elsewhere ruled-out',
      'recurring ruled-out',
      'traffic ruled-out',
    ]);
  });

  test.each([
    ['one that reached everything', other(5 * MINUTE), 'release ruled-out', 'fail'],
    [
      'one in other stores',
      other(5 * MINUTE, { scope: { kind: 'values', dimension: 'store', values: ['nice-1'] } }),
      'release ruled-out',
      'fail',
    ],
    [
      'one in the same store is suspected',
      other(4 * MINUTE, { scope: { kind: 'values', dimension: 'store', values: ['lyon-2'] } }),
      'release possible',
      'inconclusive',
    ],
  ])('%s', (_, nearby, considered, to) => {
    const verdict = verdictsOf(play(spec, inputs([surroundings(0), surroundings(5 * MINUTE, nearby)]))).at(-1);
    expect(verdict?.to).toBe(to);
    expect(verdict?.attribution?.alternatives.map(({ kind, finding }) => `${kind} ${finding}`)).toContain(considered);
  });

  test('a store that was bad before it got the release is not the release’s doing', () => {
    const verdict = verdictsOf(
      play(
        inStores(specOf([{ ...control, recent: stretches(0, 5, 5, 100, 100, 100, 100) }]), 'lyon-2'),
        merge(
          [surroundings(0)],
          store('lyon-2', 15 * MINUTE, () => 5),
          store('nice-1', 15 * MINUTE, healthy),
        ),
      ),
    ).at(-1);
    expect(verdict?.reason).toBe('not-attributed');
    expect(verdict?.attribution?.words).toMatch(/^orders: it was like this already at 08:5\d UTC, before /);
  });
});

describe('more than one guardrail', () => {
  const SECOND_ORDERS = watched({ guardrail: { ...ORDERS.guardrail, name: 'payments', signal: 'payments' } });
  test('what is this release’s doing fails it; what is not is said beside it, and leads nothing', () => {
    const spec = specOf([{ ...SECOND_ORDERS, recent: stretches(0, 100, 100) }, ORDERS]);
    const played = play(
      spec,
      merge(
        [surroundings(0)],
        stream(15, 20 * MINUTE, () => 5).map((input) =>
          input.kind === 'observation'
            ? { ...input, observation: { ...input.observation, signal: 'payments' } }
            : input,
        ),
        stream(15, 20 * MINUTE, badFrom(5 * MINUTE)),
      ),
    );
    const [first, second] = verdictsOf(played);
    expect([first?.to, first?.reason]).toEqual(['inconclusive', 'not-attributed']);
    expect(second?.to).toBe('fail');
    expect(played.state.failure?.leader).toBe('orders');
    expect(second?.attribution?.words).toMatch(/^orders got worse at 09:17 UTC/);
    expect(second?.attribution?.alternatives.at(-1)?.words).toMatch(/^payments: it was like this already at 09:02/);
  });

  test('a failure that may only be proposed is no reason to act on somebody else’s doing', () => {
    const proposed = watched({ guardrail: { ...SECOND_ORDERS.guardrail, mode: 'propose' } });
    const spec = specOf([proposed, ORDERS]);
    const inputs = (more: readonly WatchInput[]) =>
      merge(
        [surroundings(0), ...more],
        stream(15, 30 * MINUTE, badFrom(60)).map((input) =>
          input.kind === 'observation'
            ? { ...input, observation: { ...input.observation, signal: 'payments' } }
            : input,
        ),
        stream(15, 30 * MINUTE, badFrom(21 * MINUTE)),
      );
    const modes = (more: readonly WatchInput[]) => verdictsOf(play(spec, inputs(more))).map(({ mode }) => mode);
    expect(modes([])).toEqual(['propose', 'act']);
    expect(modes([surroundings(20 * MINUTE, other(20 * MINUTE))])).toEqual(['propose']);
  });
});

describe('promises', () => {
  const failures = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 40, maxLength: 80 });
  const releases = fc.array(
    fc.record({ start: fc.integer({ min: -1800, max: 1200 }), length: fc.option(fc.integer({ min: 60, max: 1200 })) }),
    { maxLength: 3 },
  );
  const told = (all: readonly { readonly start: number; readonly length: number | null }[]): WatchInput[] =>
    all.map((_, i) =>
      surroundings(
        Math.max(0, ...all.slice(0, i + 1).map(({ start }) => start)),
        ...all
          .slice(0, i + 1)
          .map(({ start, length }, n) =>
            other(start, { release: `rel_${n}`, endedAtMs: length === null ? null : at(start + length) }),
          ),
      ),
    );
  const failedAt = (played: ReturnType<typeof play>) => played.state.failure?.sinceMs ?? Number.POSITIVE_INFINITY;

  test('whatever is known of others can only take blame away, never add it or hasten it', () => {
    fc.assert(
      fc.property(
        failures,
        failures,
        releases,
        fc.option(fc.integer({ min: 0, max: 120 })),
        (bad, elsewhere, all, recent) => {
          const own = store('lyon-2', bad.length * 15, (i) => bad[i] as number);
          const spec = inStores(
            specOf([recent === null ? ORDERS : watched({ recent: stretches(0, 5, recent, recent) })]),
            'lyon-2',
          );
          const others = store('nice-1', elsewhere.length * 15, (i) => elsewhere[i] as number);
          const plain = play(specOf([ORDERS]), merge(own, others), false);
          expect(failedAt(play(spec, merge(told(all), own, others), false))).toBeGreaterThanOrEqual(failedAt(plain));
        },
      ),
      { numRuns: 30 },
    );
  });

  test('a release that began when it was clearly bad already changes no word', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 120, max: 900 }),
        fc.integer({ min: 2, max: 6 }),
        (onset, later, bad) => {
          const inputs = stream(15, (onset + 20) * MINUTE, badFrom(onset * MINUTE, bad));
          const start = onset * MINUTE + later;
          const without = play(specOf([ORDERS]), merge([surroundings(0)], inputs), false);
          const withIt = play(
            specOf([ORDERS]),
            merge([surroundings(0), surroundings(start, other(start))], inputs),
            false,
          );
          expect(withIt.words).toEqual(without.words);
          expect(verdictsOf(withIt).map(({ attribution }) => attribution?.blamed)).toEqual(
            verdictsOf(without).map(({ attribution }) => attribution?.blamed),
          );
        },
      ),
      { numRuns: 30 },
    );
  });

  test('the order in which samples come within their lateness changes nothing', () => {
    fc.assert(
      fc.property(
        failures,
        releases,
        fc.array(fc.integer({ min: 0, max: 44 }), { minLength: 80, maxLength: 80 }),
        (bad, all, delays) => {
          const own = store('lyon-2', bad.length * 15, (i) => bad[i] as number);
          const late = own
            .map((input, i) => ({ ...input, clockMs: input.clockMs + (delays[i] as number) * SECOND }))
            .sort((a, b) => a.clockMs - b.clockMs);
          const spec = inStores(specOf([ORDERS]), 'lyon-2');
          const [a, b] = [own, late].map((inputs) => play(spec, merge([...told(all), ...inputs]), false));
          expect(b?.state.attribution).toEqual(a?.state.attribution);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('what is kept stays small, however long it lasts and however many others there are', () => {
    const many = Array.from({ length: 60 }, (_, i) => other(30 * i, { release: `rel_${i}`, name: `r${i}` }));
    const played = play(
      specOf([ORDERS]),
      merge(
        many.map((_, i) => surroundings(30 * i, ...many.slice(0, i + 1))),
        stream(15, 4 * 60 * MINUTE, healthy),
      ),
      false,
    );
    const { attribution } = played.state;
    expect(attribution.nearby).toHaveLength(16);
    expect(attribution.nearbyLeftOut).toBe(44);
    expect(JSON.stringify(attribution.traces).length).toBeLessThan(6000);
  });
});
