import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { JournalRowView } from '@parapet/contracts';
import { hashToken, isTokenShaped } from '@parapet/policy';
import { GENESIS_HASH, hashRow } from '@parapet/runtime';
import {
  type Answer,
  type Asked,
  FakeParapet,
  page,
  problem,
  PROPOSAL,
  proposalView,
  RELEASE,
  releaseView,
  TestWorld,
  worldOf,
} from '../test/fake-parapet.js';
import { run } from './run.js';

let fake: FakeParapet;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parapet-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(async () => {
  await fake?.stop();
});

async function parapet(
  answer: (asked: Asked) => Answer,
  terminal: { isTTY?: boolean; columns?: number } = {},
  env: Record<string, string> = {},
) {
  fake = await FakeParapet.start(answer);
  return worldOf(fake, terminal, env);
}

const ok = (body: unknown) => () => ({ status: 200, body });
const START = ['release', 'start', '--name', 'r1', '--workload', 'odoo-retail', '--environment', 'production'];

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

describe('a change', () => {
  it('says what the pipeline said', async () => {
    const world = await parapet(ok(releaseView({ phase: 'registered' })));
    const more = [
      '--component',
      'odoo-web=17.0-2026.11.3',
      '--component',
      'odoo-pos=2',
      '--artifact',
      'odoo-web=pkg:oci/x@sha256%3Aabc=',
      '--step',
      'database-migration:no:adds a: column',
    ];
    const others = [
      '--criticality',
      'high',
      '--policy',
      'strict',
      '--previous',
      'rel_1',
      '--started-by',
      'anna',
      '--link',
      'pipeline=https://ci.example/?a=b',
      '--label',
      'team=retail',
    ];
    expect(await run([...START, ...more, ...others], world)).toBe(0);
    expect(fake.asked).toEqual([
      expect.objectContaining({
        method: 'POST',
        path: '/v1/releases',
        body: {
          name: 'r1',
          workload: 'odoo-retail',
          environment: 'production',
          components: [
            { component: 'odoo-web', version: '17.0-2026.11.3', artifact: 'pkg:oci/x@sha256%3Aabc=' },
            { component: 'odoo-pos', version: '2' },
          ],
          steps: [{ kind: 'database-migration', reversible: 'no', what: 'adds a: column' }],
          criticality: 'high',
          policy: 'strict',
          previous: 'rel_1',
          startedBy: 'anna',
          links: [{ title: 'pipeline', href: 'https://ci.example/?a=b' }],
          labels: { team: 'retail' },
        },
      }),
    ]);
    expect(world.out.split('\n')[0]).toBe(RELEASE);
  });

  it('of a phase carries its scope', async () => {
    const world = await parapet(ok(releaseView()));
    await run(
      [
        'release',
        'phase',
        'r1',
        'deploying',
        '--environment',
        'production',
        '--store',
        'lyon-2',
        '--percent',
        '10',
        '--at',
        '2026-11-23T09:00:00Z',
      ],
      world,
    );
    expect(fake.asked[0]).toMatchObject({
      path: '/v1/releases/by-name/phases',
      query: { name: 'r1', environment: 'production' },
      body: { phase: 'deploying', at: '2026-11-23T09:00:00Z', scope: { stores: ['lyon-2'], percent: 10 } },
    });
  });

  it('is tried again over a short trouble, under the same key', async () => {
    let asked = 0;
    const world = await parapet(() => (++asked < 3 ? 'cut' : { status: 201, body: releaseView() }));
    expect(await run([...START, '--component', 'a=1'], world)).toBe(0);
    expect(fake.asked.map((one) => one.headers['idempotency-key'])).toEqual(['key-1', 'key-1', 'key-1']);
  });

  it('takes the key it is given', async () => {
    const world = await parapet(ok(releaseView()));
    await run(['release', 'phase', RELEASE, 'live', '--idempotency-key', 'build-4711'], world);
    expect(fake.asked[0]?.headers['idempotency-key']).toBe('build-4711');
  });

  it('of two calls has two keys, so that the second is not taken for the first', async () => {
    const world = await parapet(ok(releaseView()));
    await run([...START, '--component', 'a=1', '--deploying'], world);
    expect(fake.asked.map((one) => [one.path, one.headers['idempotency-key']])).toEqual([
      ['/v1/releases', 'key-1'],
      [`/v1/releases/${RELEASE}/phases`, 'key-2'],
    ]);
  });
});

