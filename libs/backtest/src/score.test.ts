import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { readLabels, readResult, type ReleaseLabel, type ReleaseResult } from './labels.js';
import { mismatches, scoreCard } from './score.js';

const LABELS = new URL('../../../test/fixtures/releases/labels.json', import.meta.url);
const GUARDRAILS = [
  'order_success',
  'http_errors',
  'pos_sync_errors',
  'checkout_latency',
  'stock_update_latency',
  'db_lock_wait',
];

function labels(): readonly ReleaseLabel[] {
  const read = readLabels(JSON.parse(readFileSync(LABELS, 'utf8')));
  if ('faults' in read) throw new Error(JSON.stringify(read.faults));
  return read.value;
}

/** Verdicts of no meaning, good and bad ones mixed, so that every line of the score has something to count. */
function verdicts(some: readonly ReleaseLabel[]): readonly ReleaseResult[] {
  return some.map(({ id }, i): ReleaseResult => {
    const isDegraded = (i * 7) % 10 < 5;
    return {
      id,
      degradedTick: isDegraded ? (i * 37) % 240 : null,
      verdict: isDegraded ? 'degraded' : i % 3 === 0 ? 'pass' : 'inconclusive',
      attributed: isDegraded ? [GUARDRAILS[i % 6] as string, GUARDRAILS[(i + 3) % 6] as string] : [],
      intervalSec: 15,
    };
  });
}

describe('the score', () => {
  const all = labels();
  const card = scoreCard(all, verdicts(all));

  // What the scoring program that came with these releases prints for the same verdicts.
  it('counts as the releases were meant to be counted', () => {
    expect(card.all.releases).toBe(60);
    expect(card.all.falseRollbacks).toMatchObject({ count: 18, of: 32, rate: 0.5625 });
    expect(card.all.falseRollbackIds.join(' ')).toBe(
      'p0000 p0002 p0006 p0009 p0013 p0020 p0022 p0023 p0029 p0030 p0032 p0033 p0039 p0040 p0043 p0046 p0049 p0050',
    );
    expect(card.all.prematureIds).toEqual(['p0016', 'p0026', 'p0052', 'p0053']);
    expect(card.all.passOnUndecidable.count).toBe(1);
    expect(card.all.passOnDegraded.count).toBe(7);
    expect(card.all.goodPassed.rate).toBe(0.07692307692307693);
    expect(card.all.attributed).toMatchObject({ count: 3, of: 12 });
  });

  it.each([
    ['strong', 18, 12, 12.25, 43.25, 'p0026 p0027 p0028 p0031 p0035 p0045 p0048 p0051 p0052 p0053 p0054 p0055'],
    ['moderate', 6, 5, 6, 6, 'p0011 p0016 p0017 p0057 p0058'],
    ['weak', 4, 3, 32.75, 32.75, 'p0001 p0005 p0018'],
  ])('of %s degradations likewise', (level, releases, missed, median, p90, ids) => {
    const kinds = card.byKind.find(({ by }) => by === 'detectability')?.kinds ?? [];
    const score = kinds.find(([kind]) => kind === level)?.[1];
    expect(score?.releases).toBe(releases);
    expect(score?.missed.count).toBe(missed);
    expect(score?.missedIds.join(' ')).toBe(ids);
    expect(score?.delayMinutes.median).toBe(median);
    expect(score?.delayMinutes.p90).toBe(p90);
  });

  it('tells kinds of release apart, each release once for a kind of its own', () => {
    const releases = Object.fromEntries(
      card.byKind.map(({ by, kinds }) => [
        by,
        Object.fromEntries(kinds.map(([kind, score]) => [kind, score.releases])),
      ]),
    );
    expect(releases['mode']).toEqual({ historical: 37, concurrent: 23 });
    expect(releases['noise']).toEqual({ iid: 26, mild: 20, strong: 14 });
    expect(Object.values(releases['orders'] ?? {}).reduce((sum, n) => sum + n, 0)).toBe(60);
    expect(card.byKind.find(({ by }) => by === 'detectability')?.kinds.map(([kind]) => kind)).toEqual([
      'strong',
      'moderate',
      'weak',
    ]);
  });

  it('of nothing knows nothing', () => {
    const { all: empty, byKind } = scoreCard([], []);
    expect(empty.falseRollbacks.rate).toBeNull();
    expect(empty.delayMinutes.median).toBeNull();
    expect(byKind).toEqual([]);
  });
});

describe('results and labels', () => {
  const [first, second] = labels() as [ReleaseLabel, ReleaseLabel];
  const [one, two] = verdicts([first, second]) as [ReleaseResult, ReleaseResult];

  it.each<[string, readonly ReleaseLabel[], readonly ReleaseResult[], readonly string[]]>([
    ['belong together in any order', [first, second], [two, one], []],
    ['do not where a result is missing', [first, second], [one], ['there is no result for p0001']],
    ['do not where a label is missing', [first], [one, two], ['there is no label for p0001']],
    ['do not where a result stands twice', [first], [one, one], ['there are two results for p0000']],
  ])('%s', (_what, truth, said, problems) => {
    expect(mismatches(truth, said)).toEqual(problems);
  });

  it.each<[string, object, string]>([
    ['a verdict of another word', { verdict: 'fail' }, '/verdict'],
    ['a tick without a degradation', { verdict: 'pass', degradedTick: 3 }, '/degradedTick'],
    ['a degradation without a tick', { verdict: 'degraded', degradedTick: null }, '/degradedTick'],
    ['a tick before the first', { verdict: 'degraded', degradedTick: -1 }, '/degradedTick'],
    ['blame without a list', { attributed: 'order_success' }, '/attributed'],
    ['an interval of nothing', { intervalSec: 0 }, '/intervalSec'],
    ['no id', { id: '' }, '/id'],
  ])('are refused with %s', (_what, change, field) => {
    const read = readResult({ id: 'p0000', degradedTick: null, verdict: 'pass', attributed: [], ...change });
    expect('faults' in read ? read.faults.map((fault) => fault.field) : []).toContain(field);
  });

  it('may leave out blame and interval, as the plainest line of results does', () => {
    expect(readResult({ id: 'a', degradedTick: null, verdict: 'pass' })).toEqual({
      value: { id: 'a', degradedTick: null, verdict: 'pass', attributed: [], intervalSec: 15 },
    });
  });

  it.each<[string, unknown, string]>([
    ['no list', {}, ''],
    ['a truth of another word', [{ id: 'a', truth: 'fine' }], '/0/truth'],
    ['a degradation without an onset', [{ id: 'a', truth: 'degraded', detectability: 'weak' }], '/0/onsetTick'],
    ['a degradation of unknown size', [{ id: 'a', truth: 'degraded', onsetTick: 0 }], '/0/detectability'],
    ['an effect on nothing', [{ id: 'a', truth: 'good', effects: [{}] }], '/0/effects'],
    [
      'two of an id',
      [
        { id: 'a', truth: 'good' },
        { id: 'a', truth: 'good' },
      ],
      '',
    ],
  ])('refuse labels that are %s', (_what, json, field) => {
    const read = readLabels(json);
    expect('faults' in read ? read.faults.map((fault) => fault.field) : []).toContain(field);
  });
});
