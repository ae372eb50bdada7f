import type { ApplyRequest, ApplyView, Problem } from '@parapet/contracts';
import {
  type ConfigurationFile,
  type ConfigurationProblem,
  describeProblem,
  locateProblems,
  parseDocuments,
  readDocuments,
} from '@parapet/policy';
import type { Command } from 'commander';
import { Refused } from '../client.js';
import { filesIn } from '../configuration-files.js';
import { Context } from '../context.js';
import { EXIT, Failure, misused } from '../exit.js';
import { foreign, table, wrap } from '../render/text.js';
import type { World } from '../world.js';

interface ApplyOptions {
  readonly file: readonly string[];
  readonly dryRun?: boolean;
  readonly offline?: boolean;
  readonly force?: boolean;
  readonly reason?: string;
}

/** `parapet apply`: configuration from files, whole or not at all. */
export function applyCommand(program: Command, world: World): void {
  program
    .command('apply')
    .description('check configuration and put it in force, whole or not at all')
    .requiredOption('-f, --file <path...>', 'files, or folders with .yaml, .yml and .json')
    .option('--dry-run', 'let Parapet check it and change nothing')
    .option('--offline', 'check the files by themselves, without Parapet')
    .option('--force', 'take guardrails that data speaks against, and let them act without proof; needs --reason')
    .option('--reason <text>', 'why by force: kept in the audit log')
    .action(async (options: ApplyOptions, command: Command) => {
      const context = Context.of(world, command);
      const files = options.file.flatMap(filesIn);
      if (options.offline === true) return checkOffline(context, files);
      if ((options.force === true) !== (options.reason !== undefined))
        throw misused('--force and --reason belong together: what is forced is journaled with why');
      const view = await send(context, files, options);
      context.answer(view, () => describe(context, view, options.dryRun === true));
    });
}

function checkOffline(context: Context, files: readonly ConfigurationFile[]): void {
  const parsed = parseDocuments(files);
  if ('problems' in parsed) throw invalid(parsed.problems);
  const documents = parsed.documents.map(({ kind, name, file, line }) => ({ kind, name, file, line }));
  context.answer({ documents }, () => `${documents.length} documents, nothing wrong with them`);
}

async function send(
  context: Context,
  files: readonly ConfigurationFile[],
  { dryRun, reason }: ApplyOptions,
): Promise<ApplyView> {
  const { documents, problems } = readDocuments(files);
  // What cannot be read cannot be sent; the rest of the problems is told now, so that one look is enough.
  if (problems.length > 0) {
    const parsed = parseDocuments(files);
    throw invalid('problems' in parsed ? parsed.problems : problems);
  }
  if (documents.length === 0) throw misused('there are no documents in these files');
  const force = reason === undefined ? {} : { force: { reason } };
  const request: ApplyRequest = { documents, dryRun: dryRun === true, ...force };
  try {
    return await context.client().post<ApplyView>('/v1/configuration', request, { timeoutMs: 60_000 });
  } catch (error) {
    if (!(error instanceof Refused) || error.problem.code !== 'invalid-configuration') throw error;
    const found = (error.problem as Problem & { problems?: readonly ConfigurationProblem[] }).problems ?? [];
    throw invalid(locateProblems(files, found));
  }
}

function invalid(problems: readonly ConfigurationProblem[]): Failure {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  const text = `${problems.map(describeProblem).join('\n')}\n${count}; nothing was changed`;
  return new Failure(EXIT.usage, text, { error: 'invalid-configuration', problems });
}

function describe(context: Context, view: ApplyView, isDryRun: boolean): string {
  const rows = view.changes.map((one) => [one.change, one.kind, one.name]);
  const end = isDryRun ? 'nothing was changed (--dry-run)' : `revision ${view.revision} is in force`;
  const standings = (view.standings ?? []).map(({ policy, guardrail, environment, words }) =>
    wrap(foreign(`${policy}/${guardrail} in ${environment}: ${words}`), context.width, '  '),
  );
  const changes = rows.length === 0 ? [] : [table(['CHANGE', 'KIND', 'NAME'], rows, context.width)];
  return [...changes, ...standings, end].join('\n');
}
