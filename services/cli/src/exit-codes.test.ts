import { describe, expect, it } from '@jest/globals';
import { type Answer, type Asked, problem, RELEASE, releaseView } from '../test/fake-parapet.js';
import { fake, ok, parapet, START } from '../test/harness.js';
import { run } from './run.js';

describe('the exit code', () => {
  const answers: Readonly<Record<string, (asked: Asked) => Answer>> = {
    fine: ok(releaseView()),
    refuses: () => problem(409, 'name-taken', 'this name is taken by another release'),
    'is not Parapet': () => ({ status: 200, body: '<html>' }),
    'is a proxy without its server': () => ({ status: 502, body: '<html>' }),
    redirects: () => ({ status: 302, headers: { Location: 'https://elsewhere.example/' } }),
  };
  it.each<[number, string, readonly string[], keyof typeof answers, RegExp]>([
    [0, 'after what was asked is done', ['release', 'status', RELEASE], 'fine', /^$/],
    [0, 'for --help', ['--help'], 'fine', /^$/],
    [0, 'for --version', ['--version'], 'fine', /^$/],
    [3, 'without a command', [], 'fine', /Usage: parapet/],
    [3, 'for an unknown command, with the one that was meant', ['relase'], 'fine', /Did you mean release\?/],
    [3, 'for an unknown option', ['release', 'status', RELEASE, '--colour'], 'fine', /unknown option '--colour'/],
    [3, 'for a missing option', ['release', 'start', '--name', 'r1'], 'fine', /required option '--workload/],
    [3, 'for a release without components', START, 'fine', /at least one --component/],
    [
      3,
      'for a component without a version',
      [...START, '--component', 'odoo-web'],
      'fine',
      /--component takes name=value, not "odoo-web"/,
    ],
    [
      3,
      'for an artifact of no component',
      [...START, '--component', 'a=1', '--artifact', 'b=x'],
      'fine',
      /names the component b, which no --component does/,
    ],
    [
      3,
      'for a step without what',
      [...START, '--component', 'a=1', '--step', 'database-migration:maybe:x'],
      'fine',
      /--step takes kind:yes\|partly\|no:what/,
    ],
    [
      3,
      'for a name without an environment',
      ['release', 'status', 'r1'],
      'fine',
      /"r1" is no release id \(rel_…\); to use its name, add --environment/,
    ],
    [
      3,
      'for an unknown phase',
      ['release', 'phase', RELEASE, 'done'],
      'fine',
      /"done" is no phase; say one of deploying, live/,
    ],
    [
      3,
      'for a duration that is none',
      ['release', 'watch', RELEASE, '--timeout', '1 hour'],
      'fine',
      /a length of time such as/,
    ],
    [
      3,
      'for an address that is none',
      ['release', 'status', RELEASE, '--server', 'parapet'],
      'fine',
      /not an http or https address: parapet/,
    ],
    [
      3,
      'for a password in an address',
      ['release', 'status', RELEASE, '--server', 'http://a:b@c/'],
      'fine',
      /must not hold a user or a password/,
    ],
    [
      3,
      'for a bad idempotency key',
      ['release', 'phase', RELEASE, 'live', '--idempotency-key', 'a b'],
      'fine',
      /--idempotency-key takes/,
    ],
    [
      3,
      'for a token file that is not there',
      ['release', 'status', RELEASE, '--token-file', '/nowhere/token'],
      'fine',
      /cannot read the token file \/nowhere\/token: ENOENT/,
    ],
    [3, 'for a row that is none', ['journal', 'republish', '--from', '0'], 'fine', /a whole number from 1/],
    [3, 'for a head that is none', ['audit', 'verify', '--head', '12'], 'fine', /SEQ:HASH/],
    [
      4,
      'where Parapet refuses',
      ['release', 'status', RELEASE],
      'refuses',
      /^this name is taken by another release\n$/,
    ],
    [
      4,
      'where something else answers',
      ['release', 'status', RELEASE],
      'is not Parapet',
      /what answers there is not Parapet \(200, not JSON\)/,
    ],
    [
      4,
      'where only a proxy answers',
      ['release', 'status', RELEASE],
      'is a proxy without its server',
      /cannot reach Parapet at .*: it answered 502/,
    ],
    [
      4,
      'where it is sent elsewhere, and its token stays here',
      ['release', 'status', RELEASE],
      'redirects',
      /what answers there is not Parapet \(302\)/,
    ],
  ])('is %i %s', async (code, _when, args, answer, message) => {
    const world = await parapet(answers[answer] as (asked: Asked) => Answer);
    expect(await run(args, world)).toBe(code);
    expect(world.err).toMatch(message);
  });

  it.each<[string, Record<string, string | undefined>, RegExp]>([
    ['where Parapet is', { PARAPET_URL: undefined }, /where is Parapet\? Give --server URL or set PARAPET_URL/],
    ['who asks', { PARAPET_TOKEN: undefined }, /there is no token: set PARAPET_TOKEN or give --token-file FILE/],
    ['a whole token', { PARAPET_TOKEN: 'ppt_cut' }, /PARAPET_TOKEN does not hold a whole Parapet token/],
  ])('is 3 without %s, and the sentence says what to do', async (_what, env, message) => {
    const world = await parapet(ok({}));
    Object.assign(world.env, env);
    expect(await run(['release', 'status', RELEASE], world)).toBe(3);
    expect(world.err).toMatch(message);
    expect(fake.asked).toEqual([]);
  });

  it('with --json comes with the problem as JSON on stderr, and nothing on stdout', async () => {
    const world = await parapet(() => problem(422, 'invalid', 'must be a slug', { field: '/workload' }));
    expect(await run([...START, '--component', 'a=1', '--json'], world)).toBe(4);
    expect(JSON.parse(world.err)).toMatchObject({ code: 'invalid', field: '/workload', requestId: 'req_1' });
    expect(world.out).toBe('');
  });
});
