import { hashToken, makeToken } from '@parapet/policy';
import type { Command } from 'commander';
import { Context } from '../context.js';
import type { World } from '../world.js';

/** `parapet token new`: a credential for a person, a pipeline or a source. */
export function tokenCommands(program: Command, world: World): void {
  program
    .command('token')
    .description('credentials')
    .command('new')
    .description('make a token; it is shown once and kept nowhere')
    .action((_options: unknown, command: Command) => {
      const context = Context.of(world, command);
      const token = makeToken();
      const sha256 = hashToken(token);
      context.answer({ token, sha256 }, () =>
        [
          `token   ${token}`,
          `sha256  ${sha256}`,
          '',
          'Give the token to its holder. In the configuration stands only:',
          `  credentials: [{ sha256: ${sha256} }]`,
        ].join('\n'),
      );
    });
}
