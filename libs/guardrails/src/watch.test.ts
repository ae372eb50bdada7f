import { describe, expect, test } from '@jest/globals';
import type { WatchedGuardrail, WatchInput, WatchSpec } from './watch-spec.js';
import {
  alerts,
  ALERTS,
  at,
  DELAY,
  delay,
  episode,
  merge,
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
const broken = () => 3;
const HOUR = 3600;

const ONLY_ORDERS = specOf([ORDERS]);
const WITH = (watched: WatchedGuardrail, guardrail: Partial<WatchedGuardrail['guardrail']>): WatchedGuardrail => ({
  ...watched,
  guardrail: { ...watched.guardrail, ...guardrail },
});

const STORIES: readonly { story: string; spec?: WatchSpec; inputs: readonly WatchInput[]; words: readonly string[] }[] =
  [
    {
      story: 'a healthy release passes when its watch is over, not before',
      inputs: merge([phase(60, 'live')], stream(15, HOUR + 120, healthy)),
      words: ['+3660 pass final'],
    },
    {
      story: 'the duration counts from live, the evidence from the first deploying',
      inputs: merge([phase(1800, 'live')], stream(15, 1800 + HOUR, healthy)),
      words: ['+5400 pass final'],
    },
    {
      story: 'a degradation fails the release within minutes, and the verdict stays',
      inputs: merge(
        [phase(60, 'live')],
        stream(15, 600, broken),
        stream(615, HOUR + 60, () => 0),
      ),
      words: ['+45 fail act', '+750 recovering', '+1545 recovered', '+3660 fail act final'],
    },
    {
      story: 'it fails while deploying as well',
      inputs: stream(15, 600, broken),
      words: ['+45 fail act'],
    },
    {
      story: 'a guardrail that may only propose does not make it act',
      spec: specOf([WITH(ORDERS, { mode: 'propose' })]),
      inputs: stream(15, 600, broken),
      words: ['+45 fail propose'],
    },
    {
      story: 'a guardrail that only observes is judged and never counted',
      spec: specOf([WITH(ORDERS, { mode: 'observe', isRequired: false })]),
      inputs: merge([phase(60, 'live')], stream(15, HOUR + 60, broken)),
      words: ['+3660 pass final'],
    },
    {
      story: 'nothing measured since the release began: inconclusive after the time that is stale',
      inputs: [tick(60), tick(61), tick(4000)],
      words: ['+61 inconclusive no-telemetry'],
    },
    {
      story: 'a signal that goes quiet: inconclusive, and pending again when it is back',
      inputs: merge(stream(15, 300, healthy), [tick(360), tick(361)], stream(600, 645, healthy)),
      words: ['+361 inconclusive stale', '+600 pending'],
    },
    {
      story: 'a sensor that says why it has no value gives its reason',
      inputs: merge(stream(15, 30, healthy), [
        observed(45, 'orders', { kind: 'gap', reason: 'unreachable' }),
        tick(100),
      ]),
      words: ['+100 inconclusive sensor-broken'],
    },
    {
      story: 'a stale guardrail that is not required does not trouble the release',
      spec: specOf([ORDERS, WITH({ ...DELAY }, { isRequired: false })]),
      inputs: merge([phase(15, 'live')], stream(15, HOUR + 15, healthy)),
      words: ['+3615 pass final'],
    },
    {
      story: 'no baseline: inconclusive, extended, and inconclusive for good',
      spec: specOf([
        {
          ...ORDERS,
          baselines: [{ window: 'before', baseline: { kind: 'unusable', why: 'no-history', exposure: 0 } }],
        },
      ]),
      inputs: merge([phase(0, 'live')], stream(15, 2 * HOUR, broken)),
      words: ['+0 inconclusive no-baseline', '+7200 inconclusive final no-baseline'],
    },
    {
      story: 'too little traffic to be sure is no pass, and is looked at longer',
      inputs: merge(
        [phase(0, 'live')],
        Array.from({ length: 480 }, (_, i) => orders(15 * (i + 1), 0, 0.25)),
      ),
      words: ['+3600 inconclusive too-few-samples', '+7200 inconclusive final too-few-samples'],
    },
    {
      story: 'no traffic at all is no pass',
      inputs: merge(
        [phase(0, 'live')],
        Array.from({ length: 480 }, (_, i) => orders(15 * (i + 1), 0, 0)),
      ),
      words: ['+3600 inconclusive no-traffic', '+7200 inconclusive final no-traffic'],
    },
    {
      story: 'a gap in the middle keeps it from passing until enough is covered',
      inputs: merge([phase(0, 'live')], stream(15, 1500, healthy), stream(3015, 2 * HOUR, healthy)),
      words: ['+3600 inconclusive coverage', '+6000 pass final'],
    },
    {
      story: 'a release that is superseded ends without a pass',
      inputs: merge(stream(15, 300, healthy), [phase(310, 'superseded')], stream(315, 600, broken)),
      words: ['+310 inconclusive final coverage'],
    },
    {
      story: 'a deployment that failed never passes',
      inputs: merge([phase(60, 'failed')], stream(15, 2 * HOUR + 60, healthy)),
      words: ['+3660 inconclusive coverage', '+7260 inconclusive final coverage'],
    },
    {
      story: 'a failed release that a person keeps is final then',
      inputs: merge(stream(15, 120, broken), [phase(300, 'finished'), tick(400)]),
      words: ['+45 fail act', '+300 fail act final'],
    },
    {
      story: 'a threshold beyond its limit for its patience proposes',
      spec: specOf([DELAY]),
      inputs: [15, 30, 45, 60, 75, 90].map((s) => delay(s, s >= 30 ? 93 : 5)),
      words: ['+90 fail propose'],
    },
    {
      story: 'one till of many is enough for a threshold',
      spec: specOf([DELAY]),
      inputs: [15, 30, 45, 60, 75].flatMap((s) => [delay(s, 5, 'till-1'), delay(s, 93, 'till-2')]),
      words: ['+75 fail propose'],
    },
    {
      story: 'values of the warm-up do not count for a threshold',
      spec: specOf([DELAY], { warmUpMs: 120_000 }),
      inputs: [15, 30, 45, 60, 75, 90, 105, 120, 135].map((s) => delay(s, 93)),
      words: [],
    },
    {
      story: 'a threshold fires by values, not because time passes without any',
      spec: specOf([DELAY]),
      inputs: [delay(15, 93), tick(70), tick(80), tick(3000)],
      words: ['+80 inconclusive stale'],
    },
    {
      story: 'a threshold makes act of a propose when the evidence alone does',
      spec: specOf([ORDERS, DELAY]),
      inputs: merge(
        [15, 30, 45, 60, 75].map((s) => delay(s, 93)),
        stream(15, 75, healthy),
        stream(90, 400, broken),
      ),
      words: ['+75 fail propose', '+135 fail act'],
    },
    {
      story: 'an alert that fires for its patience acts',
      spec: specOf([ALERTS]),
      inputs: [alerts(0), alerts(100, { episodes: [episode('firing', 100)] }), tick(159), tick(160)],
      words: ['+160 fail act'],
    },
    {
      story: 'an alert that was firing before the release is set aside',
      spec: specOf([ALERTS]),
      inputs: [alerts(0, { episodes: [episode('firing', -600)] }), tick(300), tick(3000)],
      words: [],
    },
    {
      story: 'one that is heard of later but began before the release is set aside too',
      spec: specOf([ALERTS]),
      inputs: [alerts(0), alerts(30, { episodes: [{ ...episode('firing', 30), startsAtMs: at(-30) }] }), tick(300)],
      words: [],
    },
    {
      story: 'it counts again once it was over for the time to re-arm',
      spec: specOf([ALERTS]),
      inputs: [
        alerts(0, { episodes: [episode('firing', -600)] }),
        alerts(60),
        alerts(200, { episodes: [episode('firing', 200)] }),
        tick(260),
      ],
      words: ['+260 fail act'],
    },
    {
      story: 'before that it is the old trouble still',
      spec: specOf([ALERTS]),
      inputs: [
        alerts(0, { episodes: [episode('firing', -600)] }),
        alerts(60),
        alerts(170, { episodes: [episode('firing', 170)] }),
        tick(600),
      ],
      words: [],
    },
    {
      story: 'an alert that is not seen any more is no pass and no breach',
      spec: specOf([ALERTS]),
      inputs: [alerts(0), alerts(100, { episodes: [episode('unseen', 100)] }), tick(3000)],
      words: ['+100 inconclusive alert-unseen'],
    },
    {
      story: 'each doubt about alerts has its word',
      spec: specOf([ALERTS]),
      inputs: [
        alerts(0),
        alerts(10, { episodes: [episode('disputed', 10)] }),
        alerts(20),
        alerts(30, { episodes: [episode('unconfirmed', 30)] }),
        alerts(40),
        alerts(50, { isIncomplete: true }),
        alerts(60),
        alerts(70, { sources: 'silent' }),
        alerts(80),
        alerts(90, { episodes: [{ ...episode('abandoned', 90), abandonedFrom: 'unseen' }] }),
      ],
      words: [
        '+10 inconclusive alert-disputed',
        '+20 pending',
        '+30 inconclusive sender-silent',
        '+40 pending',
        '+50 inconclusive alert-incomplete',
        '+60 pending',
        '+70 inconclusive sender-silent',
        '+80 pending',
        '+90 inconclusive alert-unseen',
      ],
    },
    {
      story: 'quiet alerts of a source that is alive pass at the end',
      spec: specOf([ALERTS]),
      inputs: [alerts(0), phase(0, 'live'), tick(HOUR)],
      words: ['+3600 pass final'],
    },
    {
      story: 'quiet alerts of a source that was not heard since the release began do not',
      spec: specOf([ALERTS]),
      inputs: [alerts(0, { isHeardSinceStart: false }), phase(0, 'live'), tick(HOUR)],
      words: ['+3600 inconclusive sender-silent'],
    },
    {
      story: 'a rollback that helps: recovering, then recovered at three anchors in a row',
      inputs: merge(
        stream(15, 120, broken),
        [rollbackDone(300), phase(301, 'rolled-back')],
        stream(315, 1500, healthy),
      ),
      words: ['+45 fail act', '+300 fail act final', '+525 recovering by act_1', '+1200 recovered by act_1'],
    },
    {
      story: 'a rollback that does not help is said to have not, when its time is over',
      inputs: merge(stream(15, 120, broken), [rollbackDone(300)], stream(315, 2400, broken)),
      words: ['+45 fail act', '+300 fail act final', '+2100 not-recovered by act_1'],
    },
    {
      story: 'silence after a rollback is no recovery',
      inputs: merge(
        stream(15, 120, broken),
        [rollbackDone(300)],
        Array.from({ length: 2000 }, (_, i) => tick(301 + i)),
      ),
      words: ['+45 fail act', '+300 fail act final', '+2100 not-recovered by act_1'],
    },
    {
      story: 'a rollback from outside is judged too',
      inputs: merge(stream(15, 120, broken), [phase(300, 'rolled-back')], stream(315, 1500, healthy)),
      words: ['+45 fail act', '+300 fail act final', '+525 recovering', '+1200 recovered'],
    },
    {
      story: 'nothing recovers while an alert fires',
      spec: specOf([ORDERS, ALERTS]),
      inputs: merge(
        [alerts(0), alerts(60, { episodes: [episode('firing', 60)] })],
        stream(15, 120, broken),
        [rollbackDone(300)],
        stream(315, 2200, healthy),
      ),
      words: ['+45 fail act', '+300 fail act final', '+2100 not-recovered by act_1'],
    },
    {
      story: 'a proposal left open recovers by what came since the latest anchor, and that is said once',
      inputs: merge(stream(15, 120, broken), stream(135, 3000, healthy, 100)),
      words: ['+45 fail act', '+285 recovering', '+945 recovered'],
    },
    {
      story: 'a proposal left open that gets worse again is no longer recovering',
      inputs: merge(stream(15, 120, broken), stream(135, 600, healthy, 100), stream(615, 1400, broken)),
      words: ['+45 fail act', '+285 recovering', '+945 not-recovered'],
    },
    {
      story: 'a policy with little time for recovery looks more often',
      spec: specOf([ORDERS], { recoverWithinMs: 360_000 }),
      inputs: merge(
        stream(15, 120, broken),
        [rollbackDone(300)],
        stream(301, 700, () => 0, 400),
      ),
      words: ['+45 fail act', '+300 fail act final', '+301 recovering by act_1', '+481 recovered by act_1'],
    },
  ];

describe('a watch', () => {
  test.each(STORIES)('$story', ({ spec = ONLY_ORDERS, inputs, words }) => {
    expect(play(spec, inputs).words).toEqual(words);
  });
});