describe('an answer to a proposal', () => {
  const answered = ({ method }: Asked): Answer => ({
    status: 200,
    body: proposalView(method === 'POST' ? { state: 'approved' } : {}),
  });
  const posts = () => fake.asked.filter((one) => one.method === 'POST');

  it('that approves names the plan and the revision that were seen', async () => {
    const world = await parapet(answered);
    expect(
      await run(['proposals', 'approve', PROPOSAL, '--reason', 'tills fail', '--plan-digest', 'd'.repeat(64)], world),
    ).toBe(0);
    expect(posts()).toEqual([
      expect.objectContaining({
        path: `/v1/proposals/${PROPOSAL}/answers`,
        body: { answer: 'approve', reason: 'tills fail', planId: 'pln_1', planDigest: 'd'.repeat(64) },
      }),
    ]);
    expect(posts()[0]?.headers['if-match']).toBe('"2"');
  });

  it('that approves another plan than is there now is not sent', async () => {
    const world = await parapet(answered);
    expect(await run(['proposals', 'approve', PROPOSAL, '--reason', 'x', '--plan-digest', 'c'.repeat(64)], world)).toBe(
      4,
    );
    expect(world.err).toContain('the plan has changed since');
    expect(posts()).toEqual([]);
  });

  it('asks the person to type the name of the release, after showing what is approved', async () => {
    const world = await parapet(answered);
    world.typed = 'odoo-pos-2026.11.3 ';
    expect(await run(['proposals', 'approve', PROPOSAL, '--reason', 'x'], world)).toBe(0);
    expect(world.questions[0]).toContain('Type the name of the release (odoo-pos-2026.11.3) to approve');
    expect(world.err).toContain('what stays changed\n  - mails already sent');
  });

  it.each([
    ['another name', 'odoo', /that is another name; nothing was approved/],
    ['nobody there', null, /nobody is here to confirm: give --plan-digest d{64} as shown/],
  ])('is not sent with %s', async (_what, typed, message) => {
    const world = await parapet(answered);
    world.typed = typed;
    expect(await run(['proposals', 'approve', PROPOSAL, '--reason', 'x'], world)).toBe(3);
    expect(world.err).toMatch(message);
    expect(posts()).toEqual([]);
  });

  it.each<[string, readonly string[], unknown, string | undefined]>([
    ['reject', ['reject', PROPOSAL, '--reason', 'known noise'], { answer: 'reject', reason: 'known noise' }, '"2"'],
    ['ack', ['ack', PROPOSAL], { answer: 'acknowledge' }, undefined],
    ['comment', ['comment', PROPOSAL, 'looking'], { answer: 'comment', text: 'looking' }, undefined],
    [
      '--yes',
      ['approve', PROPOSAL, '--reason', 'x', '--yes'],
      { answer: 'approve', reason: 'x', planId: 'pln_1', planDigest: 'd'.repeat(64) },
      '"2"',
    ],
  ])('%s says so', async (_what, args, body, ifMatch) => {
    const world = await parapet(answered);
    expect(await run(['proposals', ...args], world)).toBe(0);
    expect(posts()[0]?.body).toEqual(body);
    expect(posts()[0]?.headers['if-match']).toBe(ifMatch);
  });
});

