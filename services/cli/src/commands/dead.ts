import type { DeadLetterView, Page } from '@parapet/contracts';
import type { Command } from 'commander';
import { Context } from '../context.js';
import { cut, foreign, instant, wrap } from '../render/text.js';
import type { World } from '../world.js';

const EXCERPT_LETTERS = 200;

/** `parapet dead …`: what no consumer could process. */
export function deadCommands(program: Command, world: World): void {
  const dead = program.command('dead').description('messages that could not be processed');

  dead
    .command('list')
    .description('what was set aside and why')
    .option('--consumer <name>', 'only of this consumer or door')
    .option('--after <cursor>', 'go on where a list ended (next)')
    .action(async (options: { consumer?: string; after?: string }, command: Command) => {
      const context = Context.of(world, command);
      const page = await context.client().get<Page<DeadLetterView>>('/v1/dead-letters', { query: { ...options } });
      context.answer(page, () => listText(context, page));
    });

  verb(dead, world, 'retry', 'offer messages to their consumer again', 'offered again');
  verb(dead, world, 'drop', 'give messages up', 'dropped');
}

function verb(dead: Command, world: World, name: 'retry' | 'drop', description: string, done: string): void {
  dead
    .command(`${name} <id...>`)
    .description(description)
    .action(async (ids: readonly string[], _options: unknown, command: Command) => {
      const context = Context.of(world, command);
      const client = context.client();
      const finished: string[] = [];
      for (const id of ids) {
        await client.post<unknown>(`/v1/dead-letters/${encodeURIComponent(id)}/${name}`, {});
        finished.push(id);
        if (ids.length > 1) context.progress(`${foreign(id)}: ${done}`);
      }
      context.answer({ [name]: finished }, () => `${finished.length} ${done}`);
    });
}

function listText(context: Context, page: Page<DeadLetterView>): string {
  if (page.items.length === 0) return 'nothing was set aside';
  const more = page.next === null ? '' : `\n\nmore: --after ${page.next}`;
  return page.items.map((letter) => describe(context, letter)).join('\n\n') + more;
}

function describe(context: Context, letter: DeadLetterView): string {
  const { width, paint } = context;
  const lines = [
    `${foreign(letter.id)}  ${instant(letter.at)}  ${foreign(letter.consumer)}, ${letter.bytes} bytes`,
    `  ${wrap(foreign(letter.reason), width, '  ')}`,
    `  ${paint('dim', cut(foreign(letter.subject), width - 2))}`,
    `  ${paint('dim', cut(foreign(letter.excerpt.slice(0, EXCERPT_LETTERS)), width - 2))}`,
  ];
  return lines.join('\n');
}
