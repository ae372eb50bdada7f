import { describe, expect, test } from '@jest/globals';
import { groupLabelsOf } from './alert-groups.js';
import type { AlertSource } from './alert-sources.js';
import { hear, passTime } from './alerts.js';
import { type AlertsState, NO_ALERTS } from './alerts-state.js';
import { hearAnswer } from './answer.js';
import type { ActiveAlert, RuleStatement } from './rules.js';
import type { AlertStatement } from './statement.js';

/** Seconds everywhere; a line is a message, an answer of Prometheus, or the passing of time. */

const SOURCE: AlertSource = {
  name: 'am',
  heartbeat: { labels: { alertname: 'Watchdog' }, periodMs: 30_000, isRequired: true },
  repeatIntervalMs: 120_000,
  groupIntervalMs: 15_000,
  doubtMs: 900_000,
  pairedWith: null,
};
const GROUP = '{}/{guardrail=~".+"}:{environment="production"}';

/** What the alert has on its way to us: `cluster` is added by Prometheus as it sends. */
const LABELS = { alertname: 'OrdersFail', store: 'lyon', severity: 'critical', cluster: 'eu' };

interface Line {
  readonly at: number;
  readonly firing?: true;
  readonly resolved?: true;
  readonly starts?: number;
  readonly cut?: number;
  readonly beat?: true;
  readonly rules?: readonly RuleStatement[];
  readonly isPart?: true;
}

function rule(more: Partial<RuleStatement> & { readonly evaluated?: number }): RuleStatement {
  const { evaluated, ...rest } = more;
  return {
    name: 'OrdersFail',
    labels: { severity: 'critical' },
    isHealthy: true,
    evaluatedAtMs: (evaluated ?? 0) * 1000,
    intervalMs: 15_000,
    alerts: [],
    ...rest,
  };
}

function active(more: Partial<ActiveAlert> = {}): ActiveAlert {
  const labels = { alertname: 'OrdersFail', store: 'lyon', severity: 'critical' };
  return { state: 'firing', fingerprint: 'active', labels, annotations: {}, activeAtMs: 1000, ...more };
}

const elsewhere = (labels: Readonly<Record<string, string>> = {}) =>
  active({ fingerprint: 'b', labels: { ...active().labels, store: 'nice', ...labels } });

function statementOf(line: Line): AlertStatement {
  return {
    status: line.firing === true ? 'firing' : 'resolved',
    fingerprint: 'a',
    labels: LABELS,
    annotations: {},
    startsAtMs: line.starts === undefined ? null : line.starts * 1000,
    endsAtMs: null,
    generatorUrl: null,
    isContradicted: false,
  };
}

function play(lines: readonly Line[], sources: readonly AlertSource[] = [SOURCE]) {
  const story: string[] = [];
  let state: AlertsState = NO_ALERTS;
  for (const line of lines) {
    const receivedAtMs = line.at * 1000;
    const [source] = sources as readonly [AlertSource];
    const beat = { ...statementOf({ ...line, firing: true }), fingerprint: 'beat', labels: { alertname: 'Watchdog' } };
    const isAlert = line.firing === true || line.resolved === true || line.cut !== undefined;
    const told = line.firing === true || line.resolved === true ? [statementOf(line)] : [];
    const batch = {
      groupKey: line.beat === true ? 'beats' : GROUP,
      receiver: 'r',
      externalUrl: 'replica',
      truncatedAlerts: line.cut ?? 0,
      digest: JSON.stringify(line),
      statements: line.beat === true ? [beat] : told,
    };
    const heard = { receipt: `rcp_${line.at}`, part: 1, parts: 1, batch, receivedAtMs };
    const step =
      line.rules !== undefined
        ? hearAnswer(
            state,
            sources,
            source,
            {
              answer: {
                askedAtMs: receivedAtMs,
                rules: line.rules,
                externalLabels: { cluster: 'eu', severity: 'none' },
              },
              isWhole: line.isPart !== true,
              receivedAtMs,
            },
            [],
          )
        : isAlert || line.beat === true
          ? hear(state, sources, source, heard, [])
          : passTime(state, sources, receivedAtMs, []);
    for (const c of step.changes) story.push(`${c.atMs / 1000} ${c.fingerprint}#${c.number} ${c.from ?? ''}>${c.to}`);
    state = JSON.parse(JSON.stringify(step.state)) as AlertsState;
  }
  return { story, state };
}

