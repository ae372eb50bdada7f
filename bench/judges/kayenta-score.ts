/**
 * How Kayenta makes a score of classified metrics, and a verdict of the score.
 *
 * Source of the rule: kayenta-judge (WeightedSumScorer, ThresholdScoreClassifier). A group's score is the share of its metrics
 * that passed, of those with data; a group without any data counts as 100. Groups without a weight share what the others leave
 * of 100. One critical metric that did not pass, or half of the metrics without data, make the score 0. At `pass` or above the
 * canary passes, at `marginal` or above it is marginal, below it fails.
 */
import type { Classified } from './kayenta-metric.ts';

export interface Scored {
  readonly groups: readonly string[];
  readonly metric: Classified;
}

/** The summary score, 0 to 100, to two decimals. */
export function scoreOf(metrics: readonly Scored[], groupWeights: Readonly<Record<string, number>>): number {
  if (metrics.some(({ metric }) => metric.isCritical && metric.label !== 'Pass')) return 0;
  const absent = metrics.filter(({ metric }) => metric.label === 'Nodata').length;
  if ((absent / metrics.length) * 100 >= 50) return 0;

  const groups = [...new Set(metrics.flatMap((m) => m.groups))];
  const unweighted = groups.filter((group) => !Object.hasOwn(groupWeights, group));
  const given = Object.values(groupWeights).reduce((sum, weight) => sum + weight, 0);
  const shared = unweighted.length > 0 ? (100 - given) / unweighted.length : 0;
  const sum = groups.reduce((total, group) => {
    const own = metrics.filter((m) => m.groups.includes(group));
    return total + groupScore(own) * ((groupWeights[group] ?? shared) / 100);
  }, 0);
  return Math.round(sum * 100) / 100;
}

function groupScore(metrics: readonly Scored[]): number {
  const labels = metrics.map((m) => m.metric.label);
  const judged = labels.filter((label) => label !== 'Nodata' && label !== 'Error');
  return judged.length === 0 ? 100 : (labels.filter((label) => label === 'Pass').length / judged.length) * 100;
}

/** What a score means. */
export function classifyScore(
  score: number,
  thresholds: { readonly pass: number; readonly marginal: number },
): 'pass' | 'marginal' | 'fail' {
  if (score >= thresholds.pass) return 'pass';
  return score >= thresholds.marginal ? 'marginal' : 'fail';
}
