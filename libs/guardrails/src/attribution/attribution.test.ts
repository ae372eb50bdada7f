import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { VerdictChanged } from '../events.js';
import type { NearbyRelease, Stretches, WatchedGuardrail, WatchInput, WatchSpec } from '../watch-spec.js';
import {
  ALERTS,
  alerts,
  at,
  DELAY,
  delay,
  episode,
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

const MINUTE = 60;
const OTHER = 'rel_01JD8Z5WQ00000000000000002';
const ours = specOf([ORDERS]).release;

/** One failed order in four samples of 25: the 1 % of the baseline. */
const healthy = (i: number) => (i % 4 === 0 ? 1 : 0);
/** Healthy up to a second, bad from then on. */
const badFrom =
  (second: number, bad = 5) =>
  (i: number) =>
    15 * (i + 1) > second ? bad : healthy(i);

const other = (startSeconds: number, more: Partial<NearbyRelease> = {}): NearbyRelease => ({
  release: OTHER,
  name: 'odoo-pos-7',
  workload: 'odoo-retail',
  startMs: at(startSeconds),
  endedAtMs: null,
  scope: null,
  ...more,
});
const surroundings = (seconds: number, ...releases: readonly NearbyRelease[]): WatchInput => ({
  kind: 'surroundings',
  clockMs: at(seconds),
  releases,
});

/** Five-minute steps of 500 orders each, of which as many failed as is said, the last ending where `endSeconds` is. */
const stretches = (endSeconds: number, ...failed: readonly number[]): Stretches => ({
  fromMs: at(endSeconds - failed.length * 300),
  stepMs: 300_000,
  sum: failed,
  n: failed.map(() => 500),
});
const AS_USUAL = stretches(0, 5, 4, 6, 5, 5, 4);

const watched = (more: Partial<WatchedGuardrail>, base = ORDERS): WatchedGuardrail => ({ ...base, ...more });
const inStores = (spec: WatchSpec, ...values: readonly string[]): WatchSpec => ({
  ...spec,
  scope: { kind: 'values', dimension: 'store', values },
});
/** The same of a store: 25 orders every 15 seconds. */
const store = (name: string, to: number, bad: (i: number) => number): WatchInput[] =>
  stream(15, to, bad).map((input) =>
    input.kind === 'observation'
      ? { ...input, observation: { ...input.observation, dimensions: { store: name } } }
      : input,
  );

interface Story {
  readonly story: string;
  readonly spec?: WatchSpec;
  readonly inputs: readonly WatchInput[];
  /** The last verdict: its words as the other stories write them. */
  readonly last: RegExp;
  readonly blamed: string | null;
  /** The attribution's sentence. */
  readonly words: RegExp;
  /** `kind finding` of the alternatives, in order. */
  readonly considered: readonly string[];
}

const NOTHING_ELSE = ['before not-checked', 'elsewhere not-checked', 'recurring not-checked', 'traffic ruled-out'];

const STORIES: readonly Story[] = [
  {
    story: 'one release alone is blamed, and what could not be checked is said',
    inputs: merge([surroundings(0)], stream(15, 10 * MINUTE, badFrom(120))),
    last: /^\+\d+ fail act$/,
    blamed: ours,
    words:
      /^orders got worse at 09:14 UTC, 2 minutes after this release began; nothing that was looked at speaks against it$/,
    considered: NOTHING_ELSE,
  },
  {
    story: 'where nobody told which other releases there are, that is said too',
    inputs: stream(15, 10 * MINUTE, badFrom(120)),
    last: /^\+\d+ fail act$/,
    blamed: ours,
    words: /nothing that was looked at speaks against it$/,
    considered: [...NOTHING_ELSE, 'release not-checked'],
  },
  {
    story: 'with everything checked and nothing found, all of it is ruled out',
    spec: inStores(
      specOf([
        watched({ recent: AS_USUAL, earlier: [{ daysAgo: 1, ...stretches(-86_400 + 3600, ...Array(12).fill(5)) }] }),
      ]),
      'lyon-2',
    ),
    inputs: merge([surroundings(0)], store('lyon-2', 10 * MINUTE, badFrom(0)), store('nice-1', 10 * MINUTE, healthy)),
    last: /^\+\d+ fail act$/,
    blamed: ours,
    words:
      /^orders got worse at 09:12 UTC, right after this release began; everything else that was looked at is ruled out$/,
    considered: ['before ruled-out', 'elsewhere ruled-out', 'recurring ruled-out', 'traffic ruled-out'],
  },
  {
    story: 'a payment provider that fails for everybody: the stores without the release show the same',
    spec: inStores(specOf([ORDERS]), 'lyon-2'),
    inputs: merge(
      [surroundings(0)],
      store('lyon-2', 10 * MINUTE, badFrom(120)),
      store('nice-1', 10 * MINUTE, badFrom(120)),
      store('nice-2', 10 * MINUTE, badFrom(120)),
    ),
    last: /^\+\d+ inconclusive not-attributed$/,
    blamed: null,
    words:
      /^orders got worse at 09:14 UTC, but other stores without the release show the same; this release is not blamed$/,
    considered: ['before not-checked', 'elsewhere found', 'recurring not-checked', 'traffic ruled-out'],
  },
  {
    story: 'the same where nobody is without the release: it is blamed, and that nobody could be asked is said',
    inputs: merge([surroundings(0)], stream(15, 10 * MINUTE, badFrom(120))),
    last: /fail act$/,
    blamed: ours,
    words: /nothing that was looked at speaks against it$/,
    considered: NOTHING_ELSE,
  },
  {
    story: 'a store that got no release and reports nothing proves nothing',
    spec: inStores(specOf([ORDERS]), 'lyon-2'),
    inputs: merge([surroundings(0)], store('lyon-2', 10 * MINUTE, badFrom(120))),
    last: /fail act$/,
    blamed: ours,
    words: /speaks against it$/,
    considered: NOTHING_ELSE,
  },
  {
    story: 'a canary and its stable half fail alike',
    spec: {
      ...specOf([watched({ guardrail: { ...ORDERS.guardrail, where: { arm: 'canary' } } })]),
      scope: { kind: 'percent', percent: 20 },
    },
    inputs: merge(
      [surroundings(0)],
      stream(15, 600, badFrom(60)).map((i) => withDimensions(i, { arm: 'canary' })),
      stream(15, 600, badFrom(60)).map((i) => withDimensions(i, { arm: 'stable' })),
    ),
    last: /inconclusive not-attributed$/,
    blamed: null,
    words: /but the parts without the release show the same/,
    considered: ['before not-checked', 'elsewhere found', 'recurring not-checked', 'traffic ruled-out'],
  },
  {
    story: 'it was like that before the release began',
    spec: specOf([watched({ recent: stretches(0, 5, 5, 5, 5, 90, 100) })]),
    inputs: merge(
      [surroundings(0)],
      stream(15, 10 * MINUTE, () => 5),
    ),
    last: /inconclusive not-attributed$/,
    blamed: null,
    words:
      /^orders: it was like this already at 09:02 UTC, before the release began at 09:12 UTC; this release is not blamed$/,
    considered: ['before found', 'elsewhere not-checked', 'recurring not-checked', 'traffic ruled-out'],
  },
  {
    story: 'a release that began just before that is blamed for it',
    spec: specOf([watched({ recent: stretches(0, 5, 5, 5, 5, 90, 100) })]),
    inputs: merge(
      [surroundings(0, other(-11 * MINUTE))],
      stream(15, 10 * MINUTE, () => 5),
    ),
    last: /inconclusive not-attributed$/,
    blamed: OTHER,
    words:
      /^orders: it was like this already at 09:02 UTC, .*; not this release is blamed, but odoo-pos-7, which began a minute before that$/,
    considered: [
      'before found',
      'elsewhere not-checked',
      'recurring not-checked',
      'traffic ruled-out',
      'release found',
    ],
  },
  {
    story: 'a nightly job: yesterday at this time it was as bad',
    spec: specOf([
      watched({
        recent: AS_USUAL,
        earlier: [{ daysAgo: 1, ...stretches(-86_400 + 3600, 5, 5, 95, 105, 5, 5, 5, 5, 5, 5, 5, 5) }],
      }),
    ]),
    inputs: merge([surroundings(0)], stream(15, 20 * MINUTE, badFrom(10 * MINUTE))),
    last: /inconclusive not-attributed$/,
    blamed: null,
    words:
      /^orders got worse at 09:22 UTC, but it was just as bad at this time yesterday, without this release; this release is not blamed$/,
    considered: ['before ruled-out', 'elsewhere not-checked', 'recurring found', 'traffic ruled-out'],
  },
  {
    story: 'a slow leak over an hour is blamed, with the time it began to show',
    inputs: merge(
      [surroundings(0)],
      stream(15, 60 * MINUTE, (i) => (i < 80 ? healthy(i) : Math.floor((i - 60) / 20))),
    ),
    last: /fail act$/,
    blamed: ours,
    words: /^orders got worse at 09:3\d UTC, 2\d minutes after this release began; /,
    considered: NOTHING_ELSE,
  },
  {
    story: 'a second release ten minutes later, after which it got worse: that one is blamed',
    inputs: merge(
      [surroundings(0), surroundings(10 * MINUTE, other(10 * MINUTE))],
      stream(15, 20 * MINUTE, badFrom(11 * MINUTE)),
    ),
    last: /inconclusive not-attributed$/,
    blamed: OTHER,
    words:
      /^orders got worse at 09:23 UTC; not this release is blamed, but odoo-pos-7, which began a minute before that$/,
    considered: [...NOTHING_ELSE, 'release found'],
  },
  {
    story: 'a second release ten minutes later, when it was bad already: it is not blamed',
    inputs: merge(
      [surroundings(0), surroundings(10 * MINUTE, other(10 * MINUTE))],
      stream(15, 20 * MINUTE, badFrom(8 * MINUTE, 2)),
    ),
    last: /fail act$/,
    blamed: ours,
    words: /^orders got worse at 09:20 UTC, 8 minutes after this release began; /,
    considered: [...NOTHING_ELSE, 'release ruled-out'],
  },
  {
    story: 'two releases within two minutes: nobody can tell, and nothing is rolled back',
    inputs: merge(
      [surroundings(0), surroundings(2 * MINUTE, other(2 * MINUTE))],
      stream(15, 20 * MINUTE, badFrom(3 * MINUTE)),
    ),
    last: /inconclusive not-attributed$/,
    blamed: null,
    words: /^orders got worse at 09:15 UTC; it may be this release or odoo-pos-7, and which one cannot be told$/,
    considered: [...NOTHING_ELSE, 'release possible'],
  },
  {
    story: 'once it is told that the other one had ended before it got worse, this one is blamed after all',
    inputs: merge(
      [
        surroundings(0),
        surroundings(2 * MINUTE, other(2 * MINUTE)),
        surroundings(15 * MINUTE, other(2 * MINUTE, { endedAtMs: at(150) })),
      ],
      stream(15, 20 * MINUTE, badFrom(6 * MINUTE)),
    ),
    last: /fail act$/,
    blamed: ours,
    words: /^orders got worse at 09:18 UTC, 6 minutes after this release began; /,
    considered: [...NOTHING_ELSE, 'release ruled-out'],
  },
  {
    story: 'of another workload it would have to be much more obvious',
    inputs: merge(
      [surroundings(0), surroundings(20, other(15, { workload: 'integrations' }))],
      stream(15, 20 * MINUTE, badFrom(90)),
    ),
    last: /fail act$/,
    blamed: ours,
    words: /^orders got worse at 09:13 UTC, 2 minutes after this release began; /,
    considered: [...NOTHING_ELSE, 'release possible'],
  },
  {
    story: 'a release told of too late to know what came first is not left out',
    inputs: merge(
      [surroundings(0), surroundings(8 * MINUTE, other(6 * MINUTE))],
      stream(15, 20 * MINUTE, (i) => (i >= 16 ? Number(i % 4 > 0) : healthy(i))),
    ),
    last: /inconclusive not-attributed$/,
    blamed: null,
    words: /^orders got worse at 09:1\d UTC; it may be this release or odoo-pos-7, and which one cannot be told$/,
    considered: [...NOTHING_ELSE, 'release possible'],
  },
  {
    story: 'one told of in time to know that it came after is left out',
    inputs: merge(
      [surroundings(0), surroundings(9 * MINUTE, other(9 * MINUTE))],
      stream(15, 20 * MINUTE, (i) => (i >= 16 ? Number(i % 4 > 0) : healthy(i))),
    ),
    last: /fail act$/,
    blamed: ours,
    words: /^orders got worse at 09:1\d UTC, \d minutes after this release began; /,
    considered: [...NOTHING_ELSE, 'release ruled-out'],
  },
  {
    story: 'a threshold beyond since before the other release began',
    spec: specOf([DELAY]),
    inputs: merge(
      [surroundings(0), surroundings(5 * MINUTE, other(5 * MINUTE))],
      [4, 4.5, 5, 5.5, 6, 6.5].map((minutes) => delay(minutes * MINUTE, 93)),
    ),
    last: /fail propose$/,
    blamed: ours,
    words: /^delay got worse at 09:16 UTC, 4 minutes after this release began; /,
    considered: [
      'before not-checked',
      'elsewhere not-checked',
      'recurring not-checked',
      'traffic not-checked',
      'release ruled-out',
    ],
  },
  {
    story: 'an alert that fires right after the other release began',
    spec: specOf([ALERTS]),
    inputs: [
      surroundings(0),
      alerts(0),
      surroundings(15 * MINUTE, other(15 * MINUTE)),
      alerts(16 * MINUTE, { episodes: [episode('firing', 16 * MINUTE)] }),
      { kind: 'tick', clockMs: at(18 * MINUTE) },
    ],
    last: /inconclusive not-attributed$/,
    blamed: OTHER,
    words:
      /^alerts got worse at 09:28 UTC; not this release is blamed, but odoo-pos-7, which began a minute before that$/,
    considered: [
      'before ruled-out',
      'elsewhere not-checked',
      'recurring not-checked',
      'traffic not-checked',
      'release found',
    ],
  },
];

function withDimensions(input: WatchInput, dimensions: Record<string, string>): WatchInput {
  return input.kind === 'observation' ? { ...input, observation: { ...input.observation, dimensions } } : input;
}

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
