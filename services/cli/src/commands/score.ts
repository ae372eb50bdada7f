import { readFileSync } from 'node:fs';
import {
  type Median,
  mismatches,
  readLabels,
  type ReleaseLabel,
  type ReleaseResult,
  readResult,
  type Score,
  type ScoreCard,
  scoreCard,
  type Share,
} from '@parapet/backtest';
import type { Command } from 'commander';
import { Context } from '../context.js';
import { EXIT, Failure, misused } from '../exit.js';
import { judgeAll } from '../recorded/judge-all.js';
import { jsonOf, linesOf, refuse } from '../recorded/lines.js';
import { readPolicy } from '../recorded/policy-file.js';
import { Progress } from '../recorded/progress.js';
import { table } from '../render/text.js';
import type { World } from '../world.js';

interface ScoreOptions {
  readonly compare?: string;
  readonly releases?: string;
}

/** `parapet score`: what a simulation said, held against the truth. */
export function scoreCommand(program: Command, world: World): void {
  program
    .command('score <results> <labels>')
    .description('false rollbacks, misses and delay of simulated verdicts, with 95 % intervals, by kind of release')
    .option('--compare <path>', 'beside these: other results (.jsonl), or a policy that is judged now')
    .option('--releases <file>', 'the recorded releases, where --compare is a policy')
    .action(async (results: string, labels: string, options: ScoreOptions, command: Command) => {
      const context = Context.of(world, command);
      const truth = labelsOf(labels);
      const own = card(truth, await resultsOf(results), results);
      const other =
        options.compare === undefined
          ? null
          : card(truth, await otherResults(context, options.compare, options.releases), options.compare);
      const columns = [
        { name: results, card: own },
        ...(other === null || options.compare === undefined ? [] : [{ name: options.compare, card: other }]),
      ];
      context.answer(other === null ? own : { results: own, compared: other }, () => describe(context, columns));
    });
}

function card(labels: readonly ReleaseLabel[], results: readonly ReleaseResult[], name: string): ScoreCard {
  const problems = mismatches(labels, results);
  if (problems.length === 0) return scoreCard(labels, results);
  const shown = problems.slice(0, 5).join('; ');
  throw misused(
    `${name} does not belong to these labels: ${shown}${problems.length > 5 ? `; and ${problems.length - 5} more` : ''}`,
  );
}

function labelsOf(file: string): readonly ReleaseLabel[] {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Failure(EXIT.usage, `cannot read labels from ${file}: ${(cause as Error).message}`, undefined, { cause });
  }
  const read = readLabels(json);
  if ('faults' in read) throw refuse(file, read.faults);
  return read.value;
}

async function resultsOf(file: string): Promise<readonly ReleaseResult[]> {
  const results: ReleaseResult[] = [];
  for await (const line of linesOf(file)) {
    const read = readResult(jsonOf(line));
    if ('faults' in read) throw refuse(`${line.file}:${line.number}`, read.faults);
    results.push(read.value);
  }
  return results;
}

async function otherResults(
  context: Context,
  path: string,
  releases: string | undefined,
): Promise<readonly ReleaseResult[]> {
  if (/\.jsonl(\.gz)?$/.test(path)) return await resultsOf(path);
  if (releases === undefined)
    throw misused(`${path} is a policy, which has to be judged first: give the recorded releases with --releases FILE`);
  const progress = new Progress(context.world);
  const results: ReleaseResult[] = [];
  try {
    for await (const judged of judgeAll(context, releases, [readPolicy(path)], progress))
      results.push(...judged.results);
  } finally {
    progress.end();
  }
  return results;
}

interface Column {
  readonly name: string;
  readonly card: ScoreCard;
}

/** The rows of the summary, what counts most first. */
const ROWS: readonly (readonly [name: string, cell: (score: Score) => string])[] = [
  ['false rollbacks', (score) => shareText(score.falseRollbacks)],
  ['missed', (score) => shareText(score.missed)],
  ['median delay', (score) => delayText(score.delayMinutes)],
  ['90 % found within', (score) => minutes(score.delayMinutes.p90)],
  ['said too early', (score) => shareText(score.premature)],
  ['healthy that passed', (score) => shareText(score.goodPassed)],
  ['passed although undecidable', (score) => shareText(score.passOnUndecidable)],
  ['passed although degraded', (score) => shareText(score.passOnDegraded)],
  ['blamed rightly', (score) => shareText(score.attributed)],
];

function describe(context: Context, columns: readonly Column[]): string {
  const names = columns.map(({ name }) => name);
  const [first] = columns;
  if (first === undefined) return '';
  const summary = table(
    [`${first.card.all.releases} RELEASES`, ...names],
    ROWS.map(([name, cell]) => [name, ...columns.map(({ card }) => cell(card.all))]),
    Math.max(context.width, WIDE),
  );
  const named = columns.flatMap(({ name, card }) => [
    idsText('false rollbacks', name, columns.length, card.all.falseRollbackIds),
    idsText('missed', name, columns.length, card.all.missedIds),
  ]);
  const kinds = first.card.byKind.map(({ by }) => kindTable(context, by, columns));
  return [summary, ...named.filter((text) => text !== ''), ...kinds].join('\n\n');
}

const IDS_SHOWN = 12;

function idsText(what: string, name: string, columns: number, ids: readonly string[]): string {
  if (ids.length === 0) return '';
  const rest = ids.length > IDS_SHOWN ? `, and ${ids.length - IDS_SHOWN} more (--json lists them)` : '';
  return `${what}${columns > 1 ? ` of ${name}` : ''}: ${ids.slice(0, IDS_SHOWN).join(', ')}${rest}`;
}

function kindTable(context: Context, by: string, columns: readonly Column[]): string {
  const kinds = columns[0]?.card.byKind.find((one) => one.by === by)?.kinds ?? [];
  const rows = kinds.flatMap(([kind]) =>
    columns.map(({ card, name }) => {
      const score = card.byKind.find((one) => one.by === by)?.kinds.find(([other]) => other === kind)?.[1];
      if (score === undefined) return [kind];
      const { falseRollbacks, missed, delayMinutes, goodPassed } = score;
      const cells = [shareText(falseRollbacks), shareText(missed), delayText(delayMinutes), shortShare(goodPassed)];
      return [kind, ...(columns.length > 1 ? [name] : []), `${score.releases}`, ...cells];
    }),
  );
  const headings = [
    by.toUpperCase(),
    ...(columns.length > 1 ? ['RESULTS'] : []),
    'RELEASES',
    'FALSE ROLLBACKS',
    'MISSED',
    'MEDIAN DELAY',
    'PASSED',
  ];
  return table(headings, rows, Math.max(context.width, WIDE));
}

/** Columns of intervals do not fit into eighty letters, and cut numbers are wrong numbers. */
const WIDE = 160;

function shareText({ count, of, rate, low, high }: Share): string {
  if (rate === null) return '–';
  return `${count} of ${of}, ${percent(rate)} (${percent(low)} to ${percent(high)})`;
}

function shortShare({ count, of }: Share): string {
  return of === 0 ? '–' : `${count} of ${of}`;
}

function delayText({ median, low, high }: Median): string {
  if (median === null) return '–';
  return low === null || high === null ? minutes(median) : `${minutes(median)} (${minutes(low)} to ${minutes(high)})`;
}

function minutes(value: number | null): string {
  return value === null ? '–' : `${Math.round(value * 10) / 10} min`;
}

function percent(rate: number): string {
  return `${Math.round(rate * 1000) / 10} %`;
}
