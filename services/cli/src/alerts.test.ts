import { describe, expect, it } from '@jest/globals';
import type { AlertEpisodeView, AlertsView } from '@parapet/contracts';
import { problem } from '../test/fake-parapet.js';
import { fake, ok, parapet } from '../test/harness.js';
import { run } from './run.js';

const EPISODE: AlertEpisodeView = {
  source: 'shop-alertmanager',
  fingerprint: '8f2c1d9e00aa11bb',
  episode: 2,
  name: 'CheckoutDown',
  summary: 'checkout fails \u001b[31m',
  labels: { alertname: 'CheckoutDown' },
  state: 'unseen',
  since: '2026-11-23T09:10:00.000Z',
  startsAt: '2026-11-23T09:02:00.000Z',
  attachment: { kind: 'attached', release: { id: 'rel_1', name: 'odoo-3' } },
  settleable: true,
  word: null,
};
const view = (over: Partial<AlertsView> = {}): AlertsView => ({
  environment: 'production',
  sources: [{ source: 'shop-alertmanager', health: 'alive', heardAt: '2026-11-23T09:14:30.000Z' }],
  incomplete: [],
  items: [EPISODE],
  more: 0,
  ...over,
});
const WIDE = { columns: 200 };
const LIST = ['alerts', 'list', '--environment', 'production'];
const SETTLE = ['alerts', 'settle', 'shop-alertmanager', '8f2c1d9e00aa11bb'];
const WORD = ['--episode', '2', '--as', 'resolved', '--reason', 'tills sell'];

describe('alerts list', () => {
  it('says how each stands, whose doing it is and how to settle it, without what could steer a terminal', async () => {
    const world = await parapet(ok(view()), WIDE);
    expect(await run(LIST, world)).toBe(0);
    expect(fake.asked[0]).toMatchObject({ path: '/v1/alerts', query: { environment: 'production' } });
    expect(world.out).toBe(
      [
        'shop-alertmanager: alive, last heard 2026-11-23 09:14:30Z',
        '',
        'CheckoutDown  shop-alertmanager 8f2c1d9e00aa11bb, episode 2',
        '  unseen since 2026-11-23 09:10:00Z, fires since 2026-11-23 09:02:00Z, of odoo-3',
        '  checkout fails [31m',
        '  parapet alerts settle shop-alertmanager 8f2c1d9e00aa11bb --episode 2 --as … --reason …',
        '',
      ].join('\n'),
    );
  });

  it.each<readonly [string, Partial<AlertEpisodeView>, string]>([
    ['no release', { attachment: { kind: 'unattached', candidates: [] } }, 'of no release we know'],
    [
      'one of several',
      {
        attachment: {
          kind: 'unattached',
          candidates: [
            { id: 'rel_1', name: 'odoo-3' },
            { id: 'rel_2', name: 'pos-3' },
          ],
        },
      },
      'of no release for sure; it may be odoo-3 or pos-3',
    ],
    [
      'a word that came too late',
      { word: { as: 'resolved', by: 'on-call', reason: 'x', at: '2026-11-23T09:12:00Z', outcome: 'overtaken' } },
      'on-call said resolved at 2026-11-23 09:12:00Z: x (too late: the alert had moved on)',
    ],
  ])('says %s', async (_, over, words) => {
    const world = await parapet(ok(view({ items: [{ ...EPISODE, ...over }] })), WIDE);
    await run(LIST, world);
    expect(world.out).toContain(words);
  });

  it('offers to settle only what can be', async () => {
    const world = await parapet(ok(view({ items: [{ ...EPISODE, state: 'firing', settleable: false }] })), WIDE);
    await run(LIST, world);
    expect(world.out).not.toContain('alerts settle');
  });

  it('says what is unknown although nothing fires', async () => {
    const silent = { source: 'am', health: 'never', heardAt: null } as const;
    const cut = { source: 'am', group: '{}:{}', heardAt: '2026-11-23T09:12:00Z' };
    const world = await parapet(ok(view({ sources: [silent], incomplete: [cut], items: [], more: 0 })), WIDE);
    await run(LIST, world);
    expect(world.out).toBe(
      'am: never, never heard\nam: the message of 2026-11-23 09:12:00Z was cut; what it left out is unknown ({}:{})\n\nno alert fires or is in doubt\n',
    );
  });

  it('gives machines the answer itself', async () => {
    const world = await parapet(ok(view()));
    await run([...LIST, '--json'], world);
    expect(JSON.parse(world.out)).toEqual(view());
  });
});

describe('alerts settle', () => {
  it('sends the word under a key, and says that it was taken', async () => {
    const word = {
      as: 'resolved',
      by: 'on-call',
      reason: 'tills sell',
      at: '2026-11-23T09:12:00Z',
      outcome: 'waiting',
    } as const;
    const world = await parapet(() => ({ status: 202, body: { ...EPISODE, settleable: false, word } }), WIDE);
    expect(await run([...SETTLE, ...WORD], world)).toBe(0);
    expect(fake.asked[0]).toMatchObject({
      method: 'POST',
      path: '/v1/alerts/shop-alertmanager/8f2c1d9e00aa11bb/settle',
      body: { episode: 2, as: 'resolved', reason: 'tills sell' },
    });
    expect(fake.asked[0]?.headers['idempotency-key']).toBe('key-1');
    expect(world.out).toContain(
      'on-call said resolved at 2026-11-23 09:12:00Z: tills sell (taken, counts in a moment)',
    );
  });

  it.each([
    ['without an episode', ['--as', 'resolved', '--reason', 'x']],
    ['of no episode', ['--episode', '0', '--as', 'resolved', '--reason', 'x']],
    ['without a state', ['--episode', '1', '--reason', 'x']],
    ['as another state', ['--episode', '1', '--as', 'silenced', '--reason', 'x']],
    ['without a reason', ['--episode', '1', '--as', 'resolved']],
  ])('%s is a wrong command line and asks nothing', async (_, options) => {
    const world = await parapet(ok({}));
    expect(await run([...SETTLE, ...options], world)).toBe(3);
    expect(fake.asked).toEqual([]);
  });

  it('says why it was refused', async () => {
    const world = await parapet(() => problem(409, 'not-in-doubt', 'there is no doubt about this alert'));
    expect(await run([...SETTLE, ...WORD], world)).toBe(4);
    expect(world.err).toContain('there is no doubt about this alert');
  });
});
