import {
  backtest,
  type BacktestPolicy,
  type BacktestResult,
  pair,
  readRelease,
  type RecordedRelease,
} from '@parapet/backtest';
import type { Context } from '../context.js';
import { Failure, EXIT } from '../exit.js';
import { jsonOf, linesOf, refuse } from './lines.js';
import type { Progress } from './progress.js';

/** A release with what each policy said of it, in the order of the policies. */
export interface JudgedRelease {
  readonly release: RecordedRelease;
  readonly results: readonly BacktestResult[];
}

/** Judges the releases of a file one after the other; holds one of them in memory. */
export async function* judgeAll(
  context: Context,
  file: string,
  policies: readonly BacktestPolicy[],
  progress: Progress,
  only?: string,
): AsyncGenerator<JudgedRelease> {
  const ids = new Map<string, number>();
  const warnings = new Warnings(context);
  for await (const line of linesOf(file)) {
    const read = readRelease(jsonOf(line));
    const place = `${line.file}:${line.number}`;
    if ('faults' in read) throw refuse(place, read.faults);
    const { release } = read;
    const before = ids.get(release.id);
    if (before !== undefined)
      throw new Failure(EXIT.usage, `${place}: release ${release.id} stands already in line ${before}`);
    ids.set(release.id, line.number);
    if (only !== undefined && release.id !== only) continue;
    const results = policies.map((policy) => {
      warnings.check(policy, release, place);
      return backtest(policy, release);
    });
    progress.count(line.share, release.watchTicks * release.intervalMs);
    yield { release, results };
    if (only !== undefined) return;
  }
  if (only !== undefined) throw new Failure(EXIT.usage, `there is no release ${only} in ${file}`);
  if (ids.size === 0) throw new Failure(EXIT.usage, `there is no release in ${file}`);
}

/** What a policy and a record do not have in common: told once, not for each release. */
class Warnings {
  private readonly told = new Set<string>();

  constructor(private readonly context: Context) {}

  check({ policy }: BacktestPolicy, release: RecordedRelease, place: string): void {
    const { pairs, misfits, unrecorded, unjudged } = pair(policy, release.guardrails);
    const [misfit] = misfits;
    if (misfit !== undefined)
      throw new Failure(EXIT.usage, `${place}: policy ${policy.name} cannot judge this: ${misfit}`);
    if (pairs.length === unrecorded.length) {
      const ids = release.guardrails.map(({ id }) => id).join(', ');
      throw new Failure(
        EXIT.usage,
        `${place}: no guardrail of policy ${policy.name} has a name or a signal like any of ${ids}`,
      );
    }
    for (const name of unrecorded)
      this.tell(
        `policy ${policy.name}: nothing was recorded for guardrail ${name}: it stays without data, and a pass that requires it cannot be`,
        place,
      );
    for (const id of unjudged) this.tell(`policy ${policy.name}: no guardrail judges ${id}, which was recorded`, place);
  }

  private tell(text: string, place: string): void {
    if (this.told.has(text)) return;
    this.told.add(text);
    this.context.progress(`warning: ${text} (first at ${place})`);
  }
}
