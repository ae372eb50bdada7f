import { describe, expect, test } from '@jest/globals';
import { LastVerdicts } from './last-verdicts.js';
import { unknownRelease } from './verdict.js';

const place = { tenant: 'acme-retail', environment: 'production', name: 'odoo-2026.11.3' };
const known = {
  ...unknownRelease('rel_1', Date.UTC(2026, 10, 23, 9)),
  verdict: 'pass' as const,
  action: 'continue' as const,
};
const byName = { environment: 'production', name: 'odoo-2026.11.3' };

describe('while our own servers are away', () => {
  test('a gate is told what was last known as inconclusive, with its age', () => {
    const last = new LastVerdicts();
    last.remember(place, known);
    const told = {
      ...known,
      verdict: 'inconclusive',
      final: false,
      reason: 'stale',
      words: 'Nothing newer is known: our own database is away.',
      advice: 'Look at the health of PostgreSQL; the verdict goes on when it is back.',
      action: 'hold',
    };
    expect(last.whileAway('acme-retail', 'rel_1', {})).toEqual(told);
    expect(told.asOf).toBe('2026-11-23T09:00:00.000Z');
    expect(last.whileAway('acme-retail', 'by-name', byName)).toEqual(told);
  });

  test.each([
    ['pending', 'continue', 'hold'],
    ['pass', 'continue', 'hold'],
    ['inconclusive', 'hold', 'hold'],
    ['fail', 'hold', 'hold'],
    ['fail', 'roll-back', 'roll-back'],
  ] as const)('%s with %s is neither promoted nor undone: %s', (verdict, action, then) => {
    const last = new LastVerdicts();
    last.remember(place, { ...known, verdict, action });
    expect(last.whileAway('acme-retail', 'rel_1', {})).toMatchObject({ verdict: 'inconclusive', action: then });
  });

  test('nothing is made up of a release that this instance has never seen', () => {
    expect(new LastVerdicts().whileAway('acme-retail', 'rel_1', {})).toBeNull();
    expect(new LastVerdicts().whileAway('acme-retail', 'by-name', byName)).toBeNull();
  });

  test('another tenant is told nothing', () => {
    const last = new LastVerdicts();
    last.remember(place, known);
    expect(last.whileAway('rival-retail', 'rel_1', {})).toBeNull();
    expect(last.whileAway('rival-retail', 'by-name', byName)).toBeNull();
  });

  test('memory is bounded, and the oldest goes first', () => {
    const last = new LastVerdicts();
    for (let i = 0; i <= 10_000; i++) last.remember({ ...place, name: `n${i}` }, { ...known, release: `rel_${i}` });
    expect(last.whileAway('acme-retail', 'rel_0', {})).toBeNull();
    expect(last.whileAway('acme-retail', 'rel_10000', {})).not.toBeNull();
  });
});
