import { describe, expect, test } from '@jest/globals';
import type { AlertEpisodeView, AlertsView } from '@parapet/contracts';
import { exampleAlerts, RELEASE_ID } from '../../test/example.js';
import { candidatesSentence, concernsOf, stateSentence, wordSentence } from './alerts.js';
import { clockTime } from './time.js';

const NOW = Date.parse('2026-11-23T09:45:00Z');
const at = (minutes: number) => new Date(NOW + minutes * 60_000).toISOString();
const view = exampleAlerts(at);
const [first] = view.items as [AlertEpisodeView];
const names = (items: readonly AlertEpisodeView[]) => items.map(({ name }) => name);
const with_ = (over: Partial<AlertsView>) => concernsOf({ ...view, ...over }, RELEASE_ID);

describe('the alerts on a page of a release', () => {
  test('are its own, and what may be its doing; never those of another release', () => {
    const { attached, unattached, doubts } = with_({});
    expect([names(attached), names(unattached), doubts]).toEqual([['CheckoutErrors'], ['QueueTooLong'], []]);
  });

  test('are also those of no release at all, or nobody would see them', () => {
    const orphan = { ...first, name: 'Orphan', attachment: { kind: 'unattached', candidates: [] } } as const;
    expect(names(with_({ items: [orphan] }).unattached)).toEqual(['Orphan']);
    expect(candidatesSentence(orphan)).toBe('It names no release or component that ran when it began.');
  });

  test.each<readonly [string, Partial<AlertsView>, readonly string[]]>([
    [
      'a silent source',
      { sources: [{ source: 'am', health: 'silent', heardAt: at(-9) }] },
      [`am has not been heard since ${clockTime(at(-9))}: that no alert of it is shown does not mean that none fires.`],
    ],
    [
      'a source that never spoke',
      { sources: [{ source: 'am', health: 'never', heardAt: null }] },
      ['am has never been heard: that no alert of it is shown does not mean that none fires.'],
    ],
    [
      'a message that was cut',
      { incomplete: [{ source: 'am', group: 'g', heardAt: at(-2) }] },
      [`A message of am at ${clockTime(at(-2))} was cut; what it left out is not known.`],
    ],
    ['more than can be shown', { more: 7 }, ['7 more alerts are not shown.']],
  ])('come with a word on %s', (_, over, doubts) => {
    expect(with_(over).doubts).toEqual(doubts);
  });
});

describe('an alert in words', () => {
  const since = clockTime(first.since);
  test.each<readonly [AlertEpisodeView['state'], string]>([
    ['firing', `Fires since ${clockTime(first.startsAt)}.`],
    ['unseen', `Not reported any more since ${since}; nobody said that it is over.`],
    ['unconfirmed', `Said to be over at ${since}, by a sender that may have been down.`],
    ['disputed', `Said to be over, and at ${since} said to be firing again with its old start.`],
    ['abandoned', `In doubt, and given up at ${since}: nobody said how it ended. It counts as unknown.`],
    ['resolved', `Over since ${since}.`],
  ])('that is %s', (state, words) => {
    expect(stateSentence({ ...first, state })).toBe(words);
  });

  test('names every release it may be of', () => {
    expect(candidatesSentence(view.items[1] as AlertEpisodeView)).toBe(
      'It may be the doing of odoo-2026.11.3 or odoo-2026.11.4-hotfix.',
    );
    expect(candidatesSentence(first)).toBeNull();
  });

  test.each([
    ['resolved', 'waiting', 'that it is over: “tills sell”. This counts in a moment.'],
    ['firing', 'applied', 'that it fires: “tills sell”.'],
    ['resolved', 'overtaken', 'that it is over: “tills sell”. That came too late: the alert had moved on.'],
  ] as const)('says who settled it: %s, %s', (as, outcome, words) => {
    const word = { as, by: 'on-call', reason: 'tills sell', at: at(-1), outcome };
    expect(wordSentence({ ...first, word })).toBe(`on-call said at ${clockTime(at(-1))} ${words}`);
    expect(wordSentence(first)).toBeNull();
  });
});