const UNCONFIRMED: readonly Line[] = [
  { at: 1, firing: true, starts: 1 },
  { at: 60, resolved: true },
];
const UNSEEN: readonly Line[] = [
  { at: 1, firing: true, starts: 1 },
  { at: 60, cut: 0 },
];
const DISPUTED: readonly Line[] = [
  ...UNCONFIRMED,
  { at: 70, rules: [rule({ evaluated: 65 })] },
  { at: 80, firing: true, starts: 1 },
];
const ABANDONED: readonly Line[] = [...UNSEEN, { at: 1000 }];

const UNCONFIRMED_STORY = ['1 a#1 >firing', '60 a#1 firing>unconfirmed'];
const UNSEEN_STORY = ['1 a#1 >firing', '60 a#1 firing>unseen'];
const DISPUTED_STORY = [...UNCONFIRMED_STORY, '70 a#1 unconfirmed>resolved', '80 a#1 resolved>disputed'];
const ABANDONED_STORY = [...UNSEEN_STORY, '960 a#1 unseen>abandoned'];

/** What is told before, what the rules answer, and what follows from the answer alone. */
const ANSWERS: readonly {
  readonly rule: string;
  readonly before: readonly Line[];
  readonly at: number;
  readonly rules: readonly RuleStatement[];
  readonly story: readonly string[];
}[] = [
  {
    rule: 'an inactive answer settles unconfirmed',
    before: UNCONFIRMED,
    at: 75,
    rules: [rule({ evaluated: 70 })],
    story: [...UNCONFIRMED_STORY, '75 a#1 unconfirmed>resolved'],
  },
  {
    rule: 'an inactive answer settles unseen',
    before: UNSEEN,
    at: 75,
    rules: [rule({ evaluated: 70 })],
    story: [...UNSEEN_STORY, '75 a#1 unseen>resolved'],
  },
  {
    rule: '5 an inactive answer settles disputed',
    before: DISPUTED,
    at: 95,
    rules: [rule({ evaluated: 90 })],
    story: [...DISPUTED_STORY, '95 a#1 disputed>resolved'],
  },
  {
    rule: 'an inactive answer settles what was given up',
    before: ABANDONED,
    at: 1010,
    rules: [rule({ evaluated: 1005 })],
    story: [...ABANDONED_STORY, '1010 a#1 abandoned>resolved'],
  },
  {
    rule: 'an active answer makes unconfirmed firing, in the same episode',
    before: UNCONFIRMED,
    at: 75,
    rules: [rule({ evaluated: 70, alerts: [active()] })],
    story: [...UNCONFIRMED_STORY, '75 a#1 unconfirmed>firing'],
  },
  {
    rule: 'an active answer makes unseen firing',
    before: UNSEEN,
    at: 75,
    rules: [rule({ evaluated: 70, alerts: [active()] })],
    story: [...UNSEEN_STORY, '75 a#1 unseen>firing'],
  },
  {
    rule: '5 an active answer makes disputed firing',
    before: DISPUTED,
    at: 95,
    rules: [rule({ evaluated: 90, alerts: [active()] })],
    story: [...DISPUTED_STORY, '95 a#1 disputed>firing'],
  },
  {
    rule: 'the same alert of another store settles this one as over',
    before: UNSEEN,
    at: 75,
    rules: [rule({ evaluated: 70, alerts: [elsewhere()] })],
    story: [...UNSEEN_STORY, '75 a#1 unseen>resolved'],
  },
  {
    rule: 'a pending alert is neither firing nor over',
    before: UNSEEN,
    at: 75,
    rules: [rule({ evaluated: 70, alerts: [active({ state: 'pending' })] })],
    story: UNSEEN_STORY,
  },
  {
    rule: 'a rule that is not healthy says nothing',
    before: UNSEEN,
    at: 75,
    rules: [rule({ evaluated: 70, isHealthy: false })],
    story: UNSEEN_STORY,
  },
  {
    rule: 'a rule that was never evaluated says nothing',
    before: UNSEEN,
    at: 75,
    rules: [rule({ evaluatedAtMs: null })],
    story: UNSEEN_STORY,
  },
  {
    rule: 'a rule evaluated three intervals ago still speaks',
    before: UNSEEN,
    at: 110,
    rules: [rule({ evaluated: 65 })],
    story: [...UNSEEN_STORY, '110 a#1 unseen>resolved'],
  },
  {
    rule: 'a rule evaluated more than three intervals ago says nothing',
    before: UNSEEN,
    at: 111,
    rules: [rule({ evaluated: 65 })],
    story: UNSEEN_STORY,
  },
  {
    rule: 'what was evaluated before the doubt began does not end it',
    before: UNSEEN,
    at: 75,
    rules: [rule({ evaluated: 59 })],
    story: UNSEEN_STORY,
  },
  {
    rule: 'nor does it make it firing',
    before: UNCONFIRMED,
    at: 75,
    rules: [rule({ evaluated: 59, alerts: [active()] })],
    story: UNCONFIRMED_STORY,
  },
  {
    rule: 'an alert without a rule of its name stays in doubt',
    before: UNSEEN,
    at: 75,
    rules: [rule({ name: 'Other', evaluated: 70 })],
    story: UNSEEN_STORY,
  },
  {
    rule: 'so does one whose rule has another label',
    before: UNSEEN,
    at: 75,
    rules: [rule({ labels: { severity: 'warning' }, evaluated: 70 })],
    story: UNSEEN_STORY,
  },
  {
    rule: 'of two rules that could make it both have to say that it is over',
    before: UNSEEN,
    at: 75,
    rules: [rule({ evaluated: 70 }), rule({ evaluated: 70, isHealthy: false })],
    story: UNSEEN_STORY,
  },
  {
    rule: 'of two rules that could make it one is enough to say that it fires',
    before: UNSEEN,
    at: 75,
    rules: [rule({ evaluated: 70, isHealthy: false }), rule({ evaluated: 70, alerts: [active()] })],
    story: [...UNSEEN_STORY, '75 a#1 unseen>firing'],
  },
  {
    rule: 'where labels change on the way to us nobody can tell which alert it is',
    before: UNSEEN,
    at: 75,
    rules: [rule({ evaluated: 70, alerts: [elsewhere({ instance: 'till-7' })] })],
    story: UNSEEN_STORY,
  },
  {
    rule: 'an alert that is firing without doubt is left to its sender',
    before: [{ at: 1, firing: true, starts: 1 }],
    at: 75,
    rules: [rule({ evaluated: 70 })],
    story: ['1 a#1 >firing'],
  },
  {
    rule: 'an alert that is over without doubt is not begun again',
    before: [...UNCONFIRMED, { at: 70, rules: [rule({ evaluated: 65 })] }],
    at: 95,
    rules: [rule({ evaluated: 90, alerts: [active()] })],
    story: [...UNCONFIRMED_STORY, '70 a#1 unconfirmed>resolved'],
  },
  {
    rule: 'an alert that nobody told us of is none of ours',
    before: [],
    at: 75,
    rules: [rule({ evaluated: 70, alerts: [active()] })],
    story: [],
  },
  {
    rule: 'what time has done before the answer comes first',
    before: UNSEEN,
    at: 1010,
    rules: [rule({ evaluated: 1005 })],
    story: [...UNSEEN_STORY, '1010 a#1 unseen>resolved'],
  },
];

