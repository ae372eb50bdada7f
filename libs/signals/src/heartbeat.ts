import type { InstantMs } from '@parapet/kernel';

/** The label set of an always-firing alert, and how often it should be heard. */
export interface HeartbeatDeclaration {
  readonly labels: Readonly<Record<string, string>>;
  readonly periodMs: number;
  readonly isRequired: boolean;
}

/** What is remembered of a source's heartbeat. */
export interface HeartbeatState {
  readonly heardAtMs: InstantMs | null;
  /** Since when it has been in order without a break; null while it is not. */
  readonly aliveSinceMs: InstantMs | null;
  /** Said to be resolved: the sender's rules are gone, whatever else it still sends. */
  readonly isResolved: boolean;
}

/** A heartbeat that was never heard. */
export const NO_HEARTBEAT: HeartbeatState = { heardAtMs: null, aliveSinceMs: null, isResolved: false };

/** How a heartbeat stands; `late` is still trusted, `silent` is not. */
export type HeartbeatHealth = 'never' | 'alive' | 'late' | 'silent';

const LATE_PERIODS = 2;
const SILENT_PERIODS = 4;

/** Whether a statement is the heartbeat: its labels hold the declared ones. */
export function isHeartbeat(
  declaration: HeartbeatDeclaration | null,
  labels: Readonly<Record<string, string>>,
): boolean {
  if (declaration === null) return false;
  return Object.keys(declaration.labels).every(
    (name) => Object.hasOwn(labels, name) && labels[name] === declaration.labels[name],
  );
}

/** How the heartbeat stands at an instant. */
export function heartbeatHealth(
  declaration: HeartbeatDeclaration,
  state: HeartbeatState,
  atMs: InstantMs,
): HeartbeatHealth {
  if (state.isResolved) return 'silent';
  if (state.heardAtMs === null) return 'never';
  const quietMs = atMs - state.heardAtMs;
  if (quietMs < LATE_PERIODS * declaration.periodMs) return 'alive';
  return quietMs < SILENT_PERIODS * declaration.periodMs ? 'late' : 'silent';
}

/** The heartbeat said to be firing. */
export function heartbeatHeard(
  declaration: HeartbeatDeclaration,
  state: HeartbeatState,
  atMs: InstantMs,
): HeartbeatState {
  const isUnbroken = state.aliveSinceMs !== null && heartbeatHealth(declaration, state, atMs) === 'alive';
  return { heardAtMs: atMs, aliveSinceMs: isUnbroken ? state.aliveSinceMs : atMs, isResolved: false };
}

/** The heartbeat said to be resolved: an always-firing alert only ends when its rules are no longer evaluated. */
export function heartbeatResolved(state: HeartbeatState): HeartbeatState {
  return { ...state, aliveSinceMs: null, isResolved: true };
}

/** From when a source that was never heard counts as silent, or since when a quiet one does. */
export function silentFromMs(
  declaration: HeartbeatDeclaration,
  state: HeartbeatState,
  declaredAtMs: InstantMs,
): InstantMs {
  return (state.heardAtMs ?? declaredAtMs) + SILENT_PERIODS * declaration.periodMs;
}

/** When it will be known whether the heartbeat was in order around an instant. */
export function confirmationDueMs(declaration: HeartbeatDeclaration, endedAtMs: InstantMs): InstantMs {
  return endedAtMs + LATE_PERIODS * declaration.periodMs;
}

/** Whether the heartbeat was in order from two periods before an instant until `dueMs`; asked once `dueMs` has come. */
export function wasInOrder(
  declaration: HeartbeatDeclaration,
  state: HeartbeatState,
  endedAtMs: InstantMs,
  dueMs: InstantMs,
): boolean {
  const { aliveSinceMs } = state;
  const isSinceBefore = aliveSinceMs !== null && aliveSinceMs <= endedAtMs - LATE_PERIODS * declaration.periodMs;
  return isSinceBefore && heartbeatHealth(declaration, state, dueMs) === 'alive';
}