describe('parapet apply', () => {
  const example = fileURLToPath(new URL('../../../examples/config/odoo-retail', import.meta.url));
  const applied = ok({
    revision: 3,
    changes: [
      { kind: 'Tenant', name: 'acme-retail', change: 'created' },
      { kind: 'Workload', name: 'odoo-retail', change: 'unchanged' },
    ],
  });

  it('sends every document of a folder with its file and line', async () => {
    const world = await parapet(applied);
    expect(await run(['apply', '-f', example], world)).toBe(0);
    const { documents, dryRun } = fake.asked[0]!.body as {
      documents: { file: string; line: number; document: { kind: string } }[];
      dryRun: boolean;
    };
    expect(documents.map(({ document }) => document.kind)).toEqual([
      'DecisionPolicy',
      'GuardrailPolicy',
      'SignalSource',
      'SignalSource',
      'Tenant',
      'Workload',
    ]);
    expect(documents[3]).toMatchObject({ file: join(example, 'signal-sources.yaml'), line: 17 });
    expect(dryRun).toBe(false);
    expect(world.out).toBe(
      'CHANGE     KIND      NAME\ncreated    Tenant    acme-retail\nunchanged  Workload  odoo-retail\nrevision 3 is in force\n',
    );
  });

  it('gives problems found by Parapet the lines that only the files know', async () => {
    const file = join(folder, 'policy.yaml');
    writeFileSync(
      file,
      '# a comment\napiVersion: parapet.dev/v1\nkind: GuardrailPolicy\nmetadata: { tenant: a, name: b }\nspec:\n  guardrails:\n    - name: x\n      signal: nobody.knows\n',
    );
    const found = {
      file,
      line: 2,
      field: '/spec/guardrails/0/signal',
      problem: 'nobody declares it',
      allowed: 'odoo.order.success',
    };
    const world = await parapet(() => problem(422, 'invalid-configuration', '1 problem', { problems: [found] }));
    expect(await run(['apply', '-f', file], world)).toBe(3);
    expect(world.err).toBe(
      `${file}:8 /spec/guardrails/0/signal: nobody declares it (allowed: odoo.order.success)\none problem; nothing was changed\n`,
    );
  });

  it('does not send what cannot be read, and tells every other problem with it', async () => {
    const bad = join(folder, 'bad');
    rmSync(bad, { recursive: true, force: true });
    mkdirSync(bad);
    writeFileSync(join(bad, 'a.yaml'), 'a: [\n');
    writeFileSync(join(bad, 'b.yml'), 'kind: Tennant\n');
    writeFileSync(join(bad, 'notes.txt'), 'not configuration');
    const world = await parapet(applied);
    expect(await run(['apply', '-f', bad, '--json'], world)).toBe(3);
    expect(JSON.parse(world.err)).toMatchObject({
      error: 'invalid-configuration',
      problems: [{ file: join(bad, 'a.yaml') }, { file: join(bad, 'b.yml'), line: 1, field: '/kind' }],
    });
    expect(fake.asked).toEqual([]);
  });

  it('with --dry-run changes nothing and says so', async () => {
    const world = await parapet(applied);
    await run(['apply', '-f', example, '--dry-run'], world);
    expect(fake.asked[0]?.body).toMatchObject({ dryRun: true });
    expect(world.out).toContain('nothing was changed (--dry-run)');
  });

  it('with --offline needs neither Parapet nor a token', async () => {
    const world = new TestWorld();
    expect(await run(['apply', '-f', example, '--offline'], world)).toBe(0);
    expect(world.out).toBe('6 documents, nothing wrong with them\n');
    const bad = fileURLToPath(new URL('../../../libs/policy/fixtures/bad-decision-table.yaml', import.meta.url));
    expect(await run(['apply', '-f', bad, '--offline'], world)).toBe(3);
    expect(world.err).toContain('did you mean "high"?');
  });

  it.each([
    ['a path that is not there', () => join(folder, 'nowhere'), /cannot read .*nowhere: ENOENT/],
    [
      'files without documents',
      () => {
        writeFileSync(join(folder, 'empty.yaml'), '# nothing\n');
        return join(folder, 'empty.yaml');
      },
      /there are no documents/,
    ],
  ])('ends 3 for %s', async (_what, path, message) => {
    const world = await parapet(applied);
    expect(await run(['apply', '-f', path()], world)).toBe(3);
    expect(world.err).toMatch(message);
  });
});