describe('what a Prometheus answers', () => {
  test.each(ANSWERS)('$rule', ({ before, at, rules, story }) => {
    expect(play([...before, { at, rules }]).story).toEqual(story);
  });

  test('ends an unseen alert where the rule was evaluated, and a said end where it was said', () => {
    const rules = [rule({ evaluated: 70 })];
    expect(play([...UNSEEN, { at: 75, rules }]).state.episodes['am|a']?.closedAtMs).toBe(70_000);
    expect(play([...UNCONFIRMED, { at: 75, rules }]).state.episodes['am|a']?.closedAtMs).toBe(60_000);
  });

  test('gives a firing one a new lease and leaves its patience where it was', () => {
    const rules = [rule({ evaluated: 380, alerts: [active()] })];
    const { state } = play([{ at: 1, firing: true, starts: 1 }, { at: 377 }, { at: 385, rules }]);
    expect(state.episodes['am|a']).toMatchObject({
      state: 'firing',
      firingSinceMs: 1000,
      leaseEndsAtMs: 385_000 + 375_000,
    });
  });

  test('is no word of the sender and no heartbeat', () => {
    const watchdog = active({ labels: { alertname: 'Watchdog' } });
    const { state } = play([
      { at: 75, rules: [rule({ name: 'Watchdog', labels: {}, evaluated: 70, alerts: [watchdog] })] },
    ]);
    expect(state.sources['am']).toMatchObject({ heardAtMs: null, heartbeat: { heardAtMs: null } });
  });

  test('changes nothing where there is nothing to settle: not one record is new', () => {
    const { state } = play([{ at: 1, firing: true, starts: 1 }]);
    const heard = {
      answer: { askedAtMs: 2000, rules: [rule({ evaluated: 2 })], externalLabels: {} },
      isWhole: true,
      receivedAtMs: 2000,
    };
    const step = hearAnswer(state, [SOURCE], SOURCE, heard, []);
    expect(step.state.episodes).toBe(state.episodes);
    expect(step.state.groups).toBe(state.groups);
  });

  test('of one of a pair settles the alert that both are witnesses of', () => {
    const pair: readonly AlertSource[] = [
      { ...SOURCE, name: 'am', pairedWith: 'bm' },
      { ...SOURCE, name: 'bm', pairedWith: 'am' },
    ];
    const { state } = play(UNSEEN, pair);
    const heard = {
      answer: { askedAtMs: 75_000, rules: [rule({ evaluated: 70 })], externalLabels: {} },
      isWhole: true,
      receivedAtMs: 75_000,
    };
    const step = hearAnswer(state, pair, pair[1] as AlertSource, heard, []);
    expect(step.changes.map(({ from, to }) => [from, to])).toEqual([['unseen', 'resolved']]);
  });

  test('of another source says nothing of this one', () => {
    const other: AlertSource = { ...SOURCE, name: 'other' };
    const { state } = play(UNSEEN, [SOURCE, other]);
    const heard = {
      answer: { askedAtMs: 75_000, rules: [rule({ evaluated: 70 })], externalLabels: {} },
      isWhole: true,
      receivedAtMs: 75_000,
    };
    expect(hearAnswer(state, [SOURCE, other], other, heard, []).changes).toEqual([]);
  });
});

