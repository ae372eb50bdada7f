import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { EnvironmentInvalid, parseEnvironment, serviceVariables } from './environment.js';

const COMPLETE = {
  PORT: '3001',
  DATABASE_URL: 'postgres://u:p@127.0.0.1:5432/parapet',
  NATS_URL: 'nats://127.0.0.1:4222',
  REDIS_URL: 'redis://127.0.0.1:6379',
};

function problemsOf(environment: Record<string, string | undefined>): readonly string[] {
  try {
    parseEnvironment(serviceVariables, environment);
  } catch (error) {
    if (error instanceof EnvironmentInvalid) return error.problems;
    throw error;
  }
  return [];
}

describe('a service’s environment', () => {
  it('is complete with four addresses; the rest has defaults', () => {
    expect(parseEnvironment(serviceVariables, COMPLETE)).toEqual({
      ...COMPLETE,
      PORT: 3001,
      HOST: '127.0.0.1',
      PARAPET_PARTITIONS: 32,
      PARAPET_HEARTBEAT_SECONDS: 15,
      PARAPET_PUBLIC_URL: 'http://127.0.0.1:3000',
      PARAPET_LOG_LEVEL: 'info',
    });
  });

  it('reports every problem at once, each with its name', () => {
    expect(
      problemsOf({
        ...COMPLETE,
        PORT: '70000',
        DATABASE_URL: undefined,
        NATS_URL: 'http://x',
        PARAPET_LOG_LEVEL: 'loud',
      }),
    ).toEqual([
      expect.stringMatching(/^PORT .*65535/),
      expect.stringMatching(/^DATABASE_URL is not set; an address such as postgres:/),
      expect.stringMatching(/^NATS_URL must be an address such as nats:/),
      expect.stringMatching(/^PARAPET_LOG_LEVEL .*"warn"/),
    ]);
  });

  it.each([
    ['an empty text counts as absent', { NATS_USER: '' }, []],
    ['an empty address is not set', { REDIS_URL: '' }, [expect.stringMatching(/^REDIS_URL is not set/)]],
    ['a port that is no number', { PORT: 'http' }, [expect.stringMatching(/^PORT must be a port/)]],
    ['a port that is absent', { PORT: undefined }, [expect.stringMatching(/^PORT is not set: must be a port/)]],
    ['no partitions at all', { PARAPET_PARTITIONS: '0' }, [expect.stringMatching(/^PARAPET_PARTITIONS /)]],
  ])('%s', (_, change, expected) => {
    expect(problemsOf({ ...COMPLETE, ...change })).toEqual(expected);
  });

  it('never shows what a variable holds', () => {
    expect(problemsOf({ ...COMPLETE, DATABASE_URL: 'mysql://u:geheim@h/db' }).join()).not.toContain('geheim');
  });

  it('takes a service’s own variables beside the shared ones', () => {
    const own = { ...serviceVariables, LIMIT: z.coerce.number().default(5) };
    expect(parseEnvironment(own, COMPLETE).LIMIT).toBe(5);
  });
});
