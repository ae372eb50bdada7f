import { describe, expect, test } from '@jest/globals';
import { type AlertSource, lastHeardMs, sourceHealth } from './alert-sources.js';
import { hear, passTime } from './alerts.js';
import { type AlertsState, NO_ALERTS } from './alerts-state.js';
import { settle } from './settlement.js';
import type { AlertStatement } from './statement.js';

/** Seconds everywhere; a line is one message or the passing of time, and what must follow from all of them. */

const PLAIN: AlertSource = {
  name: 'am',
  heartbeat: null,
  repeatIntervalMs: 120_000,
  groupIntervalMs: 15_000,
  doubtMs: 900_000,
  pairedWith: null,
};
const GUARDED: AlertSource = {
  ...PLAIN,
  heartbeat: { labels: { alertname: 'Watchdog' }, periodMs: 30_000, isRequired: true },
};
const LEASE = 3 * 120 + 15;

interface Line {
  readonly at: number;
  readonly firing?: readonly string[];
  readonly resolved?: readonly string[];
  /** Start, and end of the resolved ones; the arrival unless given. */
  readonly starts?: number;
  readonly ends?: number;
  readonly cut?: number;
  readonly group?: string;
  readonly sender?: string;
  readonly beat?: 'firing' | 'resolved';
  readonly digest?: string;
  readonly part?: readonly [part: number, parts: number];
  readonly source?: AlertSource;
  /** A person's word on an episode of `a`. */
  readonly settled?: readonly [as: 'resolved' | 'firing', episode: number];
}

function statement(fingerprint: string, status: 'firing' | 'resolved', line: Line): AlertStatement {
  const labels: Record<string, string> =
    fingerprint === 'beat' ? { alertname: 'Watchdog', severity: 'none' } : { alertname: fingerprint };
  return {
    status,
    fingerprint,
    labels,
    annotations: {},
    startsAtMs: line.starts === undefined ? null : line.starts * 1000,
    endsAtMs: line.ends === undefined ? null : line.ends * 1000,
    generatorUrl: null,
    isContradicted: false,
  };
}

function play(lines: readonly Line[], source: AlertSource) {
  const story: string[] = [];
  const said: string[] = [];
  let state: AlertsState = NO_ALERTS;
  for (const line of lines) {
    const by = line.source ?? source;
    const sources = [...new Set([source, ...lines.flatMap((l) => (l.source === undefined ? [] : [l.source]))])];
    if (line.settled !== undefined) {
      const [as, episode] = line.settled;
      const word = { source: by.name, fingerprint: 'a', episode, as, by: 'on-call', reason: 'looked at the tills' };
      const { refusal, ...step } = settle(state, sources, word, line.at * 1000, ['a-release']);
      if (refusal !== null) said.push([line.at, 'refused', ...Object.values(refusal)].join(' '));
      for (const c of step.changes) story.push(`${c.atMs / 1000} ${c.fingerprint}#${c.number} ${c.from ?? ''}>${c.to}`);
      state = JSON.parse(JSON.stringify(step.state)) as AlertsState;
      continue;
    }
    const isMessage =
      line.firing !== undefined || line.resolved !== undefined || line.beat !== undefined || line.cut !== undefined;
    const step = !isMessage
      ? passTime(state, sources, line.at * 1000, ['a-release'])
      : hear(
          state,
          sources,
          by,
          {
            receipt: line.part === undefined ? `rcp_${line.at}` : 'rcp_parts',
            part: line.part?.[0] ?? 1,
            parts: line.part?.[1] ?? 1,
            receivedAtMs: line.at * 1000,
            batch: {
              groupKey: line.beat === undefined ? (line.group ?? 'g') : 'beats',
              receiver: 'r',
              externalUrl: line.sender ?? 'replica-1',
              truncatedAlerts: line.cut ?? 0,
              digest: line.digest ?? JSON.stringify([line.firing, line.resolved, line.starts]),
              statements: [
                ...(line.firing ?? []).map((f) => statement(f, 'firing', line)),
                ...(line.resolved ?? []).map((f) => statement(f, 'resolved', line)),
                ...(line.beat === undefined ? [] : [statement('beat', line.beat, line)]),
              ],
            },
          },
          ['a-release'],
        );
    for (const c of step.changes) story.push(`${c.atMs / 1000} ${c.fingerprint}#${c.number} ${c.from ?? ''}>${c.to}`);
    for (const e of step.events) said.push(`${line.at} ${e.type}${e.type === 'SourceRefused' ? ` ${e.reason}` : ''}`);
    state = JSON.parse(JSON.stringify(step.state)) as AlertsState;
  }
  return { story, said, state };
}

