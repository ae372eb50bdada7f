import { describe, expect, it } from '@jest/globals';
import { SERIES_MAX, SeriesRoom, SeriesRooms } from './series-room.js';

const DAY_MS = 86_400_000;
const full = (day = 0) => {
  const room = new SeriesRoom(2);
  for (const name of ['a', 'b']) expect(room.admits('carts', name, day * DAY_MS)).toBe(true);
  return room;
};

describe('the room for series of a signal', () => {
  it('is full at some time, and those that are known go on', () => {
    const room = full();
    expect(['c', 'a', 'b', 'c'].map((name) => room.admits('carts', name, 1))).toEqual([false, true, true, false]);
  });

  it('is each signal’s own, and each source’s', () => {
    expect(full().admits('orders', 'c', 1)).toBe(true);
    const rooms = new SeriesRooms();
    expect(rooms.of('acme', 'shop')).toBe(rooms.of('acme', 'shop'));
    expect(new Set([rooms.of('acme', 'shop'), rooms.of('acme', 'other'), rooms.of('other', 'shop')]).size).toBe(3);
  });

  it('is given to another where a series was silent for more than a week, and not before', () => {
    const room = full();
    room.admits('carts', 'a', 5 * DAY_MS);
    expect(room.admits('carts', 'c', 7 * DAY_MS)).toBe(false);
    expect(room.admits('carts', 'c', 8 * DAY_MS)).toBe(true);
    expect(room.admits('carts', 'b', 8 * DAY_MS)).toBe(false);
    expect(room.admits('carts', 'a', 8 * DAY_MS)).toBe(true);
  });

  it('holds as many as are written on the page', () => {
    const room = new SeriesRoom();
    const admitted = Array.from({ length: SERIES_MAX + 5 }, (_, i) => room.admits('carts', String(i), 1));
    expect(admitted.filter(Boolean)).toHaveLength(20_000);
  });
});
