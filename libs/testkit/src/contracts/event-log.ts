import { describe, expect, test } from '@jest/globals';
import type { PublicEvent } from '@parapet/contracts';
import { type EventLog, VersionConflict } from '@parapet/runtime';

/** Runs one transaction on a stream: commits when the work resolves, and only then. */
export type WithLog = <T>(work: (log: EventLog<PublicEvent>) => Promise<T>) => Promise<T>;

const said = (text: string): PublicEvent => ({
  type: 'ProposalCommented',
  proposal: 'prp_1',
  answer: 'ans_1',
  by: 'on-call',
  text,
  revision: 1,
});

/** What every EventLog promises; an implementation's own test calls it with a maker of fresh streams. */
export function eventLogContract(name: string, freshStream: () => Promise<WithLog>): void {
  describe(`${name} as an event log`, () => {
    test('a stream never written is empty, at version 0', async () => {
      const withLog = await freshStream();
      expect(await withLog((log) => log.read())).toEqual({ events: [], version: 0 });
    });

    test('events are read back as they were appended and in that order, each one version further', async () => {
      const withLog = await freshStream();
      await withLog((log) => log.append(0, [said('a'), said('b')]));
      await withLog((log) => log.append(2, [said('c')]));
      expect(await withLog((log) => log.read())).toEqual({ events: [said('a'), said('b'), said('c')], version: 3 });
    });

    test('appending nothing changes nothing, whatever the version', async () => {
      const withLog = await freshStream();
      await withLog((log) => log.append(7, []));
      expect(await withLog((log) => log.read())).toEqual({ events: [], version: 0 });
    });

    test.each([
      { sentence: 'a version behind: somebody was quicker', expected: 1, found: 2 },
      { sentence: 'a version ahead: something was lost', expected: 3, found: 2 },
    ])('refuses $sentence', async ({ expected, found }) => {
      const withLog = await freshStream();
      await withLog((log) => log.append(0, [said('a'), said('b')]));
      const attempt = withLog((log) => log.append(expected, [said('c')]));
      await expect(attempt).rejects.toBeInstanceOf(VersionConflict);
      await expect(attempt).rejects.toMatchObject({ expected, found });
      expect((await withLog((log) => log.read())).events).toEqual([said('a'), said('b')]);
    });

    test('of two that read the same version one appends, the other is told', async () => {
      const withLog = await freshStream();
      const both = await Promise.allSettled(['x', 'y'].map((text) => withLog((log) => log.append(0, [said(text)]))));
      expect(both.map((r) => r.status).sort()).toEqual(['fulfilled', 'rejected']);
      expect((await withLog((log) => log.read())).version).toBe(1);
    });

    test('what is appended keeps its value when its maker changes the object', async () => {
      const withLog = await freshStream();
      const event = { ...said('before') } as { text: string } & PublicEvent;
      await withLog((log) => log.append(0, [event]));
      event.text = 'after';
      expect((await withLog((log) => log.read())).events).toEqual([said('before')]);
    });
  });
}
