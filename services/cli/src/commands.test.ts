import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { hashToken, isTokenShaped } from '@parapet/policy';
import { page, RELEASE, releaseView, TestWorld } from '../test/fake-parapet.js';
import { fake, folder, ok, parapet } from '../test/harness.js';
import { run } from './run.js';

describe('the other commands', () => {
  it('journal republish names the first row and says how many went out', async () => {
    const world = await parapet(() => ({ status: 202, body: { from: 12, events: 40 } }));
    expect(await run(['journal', 'republish', '--from', '12'], world)).toBe(0);
    expect(fake.asked[0]).toMatchObject({ path: '/v1/journal/republish', body: { from: 12 } });
    expect(world.out).toBe('40 events published again, from row 12\n');
  });

  it('dead list shows why, without what could steer a terminal', async () => {
    const letter = {
      id: '7',
      consumer: 'guardrail-evaluation-3',
      subject: 'parapet.signals.v1.3.acme.production',
      reason: 'not JSON \u001b[31m',
      at: '2026-11-23T09:00:00.000Z',
      bytes: 12,
      excerpt: '{"a":\n\u0007',
    };
    const world = await parapet(ok(page([letter], '7')));
    await run(['dead', 'list', '--consumer', 'guardrail-evaluation-3'], world);
    expect(fake.asked[0]?.query).toEqual({ consumer: 'guardrail-evaluation-3' });
    expect(world.out).toBe(
      '7  2026-11-23 09:00:00Z  guardrail-evaluation-3, 12 bytes\n  not JSON [31m\n  parapet.signals.v1.3.acme.production\n  {"a":\n\nmore: --after 7\n',
    );
  });

  it.each(['retry', 'drop'])('dead %s works through the ids, each under its own key', async (verb) => {
    const world = await parapet(() => ({ status: 200, body: {} }));
    expect(await run(['dead', verb, '7', '8'], world)).toBe(0);
    expect(fake.asked.map((one) => [one.path, one.headers['idempotency-key']])).toEqual([
      [`/v1/dead-letters/7/${verb}`, 'key-1'],
      [`/v1/dead-letters/8/${verb}`, 'key-2'],
    ]);
  });

  it('token new prints a token and the digest of exactly that token', async () => {
    const world = new TestWorld();
    expect(await run(['token', 'new', '--json'], world)).toBe(0);
    const { token, sha256 } = JSON.parse(world.out) as { token: string; sha256: string };
    expect(isTokenShaped(token)).toBe(true);
    expect(hashToken(token)).toBe(sha256);
  });

  it.each([
    ['before the command', ['--json', 'token', 'new']],
    ['between a group and its command', ['token', '--json', 'new']],
    ['after the command', ['token', 'new', '--json']],
  ])('a common option may stand %s', async (_, args) => {
    const world = new TestWorld();
    expect(await run(args, world)).toBe(0);
    expect(JSON.parse(world.out)).toMatchObject({ token: expect.any(String) });
  });

  it('a token file may end in a line break', async () => {
    const world = await parapet(ok(releaseView()));
    writeFileSync(join(folder, 'token'), `${fake.token}\n`);
    delete world.env['PARAPET_TOKEN'];
    expect(await run(['release', 'status', RELEASE, '--token-file', join(folder, 'token')], world)).toBe(0);
  });
});