/** Heartbeats every 30 s over a span. */
function beats(from: number, to: number): Line[] {
  const lines: Line[] = [];
  for (let at = from; at <= to; at += 30) lines.push({ at, beat: 'firing' });
  return lines;
}

function ordered(...lines: readonly (Line | readonly Line[])[]): Line[] {
  return lines.flat().sort((a, b) => (a as Line).at - (b as Line).at) as Line[];
}

const RULES: readonly { rule: string; source?: AlertSource; lines: readonly Line[]; story: readonly string[] }[] = [
  { rule: '2 firing without an episode opens one', lines: [{ at: 1, firing: ['a'] }], story: ['1 a#1 >firing'] },
  {
    rule: '2 firing again is the same episode',
    lines: [
      { at: 1, firing: ['a'] },
      { at: 60, firing: ['a'] },
    ],
    story: ['1 a#1 >firing'],
  },
  {
    rule: '3 resolved closes it',
    lines: [
      { at: 1, firing: ['a'] },
      { at: 60, resolved: ['a'] },
    ],
    story: ['1 a#1 >firing', '60 a#1 firing>resolved'],
  },
  { rule: '3 resolved without an episode changes nothing', lines: [{ at: 60, resolved: ['a'] }], story: [] },
  {
    rule: '3 a resolution that ends before the start is a late copy for an earlier episode',
    lines: [
      { at: 100, firing: ['a'], starts: 95 },
      { at: 110, resolved: ['a'], ends: 92 },
    ],
    story: ['100 a#1 >firing'],
  },
  {
    rule: '3 two seconds of difference between clocks are allowed',
    lines: [
      { at: 100, firing: ['a'], starts: 95 },
      { at: 110, resolved: ['a'], ends: 93 },
    ],
    story: ['100 a#1 >firing', '110 a#1 firing>resolved'],
  },
  {
    rule: '4 an end is believed once the heartbeat was in order two periods before and after it',
    source: GUARDED,
    lines: ordered(beats(0, 300), { at: 121, firing: ['a'] }, { at: 181, resolved: ['a'], ends: 181 }),
    story: ['121 a#1 >firing', '181 a#1 firing>unconfirmed', '241 a#1 unconfirmed>resolved'],
  },
  {
    rule: '4 an end while the heartbeat fails is not believed, and ends as abandoned',
    source: GUARDED,
    lines: ordered(beats(0, 150), { at: 121, firing: ['a'] }, { at: 181, resolved: ['a'], ends: 181 }, { at: 1300 }),
    story: ['121 a#1 >firing', '181 a#1 firing>unconfirmed', '1081 a#1 unconfirmed>abandoned'],
  },
  {
    rule: '4 an end before the heartbeat had been in order for two periods is not believed',
    source: GUARDED,
    lines: ordered(beats(150, 400), { at: 121, firing: ['a'] }, { at: 181, resolved: ['a'], ends: 181 }),
    story: ['121 a#1 >firing', '181 a#1 firing>unconfirmed'],
  },
  {
    rule: '4 a heartbeat said to be resolved is out of order at once',
    source: GUARDED,
    lines: ordered(
      beats(0, 180),
      { at: 121, firing: ['a'] },
      { at: 181, resolved: ['a'], ends: 181 },
      { at: 185, beat: 'resolved' },
      { at: 300 },
    ),
    story: ['121 a#1 >firing', '181 a#1 firing>unconfirmed'],
  },
  {
    rule: '2 firing after an end that was not believed goes on in the same episode',
    source: GUARDED,
    lines: ordered(
      beats(0, 150),
      { at: 121, firing: ['a'] },
      { at: 181, resolved: ['a'], ends: 181 },
      { at: 200, firing: ['a'], starts: 199 },
    ),
    story: ['121 a#1 >firing', '181 a#1 firing>unconfirmed', '200 a#1 unconfirmed>firing'],
  },
  {
    rule: '5 firing after the end with a start before it is disputed',
    lines: [
      { at: 1, firing: ['a'], starts: 1 },
      { at: 60, resolved: ['a'] },
      { at: 70, firing: ['a'], starts: 1 },
    ],
    story: ['1 a#1 >firing', '60 a#1 firing>resolved', '70 a#1 resolved>disputed'],
  },
  {
    rule: '5 a dispute is settled as resolved by a resolution',
    lines: [
      { at: 1, firing: ['a'], starts: 1 },
      { at: 60, resolved: ['a'] },
      { at: 70, firing: ['a'], starts: 1 },
      { at: 75, resolved: ['a'] },
    ],
    story: ['1 a#1 >firing', '60 a#1 firing>resolved', '70 a#1 resolved>disputed', '75 a#1 disputed>resolved'],
  },
  {
    rule: '5 a second firing of the same sender within the group interval settles nothing',
    lines: [
      { at: 1, firing: ['a'], starts: 1 },
      { at: 60, resolved: ['a'] },
      { at: 70, firing: ['a'], starts: 1 },
      { at: 84, firing: ['a'], starts: 1 },
    ],
    story: ['1 a#1 >firing', '60 a#1 firing>resolved', '70 a#1 resolved>disputed'],
  },
  {
    rule: '5 a second firing of the same sender one group interval later settles it as firing, same episode',
    lines: [
      { at: 1, firing: ['a'], starts: 1 },
      { at: 60, resolved: ['a'] },
      { at: 70, firing: ['a'], starts: 1 },
      { at: 85, firing: ['a'], starts: 1 },
    ],
    story: ['1 a#1 >firing', '60 a#1 firing>resolved', '70 a#1 resolved>disputed', '85 a#1 disputed>firing'],
  },
  {
    rule: '5 a firing of another sender does not settle it',
    lines: [
      { at: 1, firing: ['a'], starts: 1 },
      { at: 60, resolved: ['a'] },
      { at: 70, firing: ['a'], starts: 1, sender: 'replica-1' },
      { at: 90, firing: ['a'], starts: 1, sender: 'replica-2' },
    ],
    story: ['1 a#1 >firing', '60 a#1 firing>resolved', '70 a#1 resolved>disputed'],
  },
  {
    rule: '5 a dispute that nobody settles is firing after two minutes',
    lines: [
      { at: 1, firing: ['a'], starts: 1 },
      { at: 60, resolved: ['a'] },
      { at: 70, firing: ['a'], starts: 1 },
      { at: 200 },
    ],
    story: ['1 a#1 >firing', '60 a#1 firing>resolved', '70 a#1 resolved>disputed', '190 a#1 disputed>firing'],
  },
  {
    rule: '5 a start two seconds after the end is still the old firing',
    lines: [
      { at: 1, firing: ['a'] },
      { at: 60, resolved: ['a'], ends: 60 },
      { at: 70, firing: ['a'], starts: 62 },
    ],
    story: ['1 a#1 >firing', '60 a#1 firing>resolved', '70 a#1 resolved>disputed'],
  },
  {
    rule: '6 a later start is a new episode',
    lines: [
      { at: 1, firing: ['a'] },
      { at: 60, resolved: ['a'], ends: 60 },
      { at: 70, firing: ['a'], starts: 63 },
    ],
    story: ['1 a#1 >firing', '60 a#1 firing>resolved', '70 a#2 >firing'],
  },
  {
    rule: '7 left out by a newer message of the group: unseen, not resolved',
    lines: [
      { at: 1, firing: ['a', 'b'] },
      { at: 60, firing: ['b'] },
    ],
    story: ['1 a#1 >firing', '1 b#1 >firing', '60 a#1 firing>unseen'],
  },
  {
    rule: '7 an empty message leaves all of them out',
    lines: [
      { at: 1, firing: ['a', 'b'] },
      { at: 60, firing: [] },
    ],
    story: ['1 a#1 >firing', '1 b#1 >firing', '60 a#1 firing>unseen', '60 b#1 firing>unseen'],
  },
  {
    rule: '7 another group or another replica leaves nothing out',
    lines: [
      { at: 1, firing: ['a', 'b'] },
      { at: 60, firing: ['b'], group: 'h' },
      { at: 61, firing: ['b'], sender: 'replica-2' },
    ],
    story: ['1 a#1 >firing', '1 b#1 >firing'],
  },
  {
    rule: '7 waits for all parts of a message',
    lines: [
      { at: 1, firing: ['a', 'b'] },
      { at: 60, firing: ['b'], part: [1, 2] },
      { at: 61, firing: ['a'], part: [2, 2] },
    ],
    story: ['1 a#1 >firing', '1 b#1 >firing'],
  },
  {
    rule: '7 judges a message in parts once the last part is here, in any order',
    lines: [
      { at: 1, firing: ['a', 'b', 'c'] },
      { at: 60, firing: ['b'], part: [2, 2] },
      { at: 61, firing: ['c'], part: [1, 2] },
    ],
    story: ['1 a#1 >firing', '1 b#1 >firing', '1 c#1 >firing', '61 a#1 firing>unseen'],
  },
  {
    rule: '8 nothing follows from what a cut message leaves out',
    lines: [
      { at: 1, firing: ['a', 'b'] },
      { at: 60, firing: ['b'], cut: 1 },
    ],
    story: ['1 a#1 >firing', '1 b#1 >firing'],
  },
  {
    rule: '8 the next whole message judges what the cut ones left out',
    lines: [
      { at: 1, firing: ['a', 'b'] },
      { at: 60, firing: ['b'], cut: 1 },
      { at: 90, firing: ['b'] },
    ],
    story: ['1 a#1 >firing', '1 b#1 >firing', '90 a#1 firing>unseen'],
  },
  {
    rule: '9 a lease ends by itself: unseen',
    lines: [{ at: 1, firing: ['a'] }, { at: LEASE }, { at: 1 + LEASE }],
    story: ['1 a#1 >firing', `${1 + LEASE} a#1 firing>unseen`],
  },
  {
    rule: '10 what stays unseen is abandoned, dated by when it was due however late the tick',
    lines: [{ at: 1, firing: ['a'] }, { at: 5000 }],
    story: ['1 a#1 >firing', `${1 + LEASE + 900} a#1 firing>abandoned`],
  },
  {
    rule: '10 an abandoned alert that fires on with its old start is the same episode',
    lines: [{ at: 1, firing: ['a'], starts: 1 }, { at: 2000 }, { at: 2001, firing: ['a'], starts: 1 }],
    story: ['1 a#1 >firing', '1276 a#1 firing>abandoned', '2001 a#1 abandoned>firing'],
  },
  {
    rule: '11 an exact repeat renews the lease',
    lines: [{ at: 1, firing: ['a'] }, { at: 300, firing: ['a'] }, { at: 1 + LEASE }, { at: 300 + LEASE }],
    story: ['1 a#1 >firing', `${300 + LEASE} a#1 firing>unseen`],
  },
  {
    rule: 'two sources of a pair are witnesses of one alert',
    lines: [
      { at: 1, firing: ['a'], starts: 1, source: { ...PLAIN, name: 'am', pairedWith: 'am-2' } },
      { at: 2, firing: ['a'], starts: 1, source: { ...PLAIN, name: 'am-2', pairedWith: 'am' } },
    ],
    story: ['1 a#1 >firing'],
  },
  {
    rule: 'two sources that are no pair are two alerts',
    lines: [
      { at: 1, firing: ['a'], starts: 1 },
      { at: 2, firing: ['a'], starts: 1, source: { ...PLAIN, name: 'other' } },
    ],
    story: ['1 a#1 >firing', '2 a#1 >firing'],
  },
];

