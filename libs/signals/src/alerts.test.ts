import { describe, expect, test } from '@jest/globals';
import { type AlertSource, lastHeardMs, sourceHealth } from './alert-sources.js';
import { NO_ALERTS } from './alerts-state.js';
import { beats, GUARDED, LEASE, type Line, ordered, PLAIN, play } from '../testing/alert-lines.js';

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
