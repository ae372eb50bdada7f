import { describe, expect, it } from '@jest/globals';
import { LabelMemory } from './label-memory.js';

const made = (value: string) => () => new Map([['pod', value]]);

describe('labels of series that came before', () => {
  it('are made once, and are the same object', () => {
    const memory = new LabelMemory();
    const first = memory.labels('a', made('a'));
    expect(memory.labels('a', made('never'))).toBe(first);
    expect(memory.labels('b', made('b'))).not.toBe(first);
  });

  it('are kept while they are met, and forgotten where they are not', () => {
    const memory = new LabelMemory(10);
    const met = memory.labels('met', made('met'));
    memory.labels('old', made('old'));
    for (let i = 0; i < 100; i++) {
      memory.labels(`n${i}`, made('n'));
      expect(memory.labels('met', made('again'))).toBe(met);
    }
    expect(memory.labels('old', made('new')).get('pod')).toBe('new');
    expect(memory.size).toBeLessThanOrEqual(10);
  });

  it('of one series whose labels are a book nothing is kept', () => {
    const memory = new LabelMemory();
    memory.labels('x'.repeat(16 * 1024 + 1), made('x'));
    expect(memory.size).toBe(0);
  });
});
