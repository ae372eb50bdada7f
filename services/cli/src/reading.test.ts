import { describe, expect, it } from '@jest/globals';
import { page, PROPOSAL, proposalView, RELEASE, releaseView } from '../test/fake-parapet.js';
import { fake, ok, parapet } from '../test/harness.js';
import { run } from './run.js';

/** A verdict that is unknown because two releases were under way. */
const TWO_RELEASES = releaseView({
  verdict: 'inconclusive',
  reason: 'not-attributed',
  words: 'Not judged: something got worse, but it cannot be told whose doing it is.',
  advice: 'Look at the causes that are named as possible or found.',
  attribution: {
    guardrails: ['order-success'],
    onset: '2026-11-23T09:16:00.000Z',
    alternatives: [
      { kind: 'before', finding: 'ruled-out', words: 'it was still as usual in the minutes before 09:05 UTC' },
      { kind: 'elsewhere', finding: 'not-checked', words: 'everything got the release\u001b[2J' },
      { kind: 'release', finding: 'possible', words: 'release odoo-web-7 began at 09:10 UTC and may be the cause' },
    ],
    words: 'order-success got worse at 09:16 UTC; it may be this release or odoo-web-7, and which one cannot be told',
  },
  guardrails: releaseView().guardrails.map((one) =>
    one.reason === undefined ? one : { ...one, advice: 'Check the sender of the alerts and its watchdog.' },
  ),
});

describe('what people read', () => {
  const commands: readonly [string, readonly string[], unknown][] = [
    ['release status', ['release', 'status', RELEASE], releaseView({ reason: 'coverage', rollback: 'ordered' })],
    ['release status of an unknown', ['release', 'status', RELEASE], TWO_RELEASES],
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

  it('of an unknown says why, what to do about it, and which causes were considered', async () => {
    const world = await parapet(ok(TWO_RELEASES));
    await run(['release', 'status', RELEASE], world);
    const lines = world.out.split('\n');
    expect(lines.slice(6, 14)).toEqual([
      'verdict       inconclusive (not-attributed)',
      'because       Not judged: something got worse, but it cannot be told whose doing',
      '              it is.',
      'what to do    Look at the causes that are named as possible or found.',
      'whose doing   order-success got worse at 09:16 UTC; it may be this release or',
      '              odoo-web-7, and which one cannot be told',
      'criticality   high, reversible: yes',
      'decision      propose',
    ]);
    expect(lines.slice(22)).toEqual([
      'other causes that were considered',
      'ruled-out    it was still as usual in the minutes before 09:05 UTC',
      'not-checked  everything got the release [2J',
      'possible     release odoo-web-7 began at 09:10 UTC and may be the cause',
      '',
      'what to do about what is not known',
      'critical-alerts  Check the sender of the alerts and its watchdog.',
      '',
    ]);
  });
});
