/** Every judge on the labelled releases, in the order of the table; ours first. */
import { mismatches, readLabels, type ReleaseLabel, type Score, scoreCard } from '@parapet/backtest';
import { PEERS } from './judges.ts';
import { judgeOwn, policyOf } from './own.ts';
import type { Release, Verdict } from './release.ts';

/** The texts of the files that the benchmark reads. */
export interface Benchmark {
  /** One release a line. */
  readonly releases: string;
  readonly labels: string;
  readonly policy: { readonly file: string; readonly text: string };
}

/** One judge's row: all releases, and by how well they can be seen. */
export interface Row {
  readonly name: string;
  readonly all: Score;
  readonly strong: Score;
  readonly moderate: Score;
  /** Releases that are not degraded. */
  readonly notDegraded: number;
  readonly verdicts: readonly (Verdict & { readonly id: string })[];
}

/** Judges and scores, one judge after the other. */
export function* rowsOf({ releases, labels, policy }: Benchmark): Generator<Row> {
  const records = releases
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Release);
  const truth = readLabels(JSON.parse(labels));
  if ('faults' in truth) throw new Error(truth.faults.map(({ field, problem }) => `${field} ${problem}`).join('\n'));
  const own = policyOf(policy.file, policy.text);
  const judges = [
    { name: 'Parapet, `odoo-retail.yaml`', judge: (release: Release) => judgeOwn(own, release) },
    ...PEERS,
  ];
  for (const { name, judge } of judges) {
    yield rowOf(
      name,
      truth.value,
      records.map((release) => ({ id: release.id, intervalSec: release.intervalSec, ...judge(release) })),
    );
  }
}

function rowOf(
  name: string,
  labels: readonly ReleaseLabel[],
  results: readonly (Verdict & { readonly id: string; readonly intervalSec: number })[],
): Row {
  const problems = mismatches(labels, results);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const { all, byKind } = scoreCard(labels, results);
  const seen = new Map(byKind.find(({ by }) => by === 'detectability')?.kinds ?? []);
  const [strong, moderate] = [seen.get('strong'), seen.get('moderate')];
  if (strong === undefined || moderate === undefined)
    throw new Error('no label says how well a degradation can be seen');
  return { name, all, strong, moderate, notDegraded: all.falseRollbacks.of, verdicts: results };
}
