import { describe, expect, test } from '@jest/globals';
import type { AlertSource } from './alert-sources.js';
import { passTime } from './alerts.js';
import { settle } from './settlement.js';
import { beats, GUARDED, LEASE, type Line, ordered, PLAIN, play } from '../testing/alert-lines.js';

/** What a person's word does to a doubt. */

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