/** An alert in each doubt at 100 s. */
const UNSEEN: readonly Line[] = [
  { at: 1, firing: ['a'], starts: 1 },
  { at: 60, firing: [] },
];
const UNCONFIRMED: readonly Line[] = ordered(
  beats(0, 30),
  { at: 31, firing: ['a'], starts: 31 },
  { at: 60, resolved: ['a'], ends: 60 },
);
const DISPUTED: readonly Line[] = [
  { at: 1, firing: ['a'], starts: 1 },
  { at: 60, resolved: ['a'], ends: 60 },
  { at: 90, firing: ['a'], starts: 1 },
];

const BY_HAND: readonly {
  rule: string;
  source?: AlertSource;
  lines: readonly Line[];
  /** What follows from the person's word on. */
  story: readonly string[];
  said?: readonly string[];
}[] = [
  {
    rule: 'unseen settled as resolved is over, for good',
    lines: [...UNSEEN, { at: 100, settled: ['resolved', 1] }, { at: 5000 }],
    story: ['100 a#1 unseen>resolved'],
  },
  {
    rule: 'unseen settled as firing goes on in the same episode, under a new lease',
    lines: [...UNSEEN, { at: 400, settled: ['firing', 1] }, { at: 399 + LEASE }, { at: 400 + LEASE }],
    story: ['400 a#1 unseen>firing', `${400 + LEASE} a#1 firing>unseen`],
  },
  {
    rule: 'unconfirmed settled as resolved is over',
    source: GUARDED,
    lines: [...UNCONFIRMED, { at: 100, settled: ['resolved', 1] }, { at: 5000 }],
    story: ['100 a#1 unconfirmed>resolved'],
  },
  {
    rule: 'unconfirmed settled as firing goes on in the same episode, and its end is not asked about again',
    source: GUARDED,
    lines: [...UNCONFIRMED, { at: 100, settled: ['firing', 1] }, { at: 130 }],
    story: ['100 a#1 unconfirmed>firing'],
  },
  {
    rule: 'disputed settled as resolved is over, and not firing after two minutes',
    lines: [...DISPUTED, { at: 100, settled: ['resolved', 1] }, { at: 300 }],
    story: ['100 a#1 disputed>resolved'],
  },
  {
    rule: 'disputed settled as firing goes on in the same episode',
    lines: [...DISPUTED, { at: 100, settled: ['firing', 1] }, { at: 220 }],
    story: ['100 a#1 disputed>firing'],
  },
  {
    rule: 'a sender that goes on firing with its old start after the word is disputed, and believed after two minutes',
    lines: [...UNSEEN, { at: 100, settled: ['resolved', 1] }, { at: 120, firing: ['a'], starts: 1 }, { at: 240 }],
    story: ['100 a#1 unseen>resolved', '120 a#1 resolved>disputed', '240 a#1 disputed>firing'],
  },
  {
    rule: 'a later start after the word is a new episode',
    lines: [...UNSEEN, { at: 100, settled: ['resolved', 1] }, { at: 120, firing: ['a'], starts: 110 }],
    story: ['100 a#1 unseen>resolved', '120 a#2 >firing'],
  },
  {
    rule: 'a start after the end that was said and not believed is a new episode too',
    source: GUARDED,
    lines: [...UNCONFIRMED, { at: 100, settled: ['resolved', 1] }, { at: 110, firing: ['a'], starts: 70 }],
    story: ['100 a#1 unconfirmed>resolved', '110 a#2 >firing'],
  },
  {
    rule: 'a resolution after the word as firing closes the episode',
    lines: [...UNSEEN, { at: 100, settled: ['firing', 1] }, { at: 130, resolved: ['a'], ends: 130 }],
    story: ['100 a#1 unseen>firing', '130 a#1 firing>resolved'],
  },
  {
    rule: 'left out again after the word as firing is not news: the group had it left out before',
    lines: [...UNSEEN, { at: 100, settled: ['firing', 1] }, { at: 120, firing: [] }],
    story: ['100 a#1 unseen>firing'],
  },
  {
    rule: '10 a doubt that was given up can be settled too',
    lines: [...UNSEEN, { at: 960 }, { at: 1000, settled: ['resolved', 1] }],
    story: ['1000 a#1 abandoned>resolved'],
  },
  {
    rule: '10 what was given up and is said to fire is the same episode, with a new lease',
    lines: [...UNSEEN, { at: 960 }, { at: 1000, settled: ['firing', 1] }, { at: 1000 + LEASE }],
    story: ['1000 a#1 abandoned>firing', `${1000 + LEASE} a#1 firing>unseen`],
  },
  {
    rule: 'what time did before the word comes first: a lease that ended leaves a doubt to settle',
    lines: [
      { at: 1, firing: ['a'] },
      { at: 1 + LEASE, settled: ['resolved', 1] },
    ],
    story: [`${1 + LEASE} a#1 firing>resolved`],
  },
  {
    rule: 'what a sender says is firing cannot be settled',
    lines: [
      { at: 1, firing: ['a'] },
      { at: 100, settled: ['resolved', 1] },
    ],
    story: [],
    said: ['100 refused not-in-doubt 1 firing'],
  },
  {
    rule: 'what is over cannot be settled',
    lines: [
      { at: 1, firing: ['a'] },
      { at: 60, resolved: ['a'] },
      { at: 100, settled: ['firing', 1] },
    ],
    story: [],
    said: ['100 refused not-in-doubt 1 resolved'],
  },
  {
    rule: 'a word on another time of its firing is refused',
    lines: [...UNSEEN, { at: 100, settled: ['resolved', 2] }],
    story: [],
    said: ['100 refused other-episode 1 unseen'],
  },
  {
    rule: 'a word on an alert that nobody sent is refused',
    lines: [
      { at: 1, firing: ['b'] },
      { at: 100, settled: ['resolved', 1] },
    ],
    story: [],
    said: ['100 refused unknown-alert'],
  },
  {
    rule: 'the second of two words comes too late',
    lines: [...UNSEEN, { at: 100, settled: ['resolved', 1] }, { at: 101, settled: ['firing', 1] }],
    story: ['100 a#1 unseen>resolved'],
    said: ['101 refused not-in-doubt 1 resolved'],
  },
];

