import { afterEach, describe, expect, it } from '@jest/globals';
import type { CloudEvent, VerdictView } from '@parapet/contracts';
import {
  type Answer,
  FakeParapet,
  page,
  problem,
  RELEASE,
  releaseView,
  storyEvent,
  verdictView,
  worldOf,
} from '../test/fake-parapet.js';
import { run } from './run.js';

let fake: FakeParapet | undefined;
afterEach(async () => {
  await fake?.stop();
  fake = undefined;
});

/** Answers verdicts one after the other, the last for ever; `instead` is answered in place of a verdict. */
async function watching(verdicts: readonly (VerdictView | Answer)[], events: readonly CloudEvent[] = []) {
  let asked = 0;
  fake = await FakeParapet.start(({ path, query }) => {
    if (path === '/v1/releases/by-name' || path === `/v1/releases/${RELEASE}`)
      return { status: 200, body: releaseView() };
    if (path.endsWith('/events'))
      return { status: 200, body: page(events.filter((event) => Number(event.sequence) > Number(query['after']))) };
    const next = verdicts[Math.min(asked++, verdicts.length - 1)];
    if (next === 'cut' || next === undefined || 'status' in next) return next ?? 'cut';
    return { status: 200, body: next };
  });
  return worldOf(fake);
}

describe('parapet release watch ends', () => {
  it.each<[string, readonly Partial<VerdictView>[], number, string]>([
    ['0 on pass', [{}, { verdict: 'pass', final: true }], 0, 'odoo-pos-2026.11.3: pass'],
    [
      '1 on fail, without waiting for the end',
      [{}, {}, { verdict: 'fail', action: 'roll-back' }],
      1,
      'fail, 5 of 6 required guardrails judged, a rollback is ordered',
    ],
    [
      '2 on inconclusive at the end',
      [{ verdict: 'inconclusive', reason: 'sender-silent', final: true }],
      2,
      'inconclusive (sender-silent)',
    ],
    [
      '2 with why and what to do about it',
      [
        {
          verdict: 'inconclusive',
          reason: 'no-traffic',
          words: 'Not judged: there was no traffic.',
          advice: 'Wait.',
          final: true,
        },
      ],
      2,
      'judged\n  Not judged: there was no traffic.\n  Wait.\n',
    ],
    ['2 for a release that was superseded undecided', [{ verdict: 'pending', final: true }], 2, 'pending'],
    [
      '0 where inconclusive became a pass',
      [
        { verdict: 'inconclusive', reason: 'stale' },
        { verdict: 'pass', final: true },
      ],
      0,
      'pass',
    ],
  ])('%s', async (_what, verdicts, code, text) => {
    const world = await watching(verdicts.map(verdictView));
    expect(await run(['release', 'watch', RELEASE], world)).toBe(code);
    expect(world.out).toContain(text);
  });

  it('2 when the time for watching is over, and says so', async () => {
    const world = await watching([verdictView()]);
    expect(await run(['release', 'watch', RELEASE, '--timeout', '30s'], world)).toBe(2);
    expect(world.out).toContain('pending, 5 of 6 required guardrails judged, and the time for watching is over');
    expect(world.clockMs).toBe(Date.parse('2026-11-23T09:15:30Z'));
  });

  it('with --until final only when the watch has ended', async () => {
    const world = await watching([
      verdictView({ verdict: 'fail' }),
      verdictView({ verdict: 'fail' }),
      verdictView({ verdict: 'fail', final: true }),
    ]);
    expect(await run(['release', 'watch', RELEASE, '--until', 'final'], world)).toBe(1);
    expect(fake?.asked.filter(({ path }) => path.endsWith('/verdict'))).toHaveLength(3);
  });
});

