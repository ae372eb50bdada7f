import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  credentialHash,
  hashToken,
  isSameHash,
  isTokenShaped,
  makeToken,
  resolveSecret,
  SecretUnavailable,
} from './index.js';

describe('a token', () => {
  it('has a prefix, 43 characters of chance and a checksum', () => {
    expect(makeToken()).toMatch(/^ppt_[A-Za-z0-9_-]{43}_[0-9a-f]{8}$/);
    expect(makeToken()).not.toBe(makeToken());
  });

  it('is told from a mistyped one without asking anybody', () => {
    const token = makeToken();
    const mistyped = token.replace(/^ppt_./, (start) => (start.endsWith('A') ? 'ppt_B' : 'ppt_A'));
    expect([token, mistyped, token.slice(0, -1), `${token} `, ''].map(isTokenShaped)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it('is kept as SHA-256 of its whole text', () => {
    expect(hashToken('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it('is compared whole', () => {
    const hash = hashToken('abc');
    expect([
      isSameHash(hash, hash),
      isSameHash(hash, hashToken('abd')),
      isSameHash(hash, hash.slice(2)),
      isSameHash('', ''),
    ]).toEqual([true, false, false, false]);
  });
});

describe('a reference to a secret', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'parapet-secret-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return { file: join(folder, name) };
  };

  it('is a variable, or a file without its last line break', () => {
    expect(resolveSecret({ env: 'S' }, { S: 'x' })).toBe('x');
    expect(resolveSecret(file('one', 'two words \n'))).toBe('two words ');
    expect(resolveSecret(file('windows', 'x\r\n'))).toBe('x');
  });

  it.each<[string, () => unknown, RegExp]>([
    ['a variable that is not set', () => resolveSecret({ env: 'NOT_SET' }, {}), /variable NOT_SET is not set/],
    ['an empty variable', () => resolveSecret({ env: 'S' }, { S: '' }), /variable S is not set/],
    [
      'a file that is not there',
      () => resolveSecret({ file: '/nowhere/secret' }),
      /cannot read the secret file \/nowhere\/secret/,
    ],
    ['an empty file', () => resolveSecret(file('empty', '\n')), /secret file .*empty is empty/],
  ])('says what is missing for %s', (_what, resolve, message) => {
    expect(resolve).toThrow(SecretUnavailable);
    expect(resolve).toThrow(message);
  });

  it('of a credential gives the digest a token must have, whichever way it is written', () => {
    const hash = hashToken('abc');
    expect([
      credentialHash({ sha256: hash }),
      credentialHash({ env: 'S' }, { S: 'abc' }),
      credentialHash(file('token', 'abc\n')),
    ]).toEqual([hash, hash, hash]);
  });
});
