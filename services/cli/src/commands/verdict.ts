import type { MarkRequest, MarkView, ReleaseView } from '@parapet/contracts';
import { type Command, InvalidArgumentError } from 'commander';
import { Context } from '../context.js';
import { EXIT, Failure, misused } from '../exit.js';
import { releaseRef } from '../release-ref.js';
import { foreign, instant, wrap } from '../render/text.js';
import type { World } from '../world.js';

interface MarkOptions {
  readonly right?: boolean;
  readonly wrong?: boolean;
  readonly guardrail?: string;
  readonly verdict?: number;
  readonly reason: string;
  readonly environment?: string;
}

/** `parapet verdict mark`: a person's word on whether a verdict was right. */
export function verdictCommands(program: Command, world: World): void {
  const verdict = program.command('verdict').description('what people say of verdicts afterwards');

  verdict
    .command('mark <release>')
    .description(
      'say whether a verdict, or one guardrail’s part in it, was right; your later word replaces the earlier',
    )
    .option('--right', 'it was right')
    .option('--wrong', 'it was wrong')
    .option('--guardrail <name>', 'only this guardrail’s part in it')
    .option('--verdict <sequence>', 'which verdict, as the release’s events number it; else the newest', sequence)
    .requiredOption('--reason <text>', 'why: kept in the audit log and shown with the release')
    .option('--environment <environment>', 'with a name instead of an id')
    .action(async (name: string, options: MarkOptions, command: Command) => {
      const context = Context.of(world, command);
      if ((options.right === true) === (options.wrong === true)) throw misused('give one of --right and --wrong');
      const ref = releaseRef(name, options.environment);
      const client = context.client();
      const which =
        options.verdict ?? (await client.get<ReleaseView>(ref.path(), { query: ref.query })).verdictSequence;
      if (which === undefined)
        throw new Failure(EXIT.inconclusive, `${foreign(name)} has no verdict yet: there is nothing to mark`);
      const request: MarkRequest = {
        verdict: which,
        ...(options.guardrail === undefined ? {} : { guardrail: options.guardrail }),
        right: options.right === true,
        reason: options.reason,
      };
      const view = await client.post<{ readonly items: readonly MarkView[] }>(ref.path('/marks'), request, {
        query: ref.query,
      });
      context.answer(view, () => view.items.map((mark) => describe(context, mark)).join('\n'));
    });
}

function describe(context: Context, { verdict, guardrail, right, reason, by, at }: MarkView): string {
  const what = guardrail === undefined ? `verdict ${verdict}` : `${foreign(guardrail)} in verdict ${verdict}`;
  const word = right ? context.paint('green', 'right') : context.paint('red', 'wrong');
  return wrap(`${what} was ${word}, said ${foreign(by)} at ${instant(at)}: ${foreign(reason)}`, context.width, '  ');
}

function sequence(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('a whole number from 1');
  return value;
}
