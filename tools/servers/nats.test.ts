import { describe, expect, it } from '@jest/globals';
import { natsConfig } from './nats.mjs';

const written = (version: string, users?: Parameters<typeof natsConfig>[0]['users']): string =>
  natsConfig({ dir: '/state', port: 4333, version, users, config: 'debug: false' });

describe('the configuration of a NATS server', () => {
  it.each([
    ['2.9.10', false],
    ['2.10.0', true],
    ['2.12.1', true],
    ['3.0.0', true],
  ])('of version %s says how often it syncs: %s', (version, says) => {
    // 2.9 does not start with a key that it does not know.
    expect(written(version).includes('sync_interval')).toBe(says);
  });

  it('asks for no user where none is given', () => {
    expect(written('2.9.10')).not.toContain('authorization');
  });

  it('gives a user its subjects, and one without any nothing, since an empty list would mean everything', () => {
    const permissions = { publish: ['parapet.signals.>'], subscribe: [] };
    expect(
      written('2.9.10', [
        { user: 'a', password: 'p"w', permissions },
        { user: 'b', password: 'x' },
      ]),
    ).toContain(
      '    { user: "a", password: "p\\"w", permissions: { publish: ["parapet.signals.>"], subscribe: { deny: ">" } } }\n    { user: "b", password: "x" }\n',
    );
  });

  it('ends with what the caller adds', () => {
    expect(written('2.9.10').trimEnd()).toMatch(/debug: false$/);
  });
});
