import type { InstantMs } from '@parapet/kernel';

/** A value beyond `enter` for `forMs`, until it is no longer beyond `leave` for `keepMs` (statistics 10.1). */
export interface ThresholdRule {
  readonly direction: 'above' | 'below';
  readonly enter: number;
  readonly leave: number;
  readonly forMs: number;
  readonly keepMs: number;
  readonly maxGapMs: number;
}

/** Where one series stands towards its threshold; `atMs` is the newest value's own time. */
export type ThresholdState =
  | { readonly kind: 'ok'; readonly atMs: InstantMs | null; readonly value: number | null }
  | { readonly kind: 'pending'; readonly atMs: InstantMs; readonly value: number; readonly sinceMs: InstantMs }
  | {
      readonly kind: 'firing';
      readonly atMs: InstantMs;
      readonly value: number;
      readonly sinceMs: InstantMs;
      /** Since when the value is no longer beyond `leave`; null while it is. */
      readonly recoveringSinceMs: InstantMs | null;
    };

/** A series without any value yet. */
export const THRESHOLD_OK: ThresholdState = { kind: 'ok', atMs: null, value: null };

/**
 * One value. Times are those of the values: a clock that goes on while nothing comes makes nothing fire and nothing recover.
 * A value from before the newest one changes nothing, for the order of values is the rule.
 */
export function observeValue(
  rule: ThresholdRule,
  state: ThresholdState,
  atMs: InstantMs,
  value: number,
): ThresholdState {
  if (state.atMs !== null && atMs <= state.atMs) return state;
  const isGap = state.atMs !== null && atMs - state.atMs > rule.maxGapMs;
  switch (state.kind) {
    case 'ok':
      return isBeyond(rule, value, rule.enter) ? pendingOrFiring(rule, atMs, value, atMs) : { kind: 'ok', atMs, value };
    case 'pending':
      if (!isBeyond(rule, value, rule.enter)) return { kind: 'ok', atMs, value };
      return pendingOrFiring(rule, atMs, value, isGap ? atMs : state.sinceMs);
    case 'firing': {
      if (isBeyond(rule, value, rule.leave)) return { ...state, atMs, value, recoveringSinceMs: null };
      const recoveringSinceMs = isGap || state.recoveringSinceMs === null ? atMs : state.recoveringSinceMs;
      return atMs - recoveringSinceMs >= rule.keepMs
        ? { kind: 'ok', atMs, value }
        : { ...state, atMs, value, recoveringSinceMs };
    }
  }
}

function pendingOrFiring(rule: ThresholdRule, atMs: InstantMs, value: number, sinceMs: InstantMs): ThresholdState {
  return atMs - sinceMs >= rule.forMs
    ? { kind: 'firing', atMs, value, sinceMs, recoveringSinceMs: null }
    : { kind: 'pending', atMs, value, sinceMs };
}

function isBeyond(rule: ThresholdRule, value: number, bound: number): boolean {
  return rule.direction === 'above' ? value > bound : value < bound;
}
