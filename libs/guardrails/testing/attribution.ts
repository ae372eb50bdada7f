import type { NearbyRelease, Stretches, WatchedGuardrail, WatchInput, WatchSpec } from '../src/watch-spec.js';
import { ALERTS, alerts, at, DELAY, delay, episode, merge, ORDERS, specOf, stream } from './watch.js';

/** Stories of what got worse and whose doing it was, for tests. */

export const MINUTE = 60;
export const OTHER = 'rel_01JD8Z5WQ00000000000000002';
export const ours = specOf([ORDERS]).release;

/** One failed order in four samples of 25: the 1 % of the baseline. */
export const healthy = (i: number) => (i % 4 === 0 ? 1 : 0);
/** Healthy up to a second, bad from then on. */
export const badFrom =
  (second: number, bad = 5) =>
  (i: number) =>
    15 * (i + 1) > second ? bad : healthy(i);

export const other = (startSeconds: number, more: Partial<NearbyRelease> = {}): NearbyRelease => ({
  release: OTHER,
  name: 'odoo-pos-7',
  workload: 'odoo-retail',
  startMs: at(startSeconds),
  endedAtMs: null,
  scope: null,
  ...more,
});
export const surroundings = (seconds: number, ...releases: readonly NearbyRelease[]): WatchInput => ({
  kind: 'surroundings',
  clockMs: at(seconds),
  releases,
});

/** Five-minute steps of 500 orders each, of which as many failed as is said, the last ending where `endSeconds` is. */
export const stretches = (endSeconds: number, ...failed: readonly number[]): Stretches => ({
  fromMs: at(endSeconds - failed.length * 300),
  stepMs: 300_000,
  sum: failed,
  n: failed.map(() => 500),
});
export const AS_USUAL = stretches(0, 5, 4, 6, 5, 5, 4);

export const watched = (more: Partial<WatchedGuardrail>, base = ORDERS): WatchedGuardrail => ({ ...base, ...more });
export const inStores = (spec: WatchSpec, ...values: readonly string[]): WatchSpec => ({
  ...spec,
  scope: { kind: 'values', dimension: 'store', values },
});
/** The same of a store: 25 orders every 15 seconds. */
export const store = (name: string, to: number, bad: (i: number) => number): WatchInput[] =>
  stream(15, to, bad).map((input) =>
    input.kind === 'observation'
      ? { ...input, observation: { ...input.observation, dimensions: { store: name } } }
      : input,
  );

/** A watch, and what is to be said in the end. */
export interface Story {
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

export const STORIES: readonly Story[] = [
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
      /^orders: it was like this already at 09:02 UTC, .*; odoo-pos-7 is blamed, which began a minute before that, and not this release$/,
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
      /^orders got worse at 09:23 UTC; odoo-pos-7 is blamed, which began a minute before that, and not this release$/,
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
    story: 'a release whose place this one took at once is not running any more: what runs now is blamed',
    inputs: merge([surroundings(0, other(-1, { endedAtMs: at(20) }))], stream(15, 20 * MINUTE, badFrom(0))),
    last: /fail act$/,
    blamed: ours,
    words: /^orders got worse at 09:12 UTC, right after this release began; /,
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
    words: /^orders got worse at 09:13 UTC, 2 minutes after this release began; it is by far the likeliest cause$/,
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
    words: /^alerts fired at 09:28 UTC; odoo-pos-7 is blamed, which began a minute before that, and not this release$/,
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