describe('8 an incomplete group', () => {
  const CUT: readonly Line[] = [{ at: 60, firing: true, starts: 1, cut: 2 }];
  const isIncomplete = (lines: readonly Line[]) =>
    Object.values(play(lines).state.groups).some((group) => group.isIncomplete);
  const inGroup = (labels: Readonly<Record<string, string>>) =>
    active({ labels: { ...active().labels, ...labels }, fingerprint: JSON.stringify(labels) });

  test.each<[string, Omit<Line, 'at'>, boolean]>([
    ['is complete once every rule has spoken', { rules: [rule({ evaluated: 70 })] }, false],
    [
      'stays so where one rule is not healthy',
      { rules: [rule({ evaluated: 70 }), rule({ name: 'B', isHealthy: false, evaluated: 70 })] },
      true,
    ],
    [
      'stays so where one rule was evaluated before the cut',
      { rules: [rule({ evaluated: 70 }), rule({ name: 'B', evaluated: 59 })] },
      true,
    ],
    ['stays so where there are no rules', { rules: [] }, true],
    ['stays so while a part of the answer is missing', { rules: [rule({ evaluated: 70 })], isPart: true }, true],
  ])('%s', (_, line, expected) => {
    expect(isIncomplete([...CUT, { at: 75, ...line }])).toBe(expected);
  });

  test('what was cut away and fires begins here, and stays with the group', () => {
    const alerts = [active(), inGroup({ store: 'nice' }), inGroup({ store: 'nantes', environment: 'production' })];
    const { story, state } = play([...CUT, { at: 75, rules: [rule({ evaluated: 70, alerts })] }]);
    expect(story).toEqual([
      '60 a#1 >firing',
      '75 {"store":"nice"}#1 >firing',
      '75 {"store":"nantes","environment":"production"}#1 >firing',
    ]);
    expect(Object.values(state.groups).map((group) => [group.isIncomplete, group.firing.length])).toEqual([[false, 4]]);
    // With what Prometheus would have added on the way, where the alert has no such label of its own.
    expect(state.episodes['am|{"store":"nice"}']?.labels).toMatchObject({
      store: 'nice',
      cluster: 'eu',
      severity: 'critical',
    });
  });

  test('an alert of another group, and one that is only pending, do not', () => {
    const alerts = [
      inGroup({ store: 'nice', environment: 'staging' }),
      active({ state: 'pending', labels: elsewhere().labels }),
    ];
    expect(play([...CUT, { at: 75, rules: [rule({ evaluated: 70, alerts })] }]).story).toEqual(['60 a#1 >firing']);
  });
});

describe('the labels of a group', () => {
  test.each<[string, Readonly<Record<string, string>> | null]>([
    ['{}/{guardrail=~".+"}:{environment="production", release="r-1"}', { environment: 'production', release: 'r-1' }],
    ['{}:{}', {}],
    [
      '{}/{a=":{"}:{path="C:\\\\shop", quote="say \\"no\\"", lines="a\\nb"}',
      { path: 'C:\\shop', quote: 'say "no"', lines: 'a\nb' },
    ],
    ['{}:{odd=":{x=\\"y\\"}"}', { odd: ':{x="y"}' }],
    ['anything else', null],
    ['', null],
  ])('%s', (key, labels) => {
    const found = groupLabelsOf(key);
    expect(found === null ? null : { ...found }).toEqual(labels);
  });
});
