import { describe, expect, test } from '@jest/globals';
import { attach, type Candidate } from './attach.js';
import { chanceOfLuck, percent, percents, roundNumber, wholeNumber } from './words.js';
import {
  ALERTS,
  alerts,
  at,
  delay,
  DELAY,
  episode,
  HISTORY,
  orders,
  ORDERS,
  play,
  specOf,
  stream,
  tick,
} from '../testing/watch.js';

describe('numbers in words', () => {
  test.each([
    [wholeNumber(7004), '7 004'],
    [wholeNumber(1234567), '1 234 567'],
    [wholeNumber(999), '999'],
    [percent(0.989), '98.9 %'],
    [percent(0.9995), '99.95 %'],
    [percent(1), '100 %'],
    [percent(0), '0 %'],
    [percent(0.5), '50 %'],
    [percent(0.00004), '0.004 %'],
    [percent(0.999996), '99.9996 %'],
    [percents(0.0102, 0.0104).join(' → '), '1.02 % → 1.04 %'],
    [percents(0.5, 0.504).join(' → '), '50.0 % → 50.4 %'],
    [percents(0.989, 0.941).join(' → '), '98.9 % → 94.1 %'],
    [percents(0.2, 0.2).join(' → '), '20 % → 20 %'],
    [percents(0.97, 0.852).join(' → '), '97.0 % → 85.2 %'],
    [percents(0.9999, 0.98).join(' → '), '99.99 % → 98.00 %'],
    [roundNumber(93.456), '93.5'],
    [roundNumber(12345), '12 345'],
    [chanceOfLuck(0), 'luck explains it as well'],
    [chanceOfLuck(Math.log(45)), 'chance that this is luck: under 1 in 40'],
    [chanceOfLuck(Math.log(12_000)), 'chance that this is luck: under 1 in 10 000'],
    [chanceOfLuck(5000), 'chance that this is luck: under 1 in 1 000 000'],
  ])('%s is %s', (actual, expected) => {
    expect(actual).toBe(expected);
  });
});

