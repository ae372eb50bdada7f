import { describe, expect, it } from '@jest/globals';
import { isInstalled } from './packages.mjs';

const locked = {
  '': { version: '0.1.0' },
  'libs/kernel': { version: '0.1.0' },
  'node_modules/@parapet/kernel': { link: true },
  'node_modules/zod': { version: '4.6.7' },
  'node_modules/@swc/darwin-arm64': { version: '1.0.0', optional: true },
};

describe('the packages of a clone', () => {
  it.each([
    ['are there with the locked versions', { 'node_modules/zod': { version: '4.6.7' } }, true],
    ['are old where one has another version', { 'node_modules/zod': { version: '4.6.6' } }, false],
    ['are not there where one is missing', {}, false],
    [
      'are old where an optional one has another version',
      { 'node_modules/zod': { version: '4.6.7' }, 'node_modules/@swc/darwin-arm64': { version: '0.9.0' } },
      false,
    ],
  ])('%s', (_, installed, expected) => {
    expect(isInstalled(locked, installed)).toBe(expected);
  });
});
