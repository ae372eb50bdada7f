import { PermissionViolationError } from '@nats-io/nats-core';

/** What became of the connection, in the order it happened. */
export type ConnectionStatus =
  | { readonly kind: 'disconnected' }
  | { readonly kind: 'reconnected' }
  | { readonly kind: 'error'; readonly error: Error }
  | { readonly kind: 'closed' };

/** The subject of a refused right, when an error of the connection is one. */
export function refusedSubject(error: Error): string | null {
  return error instanceof PermissionViolationError ? error.subject : null;
}