describe('what a shop manager reads', () => {
  const byHand = (as: 'resolved' | 'firing', seconds: number) => {
    const { alert, name } = episode('firing', seconds);
    return { alert, name, as, by: 'on-call', reason: 'the tills sell', atMs: at(seconds) };
  };
  const wordsOf = (spec: Parameters<typeof play>[0], inputs: Parameters<typeof play>[1], i = 0) =>
    play(spec, inputs).reports[i]?.words;
  const rate = {
    ...ORDERS,
    guardrail: {
      ...ORDERS.guardrail,
      test: { kind: 'rate', against: 'baseline', windows: ['before'], worseBy: 0.1, unacceptable: 3 } as const,
    },
    signal: { ...ORDERS.signal!, badDirection: 'high' as const },
  };
  test.each([
    [
      'success that fell',
      wordsOf(
        specOf([ORDERS]),
        stream(15, 300, () => 3, 50),
      ),
      /^orders fell from 99\.0 % to 94\.0 % \(60 of 1 000 failed since 09:12 UTC\); chance that this is luck: under 1 in \d[\d ]*$/,
    ],
    [
      'success as before',
      wordsOf(
        specOf([ORDERS]),
        stream(15, 300, (i) => (i % 4 === 0 ? 1 : 0)),
      ),
      /^orders is 99\.0 % \(5 of 500 failed since 09:12 UTC\), it was 99\.0 % before; no worse than is tolerated$/,
    ],
    [
      'success that fell, where earlier weeks show the least of it',
      wordsOf(
        specOf([
          {
            ...ORDERS,
            guardrail: {
              ...ORDERS.guardrail,
              test: {
                kind: 'proportion',
                against: 'baseline',
                windows: ['before', 'same-hours'],
                worseBy: 0.1,
                unacceptable: 3,
              },
            },
            baselines: [...ORDERS.baselines, { window: 'same-hours', baseline: { ...HISTORY, events: 2880 } }],
          },
        ]),
        stream(15, 300, () => 3, 50),
      ),
      /^orders fell from 98\.0 % to 94\.0 % \(60 of 1 000 failed since 09:12 UTC\), going by this time of earlier weeks; chance that this is luck: under 1 in \d[\d ]*$/,
    ],
    [
      'a rate that rose',
      wordsOf(
        specOf([rate]),
        stream(15, 300, () => 0, 25),
      ),
      /^orders rose: 500 where 5 were to be expected since 09:12 UTC; chance that this is luck: under 1 in 1 000 000$/,
    ],
    [
      'a threshold that fires',
      wordsOf(
        specOf([DELAY]),
        [15, 30, 45, 60, 75].map((s) => delay(s, 93)),
      ),
      /^delay is 93 seconds, above 60 since 09:12 UTC$/,
    ],
    [
      'a threshold that waits',
      wordsOf(specOf([DELAY]), [delay(15, 93)]),
      /^delay is 93 seconds, above 60, not yet for 60 seconds$/,
    ],
    ['a threshold in order', wordsOf(specOf([DELAY]), [delay(15, 3)]), /^delay is 3 seconds, not above 60$/],
    [
      'an alert',
      wordsOf(specOf([ALERTS]), [
        alerts(0),
        alerts(60, { episodes: [{ ...episode('firing', 60), summary: '5xx ratio 6 %' }] }),
        tick(120),
      ]),
      /^alert OdooDown fires since 09:13 UTC: 5xx ratio 6 %$/,
    ],
    [
      'an alert that a person settled as over',
      wordsOf(specOf([ALERTS]), [alerts(0), alerts(60, { settled: [byHand('resolved', 60)] }), tick(120)]),
      /: no alert fires; on-call settled OdooDown as over at 09:13 UTC: the tills sell(;|$)/,
    ],
    [
      'one that a person settled as firing, the last of several',
      wordsOf(specOf([ALERTS]), [
        alerts(0),
        alerts(60, {
          episodes: [episode('firing', 60)],
          settled: [byHand('resolved', 30), { ...byHand('firing', 60), reason: 'x'.repeat(300) }],
        }),
        tick(120),
      ]),
      /; on-call settled OdooDown and 1 more as firing at 09:13 UTC: x{199}…$/,
    ],
    [
      'one that was settled and is not of this release: nothing',
      wordsOf(specOf([ALERTS]), [
        alerts(0, { episodes: [episode('unseen', -600)] }),
        alerts(60, { settled: [byHand('resolved', 60)] }),
        tick(61),
      ]),
      /^(?!.*settled)/,
    ],
    [
      'nothing measured',
      wordsOf(specOf([ORDERS]), [tick(100)]),
      /^orders cannot be judged: nothing has been measured since the release began$/,
    ],
    [
      'nothing measured lately',
      wordsOf(specOf([ORDERS]), [orders(15, 0, 25), tick(100)]),
      /; cannot be judged: nothing has been measured lately$/,
    ],
  ])('%s', (_, words, expected) => {
    expect(words).toMatch(expected);
  });

  test('reports show a share in the direction of its signal', () => {
    const report = play(
      specOf([ORDERS]),
      stream(15, 300, () => 3, 50),
    ).reports[0];
    expect(report).toMatchObject({
      observed: 0.94,
      baseline: 0.99,
      samples: 1000,
      verdict: 'breach',
      unit: 'orders',
      signal: 'orders',
    });
    expect(report?.limit).toBeCloseTo(0.989, 9);
  });
});

describe('to which release an alert belongs', () => {
  const release = (
    name: string,
    startMs: number | null,
    liveAtMs: number | null = null,
    endedAtMs: number | null = null,
  ): Candidate => ({
    release: `rel_${name}`,
    name,
    components: ['odoo-web'],
    startMs,
    liveAtMs,
    endedAtMs,
  });
  const old = release('r1', 0, 100, 1000);
  const next = release('r2', 800, 1000);
  const to = (labels: Record<string, string>, startsAt: number, releases: readonly Candidate[] = [old, next]) => {
    const found = attach(labels, 'release', startsAt, releases);
    return found.kind === 'attached' ? found.release : found.candidates;
  };
  test.each([
    ['the one its label names', to({ release: 'r1', service: 'odoo-web' }, 900), 'rel_r1'],
    ['none where its label names nobody we know', to({ release: 'other', service: 'odoo-web' }, 900), []],
    ['the one that ran its component', to({ service: 'odoo-web' }, 500), 'rel_r1'],
    ['the one under way of two', to({ service: 'odoo-web' }, 900), 'rel_r2'],
    ['the new one once it is live', to({ service: 'odoo-web' }, 1500), 'rel_r2'],
    ['none of another component', to({ service: 'odoo-pos' }, 500), []],
    ['none before any release', to({ service: 'odoo-web' }, -1), []],
    ['none without a label', to({}, 500), []],
    [
      'none where two run, with both as candidates',
      to({ service: 'odoo-web' }, 1500, [release('a', 0, 10), release('b', 5, 20)]),
      ['rel_a', 'rel_b'],
    ],
    ['none that has not begun', to({ release: 'r3' }, 500, [release('r3', null)]), []],
  ])('%s', (_, actual, expected) => {
    expect(actual).toEqual(expected);
  });
  test('a label of an object is only a label', () => {
    expect(to({ constructor: 'x' }, 500)).toEqual([]);
  });
});
