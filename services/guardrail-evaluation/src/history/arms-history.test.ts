import { describe, expect, test } from '@jest/globals';
import type { GuardrailTest, WatchedGuardrail } from '@parapet/guardrails';
import { rollUpOf } from '@parapet/signals';
import { historyInMemory, type KeptMinute } from '../../testing/history.js';
import { armsOfThePast, type RestArm, withArms } from './arms-history.js';

const MINUTE = 60_000;
const STORES: RestArm = { kind: 'rest', dimension: 'store', released: ['lyon', 'nice'] };
const SIGNAL = { unit: 'orders', badDirection: 'low', intervalMs: 15_000, latenessMs: 60_000 } as const;
const against = (control: GuardrailTest & { against: 'control' }): WatchedGuardrail => ({
  guardrail: {
    name: 'orders',
    signal: 'orders',
    where: {},
    test: control,
    mode: 'act',
    weight: 1,
    isRequired: true,
    staleAfterMs: 60_000,
  },
  signal: SIGNAL,
  baselines: [],
});
const PROPORTION = { kind: 'proportion', against: 'control', worseBy: 0.1, unacceptable: 3 } as const;
const ORDERS = against({ ...PROPORTION, control: STORES });

/** `bad` of `total` orders failed in a store in one minute. */
const minute = (at: number, store: string | null, bad: number, total: number): KeptMinute => {
  const dimensions: Record<string, string> = store === null ? {} : { store };
  const observation = { signal: 'orders', dimensions, fromMs: at * MINUTE, atMs: (at + 1) * MINUTE };
  const rollUp = rollUpOf({ ...observation, value: { kind: 'count', count: total - bad, of: total } });
  if (rollUp === null) throw new Error('no gap has a roll-up');
  return { observation, rollUp };
};
const known = async (kept: readonly KeptMinute[], minutes = 60) => {
  const periods = [{ fromMs: 0, toMs: minutes * MINUTE }];
  const of = { tenant: 't', environment: 'e', signal: 'orders', where: {} };
  const rows = await historyInMemory(() => kept).arms(of, STORES, periods);
  const { armsDispersion, armsRatio } = withArms(ORDERS, SIGNAL, periods, rows);
  return { armsDispersion, armsRatio };
};
const all = (of: (at: number) => readonly KeptMinute[]) => Array.from({ length: 60 }, (_, at) => of(at)).flat();

describe('whose arms the past can tell apart', () => {
  test.each([
    ['stores that get it and stores that do not', { ...PROPORTION, control: STORES }, STORES],
    ['a canary has no past of its own', { ...PROPORTION, control: { kind: 'where', where: { arm: 'stable' } } }, null],
    ['a release that goes everywhere leaves none', { ...PROPORTION, control: { ...STORES, released: [] } }, null],
    ['latency is told apart by its own', { ...PROPORTION, kind: 'histogram', control: STORES }, null],
  ] as const satisfies readonly (readonly [string, GuardrailTest & { against: 'control' }, RestArm | null])[])(
    '%s',
    (_, test1, expected) => {
      expect(armsOfThePast(against(test1).guardrail)).toEqual(expected);
    },
  );
});

describe('what the past says of two arms', () => {
  test('stores that fail twice as often as the others', async () => {
    const { armsDispersion, armsRatio } = await known(
      all((at) => [
        minute(at, 'lyon', 2, 50),
        minute(at, 'nice', 2, 50),
        minute(at, 'paris', 4, 100),
        minute(at, 'lille', 0, 100),
      ]),
    );
    expect(armsDispersion).toEqual({ phi: 1, isAssumed: false });
    expect(armsRatio?.ratio).toBeCloseTo(2, 2);
  });

  test('minutes that were not asked for, other signals, and what does not say of which store it is, are left out', async () => {
    const told = all((at) => [minute(at, 'lyon', 1, 50), minute(at, 'paris', 1, 50)]);
    const rest = all((at) => [minute(at, null, 50, 50), minute(at + 100, 'lyon', 50, 50)]);
    const other = told.map(({ observation, rollUp }) => ({
      observation: { ...observation, signal: 'returns' },
      rollUp,
    }));
    expect(await known([...told, ...rest, ...other])).toEqual(await known(told));
  });

  test('too little of it says nothing', async () => {
    expect(await known([])).toEqual({ armsDispersion: undefined, armsRatio: undefined });
    expect((await known(all((at) => [minute(at, 'lyon', 0, 5), minute(at, 'paris', 0, 5)]))).armsRatio).toBeUndefined();
    expect((await known([minute(0, 'lyon', 1, 5)], 10)).armsDispersion).toBeUndefined();
  });
});
