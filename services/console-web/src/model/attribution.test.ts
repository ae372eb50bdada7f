import { describe, expect, test } from '@jest/globals';
import type { Attribution } from '@parapet/guardrails';
import { blameOf } from './attribution.js';

const attribution = (more: Partial<Attribution> = {}): Attribution => ({
  guardrails: ['orders'],
  onset: '2026-11-23T09:14:00.000Z',
  alternatives: [
    { kind: 'before', finding: 'ruled-out', words: 'it was still as usual in the minutes before 09:12 UTC' },
    { kind: 'elsewhere', finding: 'not-checked', words: 'everything got the release' },
  ],
  words: 'orders got worse at 09:14 UTC, 2 minutes after this release began',
  ...more,
});
const released = { kind: 'release', release: 'rel_2', words: 'release odoo-pos-7 began at 09:13 UTC' } as const;

describe('whose doing it is, on a page', () => {
  test('nothing is said while nothing is worse', () => {
    expect(blameOf({ id: 'rel_1' })).toBeNull();
  });

  test.each([
    ['this release', attribution({ blamed: 'rel_1' }), 'This release is blamed', 'fail', null],
    [
      'another one, with the way to its page',
      attribution({ blamed: 'rel_2', alternatives: [{ ...released, finding: 'found' }] }),
      'Another release is blamed',
      'inconclusive',
      '/releases/rel_2',
    ],
    [
      'nobody, where another cause is found',
      attribution({ alternatives: [{ kind: 'recurring', finding: 'found', words: 'as bad yesterday' }] }),
      'This release is not blamed',
      'inconclusive',
      null,
    ],
    [
      'nobody, where it cannot be told',
      attribution({ alternatives: [{ ...released, finding: 'possible' }] }),
      'Nobody is blamed',
      'inconclusive',
      null,
    ],
  ] as const)('blames %s', (_, given, title, tone, blamedPath) => {
    expect(blameOf({ id: 'rel_1', attribution: given })).toMatchObject({ title, tone, blamedPath });
  });

  test('causes are sentences in the order in which they matter, each with a word for what was found', () => {
    const given = attribution({
      alternatives: [
        { kind: 'traffic', finding: 'ruled-out', words: 'traffic is about as usual' },
        { kind: 'elsewhere', finding: 'not-checked', words: 'everything got the release' },
        { ...released, finding: 'possible' },
        { kind: 'before', finding: 'found', words: 'it was like this already: 7.5 % failed' },
      ],
    });
    expect(blameOf({ id: 'rel_1', attribution: given })?.considered).toEqual([
      {
        what: 'It was so before',
        finding: 'found',
        findingWord: 'Found',
        words: 'It was like this already: 7.5\u00a0% failed.',
        path: null,
      },
      {
        what: 'Another release',
        finding: 'possible',
        findingWord: 'Possible',
        words: 'Release odoo-pos-7 began at 09:13 UTC.',
        path: '/releases/rel_2',
      },
      {
        what: 'It is so elsewhere',
        finding: 'not-checked',
        findingWord: 'Not checked',
        words: 'Everything got the release.',
        path: null,
      },
      {
        what: 'The traffic',
        finding: 'ruled-out',
        findingWord: 'Ruled out',
        words: 'Traffic is about as usual.',
        path: null,
      },
    ]);
  });
});
