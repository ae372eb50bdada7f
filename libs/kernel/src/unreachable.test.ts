import { expect, test } from '@jest/globals';
import { invariant, unreachable } from './unreachable.js';

test.each<[unknown, string]>([
  ['sideways', 'unreachable: "sideways"'],
  [{ kind: 'new' }, 'unreachable: {"kind":"new"}'],
  [undefined, 'unreachable: undefined'],
])('unreachable throws and names %j', (value, message) => {
  expect(() => unreachable(value as never)).toThrow(new Error(message));
});

test.each([true, 1, 'text', {}, []])('what holds (%j) passes', (condition) => {
  expect(() => invariant(condition, 'never said')).not.toThrow();
});

test.each([false, 0, Number.NaN, '', null, undefined])(
  'what does not hold (%j) throws with the sentence',
  (condition) => {
    expect(() => invariant(condition, 'seven rows were read')).toThrow(
      new Error('invariant broken: seven rows were read'),
    );
  },
);

test('what an invariant says, the compiler believes', () => {
  const text: string | null = ['a'].at(0) ?? null;
  invariant(text !== null, 'there is a text');
  expect(text.length).toBe(1);
});