describe('parapet audit verify', () => {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  function chain(length: number): JournalRowView[] {
    const rows: JournalRowView[] = [];
    for (let seq = 1; seq <= length; seq++) {
      const row = {
        tenant: 'acme-retail',
        seq,
        id: `evt_${seq}`,
        stream: RELEASE,
        version: seq,
        environment: 'production',
        workload: 'odoo-retail',
        type: 'decision.made',
        data: { outcome: 'auto', n: seq / 3, text: 'é\u2028' },
        actor: { kind: 'policy' as const, id: 'careful' },
        occurredAt: '2026-11-23T09:00:00.000Z',
        recordedAt: '2026-11-23T09:00:00.001Z',
        trace: null,
        prevHash: rows.at(-1)?.hash ?? GENESIS_HASH,
      };
      rows.push({ ...row, hash: hashRow(row, sha256) });
    }
    return rows;
  }
  const serve =
    (rows: readonly JournalRowView[]) =>
    ({ query }: Asked): Answer => {
      const after = Number(query['after']);
      const items = rows.filter((row) => row.seq > after).slice(0, Number(query['limit']));
      return {
        status: 200,
        body: page(items, items.length === Number(query['limit']) ? String(items.at(-1)?.seq) : null),
      };
    };
  const rows = chain(450);
  const changed = (seq: number, change: Partial<JournalRowView>) =>
    rows.map((row) => (row.seq === seq ? { ...row, ...change } : row));
  const rehashed = (seq: number, data: Record<string, unknown>) =>
    rows.map((row) => (row.seq === seq ? { ...row, data, hash: hashRow({ ...row, data }, sha256) } : row));

  it('recomputes every row of every page', async () => {
    const world = await parapet(serve(rows));
    expect(await run(['audit', 'verify'], world)).toBe(0);
    expect(fake.asked).toHaveLength(3);
    expect(world.out).toBe(`journal of acme-retail: 450 rows, intact\nhead 450:${rows[449]?.hash}\n`);
  });

  it.each<[string, readonly JournalRowView[], readonly string[], RegExp]>([
    [
      'an altered row',
      changed(301, { data: { outcome: 'observe' } }),
      [],
      /broken: row 301 \(decision.made of rel_.*\): it was altered after it was written/,
    ],
    [
      'a row altered and hashed anew',
      rehashed(301, { outcome: 'observe' }),
      [],
      /broken: row 302 .*: it does not follow the row before it/,
    ],
    ['a removed row', rows.filter((row) => row.seq !== 200), [], /broken: row 201 .*: rows before it are missing/],
    ['a removed beginning', rows.slice(1), [], /broken: row 2 .*: rows before it are missing/],
    [
      'an actor put in place of another',
      changed(450, { actor: { kind: 'person', id: 'mallory' } }),
      [],
      /broken: row 450/,
    ],
    [
      'a row of another tenant',
      [...rows.slice(0, 449), { ...(rows[449] as JournalRowView), tenant: 'globex' }],
      [],
      /broken: row 450/,
    ],
    [
      'an end cut off, where a head was kept',
      rows.slice(0, 400),
      ['--head', `450:${rows[449]?.hash}`],
      /broken: row 450: the chain ends at row 400: its end was cut off/,
    ],
    [
      'a chain written anew, where a head was kept',
      rows,
      ['--head', `10:${'a'.repeat(64)}`],
      /broken: row 10 .*: it is not the head that was kept/,
    ],
  ])('ends 1 for %s and names the first bad row', async (_what, found, args, message) => {
    const world = await parapet(serve(found));
    expect(await run(['audit', 'verify', ...args], world)).toBe(1);
    expect(world.err).toMatch(message);
  });

  it('takes a head that was kept', async () => {
    const world = await parapet(serve(rows));
    expect(await run(['audit', 'verify', '--head', `450:${rows[449]?.hash}`, '--json'], world)).toBe(0);
    expect(JSON.parse(world.out)).toEqual({ intact: true, tenant: 'acme-retail', rows: 450, head: rows[449]?.hash });
  });
});

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

  it('a token file may end in a line break', async () => {
    const world = await parapet(ok(releaseView()));
    writeFileSync(join(folder, 'token'), `${fake.token}\n`);
    delete world.env['PARAPET_TOKEN'];
    expect(await run(['release', 'status', RELEASE, '--token-file', join(folder, 'token')], world)).toBe(0);
  });
});

