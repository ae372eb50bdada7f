import { Command, CommanderError, Help, Option } from 'commander';
import { alertCommands } from './commands/alerts.js';
import { applyCommand } from './commands/apply.js';
import { deadCommands } from './commands/dead.js';
import { discoverCommands } from './commands/discover.js';
import { guardrailCommands } from './commands/guardrails.js';
import { journalCommands } from './commands/journal.js';
import { lintCommand } from './commands/lint.js';
import { odooCommands } from './commands/odoo.js';
import { probeCommands } from './commands/probe.js';
import { proposalCommands } from './commands/proposals.js';
import { releaseCommands } from './commands/release.js';
import { replayCommand } from './commands/replay.js';
import { scoreCommand } from './commands/score.js';
import { simulateCommand } from './commands/simulate.js';
import { tokenCommands } from './commands/token.js';
import { verdictCommands } from './commands/verdict.js';
import { EXIT, type ExitCode, Failure } from './exit.js';
import type { World } from './world.js';

const VERSION = '0.1.0';

const HELP = `
Where Parapet is: --server or PARAPET_URL.
Who you are: PARAPET_TOKEN or --token-file; a token never stands in a command line.

Exit codes:
  0  done; a watched release passed
  1  a watched release failed; lint found a problem; the journal is broken; a replay differs;
     a probe's configuration is wrong
  2  inconclusive: no verdict, or the time for watching was over; a tried probe has a gap
  3  the command line or the configuration is wrong
  4  Parapet cannot be reached, or refused

Example, in a pipeline:
  parapet release start --name "$TAG" --workload odoo-retail \\
    --environment production --component odoo-web="$TAG" --deploying
  ./deploy.sh && parapet release phase "$TAG" live --environment production
  parapet release watch "$TAG" --environment production --timeout 2h`;

/** Runs one command line; answers the exit code. */
export async function run(args: readonly string[], world: World): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const program = build(world, (ended) => {
    code = ended;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    return report(error, args.includes('--json'), world);
  }
}

function build(world: World, end: (code: ExitCode) => void): Command {
  const program = new Command('parapet')
    .description('the guardrail along a software release')
    .version(VERSION)
    // Behind a command stand the command's own options, so that one may be called --version too.
    .enablePositionalOptions()
    .option('--server <url>', 'address of Parapet')
    .option('--token-file <file>', 'file that holds your token')
    .option('--idempotency-key <key>', 'names this change, so that repeating the command changes nothing twice')
    .option('--json', 'answer in JSON')
    .addHelpText('after', HELP);
  releaseCommands(program, world, end);
  proposalCommands(program, world);
  alertCommands(program, world);
  verdictCommands(program, world);
  guardrailCommands(program, world);
  applyCommand(program, world);
  lintCommand(program, world, end);
  journalCommands(program, world);
  deadCommands(program, world);
  odooCommands(program, world);
  probeCommands(program, world, end);
  discoverCommands(program, world);
  replayCommand(program, world, end);
  simulateCommand(program, world);
  scoreCommand(program, world);
  tokenCommands(program, world);
  everyCommand(program, (command) => {
    command.exitOverride();
    command.showSuggestionAfterError();
    command.showHelpAfterError('(parapet --help lists the commands)');
    command.configureHelp({ subcommandTerm });
    command.configureOutput({
      writeOut: (text) => world.stdout.write(text),
      writeErr: (text) => world.stderr.write(text),
      getOutHelpWidth: () => Math.min(world.stdout.columns ?? 80, 100),
      getErrHelpWidth: () => Math.min(world.stderr.columns ?? 80, 100),
    });
    // Common options may stand anywhere behind the program, where people write them.
    if (command !== program) commonOptions(command);
  });
  return program;
}

const PLAIN_HELP = new Help();

/** A command as its group lists it: options that its own help does not show are none. */
function subcommandTerm(command: Command): string {
  const term = PLAIN_HELP.subcommandTerm(command);
  return command.options.every(({ hidden }) => hidden) ? term.replace(' [options]', '') : term;
}

function commonOptions(command: Command): void {
  const isGroup = command.commands.length > 0;
  for (const [flags, description] of COMMON) {
    const option = new Option(flags, description);
    // A group does nothing with them but hand them on; its help lists commands.
    command.addOption(isGroup ? option.hideHelp() : option);
  }
}

const COMMON = [
  ['--server <url>', 'address of Parapet'],
  ['--token-file <file>', 'file that holds your token'],
  ['--idempotency-key <key>', 'names this change'],
  ['--json', 'answer in JSON'],
] as const;

function everyCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const child of command.commands) everyCommand(child, visit);
}

function report(error: unknown, isJson: boolean, world: World): ExitCode {
  // Help and version end this way too; commander has written what there is to say.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof Failure) {
    world.stderr.write(isJson ? `${JSON.stringify(error.json)}\n` : `${error.message}\n`);
    return error.code;
  }
  // A defect of ours: the trace is what helps to mend it.
  world.stderr.write(
    `parapet failed where it should not have: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return EXIT.refused;
}
