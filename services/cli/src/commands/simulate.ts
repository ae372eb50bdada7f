import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import type { BacktestResult } from '@parapet/backtest';
import type { Command } from 'commander';
import { Context } from '../context.js';
import { EXIT, Failure } from '../exit.js';
import { judgeAll } from '../recorded/judge-all.js';
import { readPolicy } from '../recorded/policy-file.js';
import { Progress, speed } from '../recorded/progress.js';
import { foreign, span, table, wrap } from '../render/text.js';
import type { World } from '../world.js';

interface SimulateOptions {
  readonly policy: string;
  readonly releases: string;
  readonly out: string;
  readonly compare?: string;
  readonly only?: string;
}

/** `parapet simulate`: a policy judged on recorded releases, without any server. */
export function simulateCommand(program: Command, world: World): void {
  program
    .command('simulate')
    .description('judge recorded releases with a policy, thousands of times faster than real time, without a server')
    .requiredOption('--policy <path>', 'the GuardrailPolicy: a file, or a folder with the signals it names')
    .requiredOption('--releases <file>', 'recorded releases, one a line (.jsonl or .jsonl.gz)')
    .requiredOption('--out <file>', 'where the results go, one line a release')
    .option('--compare <path>', 'another policy, judged beside it')
    .option('--only <id>', 'one release, with the words of each guardrail')
    .action(async (options: SimulateOptions, command: Command) => {
      const context = Context.of(world, command);
      const simulated = await simulate(context, options);
      context.answer(simulated, () => describe(context, options, simulated));
    });
}

/** What a simulation comes to. */
interface Simulated {
  readonly releases: number;
  readonly tookMs: number;
  readonly timesRealTime: number;
  /** How many releases each policy gave which verdict. */
  readonly verdicts: readonly (Readonly<Record<BacktestResult['verdict'], number>> & { readonly policy: string })[];
  /** Releases of which two policies say different things. */
  readonly differences: readonly { readonly id: string; readonly said: readonly BacktestResult[] }[];
  /** The one release that was asked for. */
  readonly only?: readonly BacktestResult[];
}

/** Differences that are kept for the answer; there may be as many as releases. */
const DIFFERENCES_MAX = 1000;

async function simulate(context: Context, options: SimulateOptions): Promise<Simulated> {
  const paths = [options.policy, ...(options.compare === undefined ? [] : [options.compare])];
  const policies = paths.map(readPolicy);
  const out = new ResultFile(options.out);
  const progress = new Progress(context.world);
  const verdicts = policies.map(({ policy }) => ({ policy: policy.name, pass: 0, degraded: 0, inconclusive: 0 }));
  const differences: { id: string; said: readonly BacktestResult[] }[] = [];
  let releases = 0;
  let only: readonly BacktestResult[] | undefined;
  try {
    for await (const { release, results } of judgeAll(context, options.releases, policies, progress, options.only)) {
      releases += 1;
      results.forEach((result, i) => {
        const counts = verdicts[i];
        if (counts !== undefined) counts[result.verdict] += 1;
      });
      const [first, second] = results;
      if (first !== undefined) out.write(first);
      const isSame =
        second === undefined || (first?.verdict === second.verdict && first.degradedTick === second.degradedTick);
      if (!isSame && differences.length < DIFFERENCES_MAX) differences.push({ id: release.id, said: results });
      if (options.only !== undefined) only = results;
    }
  } catch (error) {
    out.abandon();
    throw error;
  } finally {
    progress.end();
  }
  out.finish();
  const [tookMs, timesRealTime] = [progress.tookMs(), Math.round(progress.speed())];
  return { releases, tookMs, timesRealTime, verdicts, differences, ...(only === undefined ? {} : { only }) };
}

/** Results beside their place until all are there: half of them would look like all. */
class ResultFile {
  private readonly partial: string;
  private readonly descriptor: number;

  constructor(private readonly file: string) {
    this.partial = `${file}.partial`;
    this.descriptor = this.tried(() => openSync(this.partial, 'w'));
  }

  write(result: BacktestResult): void {
    this.tried(() => writeSync(this.descriptor, `${JSON.stringify(result)}\n`));
  }

  finish(): void {
    this.tried(() => {
      closeSync(this.descriptor);
      renameSync(this.partial, this.file);
    });
  }

  abandon(): void {
    closeSync(this.descriptor);
    rmSync(this.partial, { force: true });
  }

  private tried<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw new Failure(EXIT.usage, `cannot write ${this.file}: ${(cause as Error).message}`, undefined, { cause });
    }
  }
}

function describe(context: Context, options: SimulateOptions, simulated: Simulated): string {
  const { releases, tookMs, timesRealTime, verdicts, differences, only } = simulated;
  const took = `${releases} release${releases === 1 ? '' : 's'} in ${span(tookMs)}, ${speed(timesRealTime)}`;
  const rows = verdicts.map((one) => [one.policy, `${one.pass}`, `${one.degraded}`, `${one.inconclusive}`]);
  const parts = [took, table(['POLICY', 'PASS', 'DEGRADED', 'INCONCLUSIVE'], rows, context.width)];
  if (only !== undefined) parts.push(...only.map((result) => story(context, result)));
  else if (verdicts.length > 1)
    parts.push(
      differencesTable(
        context,
        verdicts.map((one) => one.policy),
        differences,
      ),
    );
  parts.push(`results: ${options.out}`);
  return parts.join('\n\n');
}

function story(context: Context, result: BacktestResult): string {
  const lines = result.reasons.map(
    ({ words, reason, verdict }) => `  ${verdict}${reason === undefined ? '' : ` (${reason})`}: ${foreign(words)}`,
  );
  return [
    said(result),
    ...lines.map((line) => wrap(line.trim(), context.width, '    ')).map((line) => `  ${line}`),
  ].join('\n');
}

function said({ id, verdict, degradedTick, reason, attributed, intervalSec }: BacktestResult): string {
  if (verdict !== 'degraded' || degradedTick === null)
    return `${id}: ${verdict}${reason === null ? '' : ` (${reason})`}`;
  return `${id}: degraded after ${span((degradedTick + 1) * intervalSec * 1000)}, by ${attributed.join(', ')}`;
}

function differencesTable(
  context: Context,
  policies: readonly string[],
  differences: Simulated['differences'],
): string {
  if (differences.length === 0) return 'both say the same of every release';
  const rows = differences.map(({ id, said: both }) => [id, ...both.map((one) => said(one).slice(id.length + 2))]);
  return `${differences.length} releases judged differently\n${table(['RELEASE', ...policies.map((name) => name.toUpperCase())], rows, context.width)}`;
}