describe('what people read', () => {
  const commands: readonly [string, readonly string[], unknown][] = [
    ['release status', ['release', 'status', RELEASE], releaseView({ reason: 'coverage', rollback: 'ordered' })],
    [
      'release list',
      ['release', 'list'],
      page(
        [releaseView(), releaseView({ name: 'x'.repeat(200), verdict: 'inconclusive', phase: 'rolled-back' })],
        'abc',
      ),
    ],
    [
      'proposals show',
      ['proposals', 'show', PROPOSAL],
      proposalView({
        acknowledgement: { by: 'anna@acme.example', until: '2026-11-23T09:20:00.000Z' },
        comments: [{ by: 'anna', at: '', text: 'one two three '.repeat(20) }],
      }),
    ],
    [
      'proposals list',
      ['proposals', 'list'],
      page([proposalView(), proposalView({ state: 'expired', recovering: true })]),
    ],
    ['help', ['release', 'start', '--help'], null],
  ];
  const escapes = /\p{Cc}\[\d+m/gu;
  /** Digests and addresses cannot be broken, and people copy them. */
  const isTooLong = (line: string) => line.replace(escapes, '').length > 80 && !/[0-9a-f]{64}/.test(line);

  it.each(commands)('of %s fits 80 columns, without colour where nothing shows it', async (_what, args, body) => {
    const world = await parapet(ok(body));
    expect(await run(args, world)).toBe(0);
    expect(world.out.split('\n').filter(isTooLong)).toEqual([]);
    expect(world.out).not.toMatch(/\p{Cc}(?<!\n)/u);
  });

  it.each(commands)('of %s says the same with colour', async (_what, args, body) => {
    const plain = await parapet(ok(body), { columns: 80 });
    await run(args, plain);
    await fake.stop();
    const coloured = await parapet(ok(body), { isTTY: true, columns: 80 });
    await run(args, coloured);
    expect(coloured.out.replace(escapes, '')).toBe(plain.out);
    if (body !== null) expect(coloured.out).toMatch(escapes);
  });

  it('is coloured on a terminal, and not where NO_COLOR is set', async () => {
    const terminal = await parapet(ok(releaseView()), { isTTY: true });
    await run(['release', 'status', RELEASE], terminal);
    expect(terminal.out).toMatch(escapes);
    await fake.stop();
    const quiet = await parapet(ok(releaseView()), { isTTY: true }, { NO_COLOR: '1', FORCE_COLOR: '1' });
    await run(['release', 'status', RELEASE], quiet);
    expect(quiet.out).not.toMatch(escapes);
  });

  it('of a release is this', async () => {
    const world = await parapet(ok(releaseView()));
    await run(['release', 'status', RELEASE], world);
    expect(world.out).toBe(`release       odoo-pos-2026.11.3
id            ${RELEASE}
where         odoo-retail in production
components    odoo-web 17.0-2026.11.3
goes back to  odoo-web 17.0-2026.11.2
phase         live
verdict       fail
criticality   high, reversible: yes
decision      propose
proposal      ${PROPOSAL}
live since    2026-11-23 09:06:00Z

SAYS          MODE  GUARDRAIL        BECAUSE
breach        act   order-success    4.7 % of orders failed, 1.0 % before the r…
inconclusive  act   critical-alerts  Alertmanager has not been heard since 09:10
pass          act   pos-sync-errors  no more than before
`);
  });
});