describe('10 a doubt settled by hand', () => {
  test.each(BY_HAND)('$rule', ({ lines, story, said = [], source = PLAIN }) => {
    const played = play(lines, source);
    const firstWord = lines.findIndex((line) => line.settled !== undefined);
    const before = play(lines.slice(0, firstWord), source).story.length;
    expect(played.story.slice(before)).toEqual(story);
    expect(played.said.filter((one) => one.includes('refused'))).toEqual(said);
  });

  test('keeps who said it, why and when, also when a sender says otherwise later', () => {
    const lines: Line[] = [...UNSEEN, { at: 100, settled: ['resolved', 1] }, { at: 120, firing: ['a'], starts: 1 }];
    expect(play(lines, PLAIN).state.episodes['am|a']).toMatchObject({
      state: 'disputed',
      settled: { as: 'resolved', by: 'on-call', reason: 'looked at the tills', atMs: 100_000 },
    });
  });

  test('is no word on the next time of its firing', () => {
    const lines: Line[] = [...UNSEEN, { at: 100, settled: ['resolved', 1] }, { at: 120, firing: ['a'], starts: 110 }];
    expect(play(lines, PLAIN).state.episodes['am|a']).not.toHaveProperty('settled');
  });

  test('works where the source was taken out of the configuration: firing until the doubt would have ended', () => {
    const { state } = play(UNSEEN, PLAIN);
    const word = { source: 'am', fingerprint: 'a', episode: 1, as: 'firing', by: 'on-call', reason: 'seen' } as const;
    const settled = settle(state, [], word, 100_000, []);
    expect(settled.refusal).toBeNull();
    expect(passTime(settled.state, [], 999_999, []).state.episodes['am|a']).toMatchObject({ state: 'firing' });
    expect(passTime(settled.state, [], 1_000_000, []).state.episodes['am|a']).toMatchObject({ state: 'unseen' });
  });
});

