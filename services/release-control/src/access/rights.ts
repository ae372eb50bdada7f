import { ProblemError } from '@parapet/nest';
import type { Role } from '@parapet/policy';

/** Who calls, as their credentials say. */
export interface Caller {
  readonly tenant: string;
  readonly subject: string;
  readonly roles: readonly Role[];
  readonly auth: 'token' | 'session';
  /** When they last proved who they are; with a token that is now. */
  readonly authTimeMs: number;
  readonly csrfToken?: string;
  readonly expiresAtMs?: number;
}

/** What somebody may want to do. */
export type Right =
  | 'read'
  | 'respond'
  | 'approve'
  | 'restore'
  | 'register'
  | 'configure'
  | 'read-journal'
  | 'read-dead-letters'
  | 'operate';

const EVERYBODY: readonly Role[] = ['viewer', 'responder', 'approver', 'deployer', 'commander', 'auditor', 'admin'];

/** Who may what; an admin has no right to approve by being admin. */
const GRANTED: Readonly<Record<Right, readonly Role[]>> = {
  read: EVERYBODY,
  respond: ['responder', 'approver', 'commander'],
  approve: ['approver', 'commander'],
  // Gives a guardrail back the right to act: of those who may pause one, and of those who may change it.
  restore: ['approver', 'commander', 'admin'],
  register: ['deployer'],
  configure: ['admin'],
  'read-journal': ['auditor', 'admin'],
  'read-dead-letters': ['auditor', 'admin'],
  operate: ['admin'],
};

/** Whether a caller's roles hold a right. */
export function mayDo(caller: Pick<Caller, 'roles'>, right: Right): boolean {
  return GRANTED[right].some((role) => caller.roles.includes(role));
}

/** The refusal of a right that is not held. */
export function rightRefused(right: Right): ProblemError {
  return new ProblemError(403, 'forbidden', `this needs one of the roles ${GRANTED[right].join(', ')}`);
}
