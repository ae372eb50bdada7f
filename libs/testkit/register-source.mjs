/**
 * Lets Node run the TypeScript sources of this repository without a build, for child processes of tests:
 * `node --conditions=@parapet/source --import <this file> x.ts`. Compiled as jest compiles them, decorators and all.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';

const isSource = (url) => url.startsWith('file:') && url.endsWith('.ts');

registerHooks({
  resolve(specifier, context, nextResolve) {
    const isRelative = specifier.startsWith('.') && specifier.endsWith('.js') && isSource(context.parentURL ?? '');
    return nextResolve(isRelative ? `${specifier.slice(0, -3)}.ts` : specifier, context);
  },
  load(url, context, nextLoad) {
    if (!isSource(url)) return nextLoad(url, context);
    const filename = fileURLToPath(url);
    const { code } = transformSync(readFileSync(filename, 'utf8'), {
      filename,
      sourceMaps: 'inline',
      jsc: {
        target: 'es2023',
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
        keepClassNames: true,
      },
      module: { type: 'es6' },
    });
    return { format: 'module', source: code, shortCircuit: true };
  },
});
