/**
 * Lets Node run TypeScript sources of this repository directly, for child processes of tests: relative imports that end in
 * `.js` are looked up as `.ts`. Use with `--experimental-transform-types --conditions=@parapet/source --import <this file>`.
 */
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, nextResolve) {
    const isOwnSource = specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL?.endsWith('.ts');
    return nextResolve(isOwnSource ? `${specifier.slice(0, -3)}.ts` : specifier, context);
  },
});
