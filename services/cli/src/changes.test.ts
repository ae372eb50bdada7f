import { describe, expect, it } from '@jest/globals';
import { type Answer, type Asked, PROPOSAL, proposalView, RELEASE, releaseView } from '../test/fake-parapet.js';
import { fake, ok, parapet, START } from '../test/harness.js';
import { run } from './run.js';

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
      'on-call',
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
          startedBy: 'on-call',
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
