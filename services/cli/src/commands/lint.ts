import type { LintedGuardrail, LintRequest, LintView } from '@parapet/contracts';
import {
  type ConfigurationFile,
  type ConfigurationProblem,
  describeProblem,
  locateProblems,
  parseDocuments,
  readDocuments,
} from '@parapet/policy';
import type { Command } from 'commander';
import { filesIn } from '../configuration-files.js';
import { Context } from '../context.js';
import { EXIT, type ExitCode, misused } from '../exit.js';
import { foreign, wrap } from '../render/text.js';
import type { World } from '../world.js';

interface LintOptions {
  readonly file: readonly string[];
  readonly offline?: boolean;
}

/** Watches are simulated for every guardrail: that takes about a second each. */
const TIMEOUT_MS = 300_000;

/** `parapet lint`: could these guardrails do their work? With Parapet also on what is measured, and what they could see. */
export function lintCommand(program: Command, world: World, end: (code: ExitCode) => void): void {
  program
    .command('lint')
    .description('check that guardrails can breach, can pass, return data, and what they can see at their own traffic')
    .option('-f, --file <path...>', 'files, or folders with .yaml, .yml and .json', ['.'])
    .option('--offline', 'only what the files show by themselves; also where no Parapet is named')
    .action(async (options: LintOptions, command: Command) => {
      const context = Context.of(world, command);
      const files = options.file.flatMap(filesIn);
      const isAlone = options.offline === true || !context.hasServer;
      const view = await lint(context, files, isAlone);
      context.answer(view, () => describe(context, view, isAlone));
      if (view.problems.length > 0) end(EXIT.fail);
    });
}

async function lint(context: Context, files: readonly ConfigurationFile[], isAlone: boolean): Promise<LintView> {
  const { documents, problems } = readDocuments(files);
  const parsed = isAlone || problems.length > 0 ? parseDocuments(files) : null;
  if (parsed !== null) return { problems: 'problems' in parsed ? parsed.problems : [], guardrails: [] };
  if (documents.length === 0) throw misused('there are no documents in these files');
  const request: LintRequest = { documents };
  const view = await context.client().ask<LintView>('/v1/configuration/lint', request, { timeoutMs: TIMEOUT_MS });
  return { ...view, problems: locateProblems(files, view.problems) };
}

function describe(context: Context, { problems, guardrails }: LintView, isAlone: boolean): string {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  const alone = isAlone ? '; data was not asked: name a Parapet with --server to hear what guardrails can see' : '';
  return [
    ...problems.map((problem: ConfigurationProblem) => foreign(describeProblem(problem))),
    ...guardrails.map((one) => guardrailText(context, one)),
    problems.length === 0 ? `nothing wrong${alone}` : `${count}${alone}`,
  ].join('\n');
}

function guardrailText({ paint, width }: Context, one: LintedGuardrail): string {
  const state =
    one.state === 'problem' ? paint('red', one.state) : one.state === 'ok' ? paint('green', 'ok') : one.state;
  const lines = [
    one.words,
    ...(one.selfTest === null ? [] : [`self-test: ${one.selfTest}`]),
    ...(one.power === null ? [] : [`at your last four weeks’ traffic this guardrail ${one.power}`]),
  ];
  const text = lines.map((line) => `  ${wrap(foreign(line), width, '  ')}`).join('\n');
  return `${one.policy}/${one.guardrail} in ${one.environment}: ${state}\n${text}`;
}
