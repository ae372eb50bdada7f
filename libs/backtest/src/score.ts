import { type Median, medianOf, type Share, shareOf } from '@parapet/guardrails';
import type { ReleaseLabel, ReleaseResult } from './labels.js';

/** How a policy did on some releases of which the truth is known. */
export interface Score {
  readonly releases: number;
  /** Said to be degraded, of those that are good or undecidable. */
  readonly falseRollbacks: Share;
  readonly falseRollbackIds: readonly string[];
  /** Said to be degraded before they were, of those that are; a miss as well. */
  readonly premature: Share;
  readonly prematureIds: readonly string[];
  /** Not said to be degraded at or after the onset, of those that are. */
  readonly missed: Share;
  readonly missedIds: readonly string[];
  /** Minutes from the onset to the first word of it, of those that were found. */
  readonly delayMinutes: Median;
  readonly passOnUndecidable: Share;
  readonly passOnDegraded: Share;
  readonly goodPassed: Share;
  /** A guardrail that is degraded is among the blamed ones, of those degraded releases that were said to be. */
  readonly attributed: Share;
}

/** A score for each kind of release, by what the kind is a matter of. */
export interface ScoreCard {
  readonly all: Score;
  readonly byKind: readonly {
    readonly by: string;
    readonly kinds: readonly (readonly [kind: string, score: Score])[];
  }[];
}

/** A label with what was said of its release. */
interface Case {
  readonly label: ReleaseLabel;
  readonly result: ReleaseResult;
}

/** What keeps results from being scored against labels; empty where they belong together. */
export function mismatches(labels: readonly ReleaseLabel[], results: readonly ReleaseResult[]): readonly string[] {
  const known = new Set(labels.map(({ id }) => id));
  const said = new Set<string>();
  const problems: string[] = [];
  for (const { id } of results) {
    if (said.has(id)) problems.push(`there are two results for ${id}`);
    if (!known.has(id)) problems.push(`there is no label for ${id}`);
    said.add(id);
  }
  return [...problems, ...labels.filter(({ id }) => !said.has(id)).map(({ id }) => `there is no result for ${id}`)];
}

/** Scores results against the truth, all together and by kind of release. */
export function scoreCard(labels: readonly ReleaseLabel[], results: readonly ReleaseResult[]): ScoreCard {
  const byId = new Map(results.map((result) => [result.id, result]));
  const cases = labels.flatMap((label): readonly Case[] => {
    const result = byId.get(label.id);
    return result === undefined ? [] : [{ label, result }];
  });
  const byKind = KINDS.map(({ by, of, order }) => {
    const groups = new Map<string, Case[]>();
    for (const one of cases) for (const kind of of(one.label)) groups.set(kind, [...(groups.get(kind) ?? []), one]);
    const rank = (kind: string) => order.indexOf(kind) + 1 || order.length + 1;
    const kinds = [...groups].sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
    return { by, kinds: kinds.map(([kind, some]) => [kind, scoreOf(some)] as const) };
  });
  return { all: scoreOf(cases), byKind: byKind.filter(({ kinds }) => kinds.length > 0) };
}

const BANDS = [
  'up to 1 a minute',
  '1 to 20 a minute',
  '20 to 200 a minute',
  '200 to 1000 a minute',
  'above 1000 a minute',
];

/** What releases are told apart by. */
const KINDS: readonly {
  readonly by: string;
  readonly order: readonly string[];
  of(label: ReleaseLabel): readonly string[];
}[] = [
  { by: 'detectability', order: ['strong', 'moderate', 'weak'], of: (label) => some(label.detectability) },
  { by: 'mode', order: ['historical', 'concurrent'], of: (label) => some(label.mode) },
  { by: 'noise', order: ['iid', 'mild', 'strong'], of: (label) => some(label.noise) },
  {
    by: 'orders',
    order: BANDS,
    of: (label) => (label.ordersPerMinute === null ? [] : [bandOf(label.ordersPerMinute)]),
  },
  { by: 'effect', order: [], of: (label) => [...new Set(label.effects)] },
  { by: 'tag', order: [], of: (label) => (label.tags.length === 0 ? ['none'] : label.tags) },
];

function some(kind: string | null): readonly string[] {
  return kind === null ? [] : [kind];
}

function bandOf(ordersPerMinute: number): string {
  const tops = [1, 20, 200, 1000];
  const i = tops.findIndex((top) => ordersPerMinute <= top);
  return BANDS[i === -1 ? tops.length : i] as string;
}

function scoreOf(cases: readonly Case[]): Score {
  const of = (...truths: readonly ReleaseLabel['truth'][]) => cases.filter(({ label }) => truths.includes(label.truth));
  const [good, degraded, undecidable] = [of('good'), of('degraded'), of('undecidable')];
  const falsely = [...good, ...undecidable].filter(isFlagged);
  const premature = degraded.filter((one) => isFlagged(one) && !isFound(one));
  const missed = degraded.filter((one) => !isFound(one));
  const flagged = degraded.filter(isFlagged);
  const passed = (some: readonly Case[]) =>
    shareOf(some.filter(({ result }) => result.verdict === 'pass').length, some.length);
  return {
    releases: cases.length,
    falseRollbacks: shareOf(falsely.length, good.length + undecidable.length),
    falseRollbackIds: falsely.map(idOf).sort(),
    premature: shareOf(premature.length, degraded.length),
    prematureIds: premature.map(idOf),
    missed: shareOf(missed.length, degraded.length),
    missedIds: missed.map(idOf),
    delayMinutes: medianOf(degraded.filter(isFound).map(delayMinutesOf)),
    passOnUndecidable: passed(undecidable),
    passOnDegraded: passed(degraded),
    goodPassed: passed(good),
    attributed: shareOf(flagged.filter(isRightlyAttributed).length, flagged.length),
  };
}

function idOf({ label }: Case): string {
  return label.id;
}

function isFlagged({ result }: Case): boolean {
  return result.verdict === 'degraded';
}

function isFound({ label, result }: Case): boolean {
  return result.degradedTick !== null && label.onsetTick !== null && result.degradedTick >= label.onsetTick;
}

/** The tick of the onset counts: what is said at its end took one interval. */
function delayMinutesOf({ label, result }: Case): number {
  return (((result.degradedTick ?? 0) - (label.onsetTick ?? 0) + 1) * result.intervalSec) / 60;
}

function isRightlyAttributed({ label, result }: Case): boolean {
  return result.attributed.some((id) => label.effects.includes(id));
}