describe('parapet release watch, meanwhile,', () => {
  const story = [
    storyEvent(1, 'release.phase-changed', { from: 'deploying', to: 'live', at: '', by: 'deploy-pipeline' }),
    storyEvent(2, 'verdict.changed', {
      from: 'pending',
      to: 'fail',
      final: false,
      mode: 'act',
      since: '',
      coverage: { judged: 1, required: 1 },
      evidence: { href: '', sha256: '' },
      guardrails: [{ name: 'order-success', verdict: 'breach', mode: 'act', words: '4.7 % of orders\u001b[2J failed' }],
      attribution: { guardrails: ['order-success'], alternatives: [], words: 'order-success got worse at 09:14 UTC' },
    }),
    storyEvent(3, 'something.new', { later: true }),
    storyEvent(4, 'decision.made', { outcome: 'auto', rule: 'high', criticality: 'high', reversibility: 'yes' }),
  ];

  it('tells the story on stderr, once, without what could steer a terminal', async () => {
    const world = await watching([verdictView(), verdictView(), verdictView({ verdict: 'fail' })], story);
    await run(['release', 'watch', RELEASE], world);
    expect(world.err.split('\n')).toEqual([
      `watching odoo-pos-2026.11.3 in production (${RELEASE})`,
      '09:15:01  phase deploying → live (deploy-pipeline)',
      '09:15:02  verdict pending → fail',
      '            4.7 % of orders [2J failed',
      '            order-success got worse at 09:14 UTC',
      '09:15:04  decided: auto (rule high)',
      '',
    ]);
  });

  it('keeps stdout for the answer: with --json the verdict and nothing else', async () => {
    const world = await watching([verdictView(), verdictView({ verdict: 'pass', final: true })], story);
    await run(['release', 'watch', RELEASE, '--json'], world);
    expect(JSON.parse(world.out)).toEqual(verdictView({ verdict: 'pass', final: true }));
  });

  it('says every minute that it still watches', async () => {
    const world = await watching([verdictView()]);
    await run(['release', 'watch', RELEASE, '--timeout', '150s'], world);
    expect(world.err.match(/still pending, 5 of 6 guardrails judged, .* so far/g)).toEqual([
      'still pending, 5 of 6 guardrails judged, 1 min so far',
      'still pending, 5 of 6 guardrails judged, 2 min so far',
    ]);
  });

  it('survives a server that restarts, is cut off, and is not ready yet', async () => {
    const away = problem(503, 'unavailable', 'shutting down');
    const world = await watching([verdictView(), 'cut', away, away, verdictView({ verdict: 'pass', final: true })]);
    expect(await run(['release', 'watch', RELEASE], world)).toBe(0);
    expect(world.err).toContain('Parapet does not answer; trying again\nParapet answers again\n');
  });

  it('gives up with 4 when the server stays away for ten minutes', async () => {
    const world = await watching([verdictView(), 'cut']);
    expect(await run(['release', 'watch', RELEASE], world)).toBe(4);
    expect(world.clockMs - Date.parse('2026-11-23T09:15:00Z')).toBeGreaterThan(600_000);
    expect(world.err).toMatch(/cannot reach Parapet at .*: the connection was cut; check that it runs/);
  });

  it('stops at once with 4 when it is refused', async () => {
    const world = await watching([verdictView(), problem(403, 'forbidden', 'this needs one of the roles viewer')]);
    expect(await run(['release', 'watch', RELEASE], world)).toBe(4);
    expect(world.err).toContain('this needs one of the roles viewer; ask for a token with the right role');
  });

  it('finds a release by its name, and watches that one even if the name is given to another', async () => {
    const world = await watching([verdictView({ verdict: 'pass', final: true })]);
    expect(await run(['release', 'watch', 'odoo-pos/2026.11.3+1', '--environment', 'production'], world)).toBe(0);
    expect(fake?.asked.map(({ path }) => path)).toEqual([
      '/v1/releases/by-name',
      `/v1/releases/${RELEASE}/verdict`,
      `/v1/releases/${RELEASE}/events`,
    ]);
    expect(fake?.asked[0]?.query).toEqual({ name: 'odoo-pos/2026.11.3+1', environment: 'production' });
  });

  it('tells what was decided, though that comes a moment after the fail', async () => {
    const events: CloudEvent[] = [];
    const world = await watching(
      [verdictView({ verdict: 'fail' }), verdictView({ verdict: 'fail', action: 'roll-back' })],
      events,
    );
    world.whileAsleep = async () => {
      events.push(
        storyEvent(1, 'decision.made', { outcome: 'auto', rule: 'high', criticality: 'high', reversibility: 'yes' }),
      );
    };
    expect(await run(['release', 'watch', RELEASE], world)).toBe(1);
    expect(world.err).toContain('decided: auto (rule high)');
    expect(world.out).toContain('a rollback is ordered');
    expect(world.slept).toEqual([1000]);
  });

  it('keeps the fail where Parapet goes away right after it', async () => {
    const world = await watching([verdictView({ verdict: 'fail' }), 'cut']);
    expect(await run(['release', 'watch', RELEASE], world)).toBe(1);
  });

  it('does not spin where answers are not held', async () => {
    const world = await watching([verdictView()]);
    await run(['release', 'watch', RELEASE, '--timeout', '20s'], world);
    expect(fake?.asked.filter(({ path }) => path.endsWith('/verdict')).length).toBeLessThanOrEqual(21);
  });

  it('asks nobody where Parapet is not there from the start', async () => {
    const world = await watching([]);
    await fake?.stop();
    expect(await run(['release', 'watch', RELEASE], world)).toBe(4);
    expect(world.err).toMatch(/cannot reach Parapet at http:\/\/127.0.0.1:\d+\/: nothing listens there/);
  });
});