describe('what an alert means', () => {
  test.each(RULES)('$rule', ({ lines, story, source = PLAIN }) => {
    expect(play(lines, source).story).toEqual(story);
  });

  test('13 a source that repeats later than declared is refused once', () => {
    const late = (at: number): Line => ({ at, firing: ['a'], digest: 'same' });
    const played = play([late(0), late(300), late(600), late(900), late(1200)], PLAIN);
    expect(played.said).toEqual(['600 SourceRefused repeat-interval']);
  });

  test('13 one lost repeat is no reason to refuse', () => {
    const repeat = (at: number): Line => ({ at, firing: ['a'], digest: 'same' });
    expect(play([repeat(0), repeat(120), repeat(360), repeat(480), repeat(720)], PLAIN).said).toEqual([]);
  });

  test('13 a source that talks and never repeats is refused when its first lease ends', () => {
    expect(play([{ at: 1, firing: ['a'] }, { at: 200, firing: ['b'], group: 'h' }, { at: 400 }], PLAIN).said).toEqual([
      '400 SourceRefused repeat-interval',
    ]);
  });

  test('the same ticks seldom or often give the same state', () => {
    const lines: Line[] = [
      { at: 1, firing: ['a'], starts: 1 },
      { at: 60, resolved: ['a'] },
      { at: 70, firing: ['a'], starts: 1 },
    ];
    const seldom = play([...lines, { at: 3000 }], PLAIN);
    const often = play([...lines, ...Array.from({ length: 2930 }, (_, i) => ({ at: 71 + i }))], PLAIN);
    expect(often.state).toEqual(seldom.state);
  });
});

