import { afterEach, describe, expect, test } from '@jest/globals';
import type { ProbeConfiguration } from '@parapet/policy';
import type { DeclaredProbe, Measure } from '@parapet/probes';
import { Breakers } from './breakers.js';
import { ProbeFleet } from './fleet.js';
import { Turns } from './turns.js';

const declared = (name: string, everyMs = 60_000, settings: Record<string, unknown> = {}): DeclaredProbe => ({
  tenant: 'acme-retail',
  workload: 'odoo-retail',
  probe: { name, kind: 'odoo-sql', environment: 'production', everyMs, settings } satisfies ProbeConfiguration,
});

/** A fleet of probes that measure nothing, and the story of their lives. */
function fleetOf() {
  const story: string[] = [];
  const rounds = new Map<string, number>();
  const fleet = new ProbeFleet(
    ({ probe }) => {
      if (probe.settings.isWrong === true) return { problems: ['settings.grance: unknown'] };
      if (probe.settings.isBroken === true) throw new Error('no such file');
      story.push(`start ${probe.name} ${probe.everyMs}`);
      const measure: Measure = {
        kpi: 'k',
        target: probe.name,
        rhythm: { everyMs: probe.everyMs, delayMs: 0, backfillMs: 0 },
        asOf: async () => {
          rounds.set(probe.name, (rounds.get(probe.name) ?? 0) + 1);
          return Date.now();
        },
        measure: async () => ({ measurements: [], rows: 0 }),
        gaps: () => [],
      };
      return {
        measures: [measure],
        close: async () => {
          if (probe.settings.closes === false) throw new Error('the line is gone');
          story.push(`close ${probe.name}`);
        },
      };
    },
    {
      cursors: { read: async () => null, advance: async () => undefined },
      publish: async () => undefined,
      turns: new Turns(),
      breakers: new Breakers(
        () => 0,
        () => 0,
        () => undefined,
      ),
      costs: {
        measured: () => undefined,
        failed: () => undefined,
        leftAlone: () => undefined,
        behind: () => undefined,
      },
      nowMs: Date.now,
    },
    {
      info: () => undefined,
      warn: (text, { err }) => void story.push(`${text}: ${String(err)}`),
      error: (text, { problems }) => void story.push(`${text}: ${String(problems)}`),
    },
    () => 0,
  );
  return { fleet, story, rounds };
}

describe('a change of configuration', () => {
  let world: ReturnType<typeof fleetOf>;
  afterEach(() => world.fleet.stop());

  test('starts what is new, starts anew what changed, ends what is gone, and leaves the rest alone', async () => {
    world = fleetOf();
    await world.fleet.apply([declared('a'), declared('b'), declared('c')]);
    await world.fleet.apply([declared('a'), declared('b', 30_000), declared('d')]);
    expect(world.story.slice(0, 3)).toEqual(['start a 60000', 'start b 60000', 'start c 60000']);
    expect([...world.story.slice(3, 5)].sort()).toEqual(['close b', 'close c']);
    expect(world.story.slice(5)).toEqual(['start b 30000', 'start d 60000']);
    expect(world.fleet.size).toBe(3);
  });

  test('a calendar that closes the shop at other times starts its probes anew', async () => {
    world = fleetOf();
    const closed = { name: 'days-off', timeZone: 'UTC', environments: ['production'], periods: [] };
    await world.fleet.apply([{ ...declared('a'), calendars: [closed] }]);
    await world.fleet.apply([{ ...declared('a'), calendars: [closed] }]);
    expect(world.story).toEqual(['start a 60000']);
    await world.fleet.apply([{ ...declared('a'), calendars: [{ ...closed, timeZone: 'Europe/Paris' }] }]);
    expect(world.story.slice(1)).toEqual(['close a', 'start a 60000']);
  });

  test('settings that are wrong stop one probe and name the problem; the right ones start it', async () => {
    world = fleetOf();
    await world.fleet.apply([declared('a', 60_000, { isWrong: true }), declared('b')]);
    await world.fleet.apply([declared('a'), declared('b')]);
    expect(world.story).toEqual([
      'a probe does not run: its settings are wrong: settings.grance: unknown',
      'start b 60000',
      'start a 60000',
    ]);
  });

  test('a probe that cannot be made or closed does not keep the others from changing', async () => {
    world = fleetOf();
    await world.fleet.apply([declared('a', 60_000, { closes: false }), declared('b', 60_000, { isBroken: true })]);
    await world.fleet.apply([declared('c')]);
    await world.fleet.apply([declared('c'), declared('d')]);
    expect(world.story).toEqual([
      'start a 60000',
      'a probe does not run: its settings are wrong: no such file',
      'what a probe had opened did not close: Error: the line is gone',
      'start c 60000',
      'start d 60000',
    ]);
  });

  test('two changes at once are taken up one after the other', async () => {
    world = fleetOf();
    await Promise.all([world.fleet.apply([declared('a')]), world.fleet.apply([]), world.fleet.apply([declared('a')])]);
    expect(world.story).toEqual(['start a 60000', 'close a', 'start a 60000']);
  });

  test('stopping ends every loop', async () => {
    world = fleetOf();
    await world.fleet.apply([declared('a')]);
    await world.fleet.stop();
    expect(world.fleet.size).toBe(0);
    expect(world.story.at(-1)).toBe('close a');
  });
});
