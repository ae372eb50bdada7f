import { describe, expect, it } from '@jest/globals';
import { page, PROPOSAL, proposalView, RELEASE, releaseView } from '../test/fake-parapet.js';
import { fake, ok, parapet } from '../test/harness.js';
import { run } from './run.js';

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
        acknowledgement: { by: 'on-call@acme.example', until: '2026-11-23T09:20:00.000Z' },
        comments: [{ by: 'on-call', at: '', text: 'one two three '.repeat(20) }],
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
