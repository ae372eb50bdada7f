import { expect, test } from '@jest/globals';
import type { Role } from '@parapet/policy';
import { mayDo, type Right } from './rights.js';

const ROLES: readonly Role[] = ['viewer', 'responder', 'approver', 'deployer', 'commander', 'auditor', 'admin'];

test.each<readonly [Right, readonly Role[]]>([
  ['read', ROLES],
  ['respond', ['responder', 'approver', 'commander']],
  ['approve', ['approver', 'commander']],
  ['restore', ['approver', 'commander', 'admin']],
  ['register', ['deployer']],
  ['configure', ['admin']],
  ['read-journal', ['auditor', 'admin']],
  ['read-dead-letters', ['auditor', 'admin']],
  ['operate', ['admin']],
])('%s belongs to %j and to nobody else', (right, holders) => {
  expect(ROLES.filter((role) => mayDo({ roles: [role] }, right))).toEqual(holders);
});

test('whoever has no role may nothing', () => {
  expect(mayDo({ roles: [] }, 'read')).toBe(false);
});
