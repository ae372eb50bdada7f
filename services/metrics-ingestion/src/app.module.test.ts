import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ALERT_KINDS, SAMPLE_KINDS } from '@parapet/policy';
import { DOORS } from './app.module.js';

const USERS = new URL('../../../deploy/nats/users.json', import.meta.url);

describe('the doors', () => {
  it('are one for each kind of source, each at an address of its own', () => {
    expect(DOORS.map(({ name }) => name).sort()).toEqual([...ALERT_KINDS, ...SAMPLE_KINDS].sort());
  });

  it('may all keep what they refuse: without that right a refusal is 503 for ever', () => {
    const { users } = JSON.parse(readFileSync(USERS, 'utf8')) as {
      users: { user: string; permissions: { publish: string[] } }[];
    };
    const rights = users.find(({ user }) => user === 'metrics-ingestion')?.permissions.publish;
    expect(rights).toEqual(expect.arrayContaining(DOORS.map(({ name }) => `parapet.dead.${name}`)));
  });
});