describe('heartbeats', () => {
  const health = (lines: readonly Line[]) => {
    const played = play(lines, GUARDED);
    return sourceHealth(played.state, GUARDED);
  };
  test.each([
    ['never heard', [{ at: 10 }], 'never'],
    ['heard two periods ago: late, which still counts as alive', [{ at: 0, beat: 'firing' }, { at: 60 }], 'alive'],
    ['heard four periods ago', [{ at: 0, beat: 'firing' }, { at: 120 }], 'silent'],
    [
      'said to be resolved',
      [
        { at: 0, beat: 'firing' },
        { at: 30, beat: 'resolved' },
      ],
      'silent',
    ],
    [
      'heard again',
      [
        { at: 0, beat: 'firing' },
        { at: 300, beat: 'firing' },
      ],
      'alive',
    ],
    ['another alert is no heartbeat', [{ at: 0, beat: 'firing' }, { at: 100, firing: ['a'] }, { at: 120 }], 'silent'],
  ] as [string, Line[], string][])('%s', (_, lines, expected) => {
    expect(health(lines)).toBe(expected);
  });

  test('silence is said once, and so is being heard again', () => {
    const played = play(
      [{ at: 0, beat: 'firing' }, { at: 119 }, { at: 120 }, { at: 500 }, { at: 600, beat: 'firing' }, { at: 610 }],
      GUARDED,
    );
    expect(played.said).toEqual(['120 SourceSilent', '600 SourceHeard']);
  });

  test('a required heartbeat that never comes is silence after four periods of waiting', () => {
    expect(play([{ at: 0 }, { at: 119 }, { at: 120 }], GUARDED).said).toEqual(['120 SourceSilent']);
  });

  test('one that is not required and never came is not waited for', () => {
    const optional: AlertSource = { ...GUARDED, heartbeat: { ...GUARDED.heartbeat!, isRequired: false } };
    const played = play([{ at: 0 }, { at: 500, firing: ['a'] }, { at: 510, resolved: ['a'] }], optional);
    expect(played.said).toEqual([]);
    expect(played.story).toEqual(['500 a#1 >firing', '510 a#1 firing>resolved']);
    expect(sourceHealth(played.state, optional)).toBe('alive');
  });

  test('a source without a heartbeat is never known to be alive until it was heard', () => {
    expect(sourceHealth(NO_ALERTS, PLAIN)).toBe('never');
    const played = play([{ at: 5, firing: ['a'] }], PLAIN);
    expect(sourceHealth(played.state, PLAIN)).toBe('alive');
    expect(lastHeardMs(played.state, PLAIN)).toBe(5000);
  });
});
