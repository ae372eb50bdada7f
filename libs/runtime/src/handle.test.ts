import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Decider, fold } from './decider.js';
import { handle } from './handle.js';
import { type EventLog, VersionConflict } from './ports.js';

/** A lamp that burns out at the third switch: has phases, refuses, and says two things at once. */
type LampEvent = { readonly type: 'Switched'; readonly isOn: boolean } | { readonly type: 'BurntOut' };
interface Lamp {
  readonly isOn: boolean;
  readonly switches: number;
  readonly isBurntOut: boolean;
}
const lamp: Decider<Lamp, 'switch' | 'look', LampEvent> = {
  initialState: { isOn: false, switches: 0, isBurntOut: false },
  decide(state, input) {
    if (input === 'look' || state.isBurntOut) return [];
    const switched: LampEvent = { type: 'Switched', isOn: !state.isOn };
    return state.switches === 2 ? [switched, { type: 'BurntOut' }] : [switched];
  },
  evolve(state, event) {
    if (event.type === 'BurntOut') return { ...state, isOn: false, isBurntOut: true };
    return { ...state, isOn: event.isOn, switches: state.switches + 1 };
  },
};

function streamOf(events: LampEvent[]): EventLog<LampEvent> & { appends: number } {
  return {
    appends: 0,
    read: async () => ({ events: [...events], version: events.length }),
    async append(expected, more) {
      if (expected !== events.length) throw new VersionConflict('lamp', expected, events.length);
      this.appends++;
      events.push(...more);
    },
  };
}

describe('handle', () => {
  test('folds the past, appends what follows after the version it read, and answers the state after', async () => {
    const events: LampEvent[] = [
      { type: 'Switched', isOn: true },
      { type: 'Switched', isOn: false },
    ];
    expect(await handle(lamp, streamOf(events), 'switch')).toEqual({
      events: [{ type: 'Switched', isOn: true }, { type: 'BurntOut' }],
      state: { isOn: false, switches: 3, isBurntOut: true },
      version: 4,
    });
    expect(events).toHaveLength(4);
  });

  test('where nothing follows, nothing is appended', async () => {
    const log = streamOf([{ type: 'Switched', isOn: true }]);
    expect(await handle(lamp, log, 'look')).toEqual({
      events: [],
      state: { isOn: true, switches: 1, isBurntOut: false },
      version: 1,
    });
    expect(log.appends).toBe(0);
  });

  test('a conflict passes through to the one who can begin again', async () => {
    const log: EventLog<LampEvent> = {
      read: async () => ({ events: [], version: 0 }),
      append: async () => {
        throw new VersionConflict('lamp', 0, 1);
      },
    };
    await expect(handle(lamp, log, 'switch')).rejects.toThrow('cannot append to lamp: expected version 0, found 1');
  });

  test('property: the live state is the state that a replay gives', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('switch' as const, 'look' as const), { maxLength: 8 }),
        async (inputs) => {
          const events: LampEvent[] = [];
          let live = lamp.initialState;
          for (const input of inputs) ({ state: live } = await handle(lamp, streamOf(events), input));
          expect(fold(lamp, events)).toEqual(live);
        },
      ),
    );
  });
});
