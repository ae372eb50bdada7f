import type { InstantMs } from '@parapet/kernel';
import type { FailureReason } from '@parapet/probes';

/** Failures in a row after which a target is left alone. */
export const FAILURES_TO_OPEN = 5;
/** How long it is left alone the first time … */
export const OPEN_MS = 60_000;
/** … and, doubled after every failed look, at most. */
export const OPEN_MS_MAX = 600_000;

/** Whether a target may be asked: always, one look at a time, or not before an instant. */
export type Circuit =
  | { readonly kind: 'closed'; readonly failures: number }
  | { readonly kind: 'open'; readonly untilMs: InstantMs; readonly openMs: number }
  | { readonly kind: 'half-open'; readonly openMs: number };

export const CLOSED: Circuit = { kind: 'closed', failures: 0 };

/** What a measurement says of its target. */
export type Finding = 'answered' | 'failed' | 'says-nothing';

/**
 * What a failure says of the target itself: a missing table is the trouble of one KPI whose target answered well, and a lock or a
 * cancelled read is a passing one. They neither open the circuit nor close it.
 */
export function findingOf(reason: FailureReason): Finding {
  return PASSING.has(reason) ? 'says-nothing' : 'failed';
}

const PASSING: ReadonlySet<FailureReason> = new Set<FailureReason>(['missing', 'locked', 'standby-conflict']);

/** Asks for a look: the circuit after asking; the look is granted unless it stays open. */
export function ask(circuit: Circuit, nowMs: InstantMs): { readonly isGranted: boolean; readonly circuit: Circuit } {
  switch (circuit.kind) {
    case 'closed':
      return { isGranted: true, circuit };
    case 'open':
      if (nowMs < circuit.untilMs) return { isGranted: false, circuit };
      return { isGranted: true, circuit: { kind: 'half-open', openMs: circuit.openMs } };
    case 'half-open':
      // One look is under way; the others wait for what it finds.
      return { isGranted: false, circuit };
  }
}

/** The circuit after a measurement. @param chance in [0, 1): prolongs the time by up to a fifth, so that probers do not return together */
export function after(circuit: Circuit, finding: Finding, nowMs: InstantMs, chance: number): Circuit {
  if (finding === 'answered') return CLOSED;
  switch (circuit.kind) {
    case 'closed': {
      if (finding === 'says-nothing') return circuit;
      const failures = circuit.failures + 1;
      return failures < FAILURES_TO_OPEN ? { kind: 'closed', failures } : opened(OPEN_MS, nowMs, chance);
    }
    case 'half-open':
      // A look that says nothing of the target at least reached it.
      return finding === 'says-nothing' ? CLOSED : opened(Math.min(2 * circuit.openMs, OPEN_MS_MAX), nowMs, chance);
    case 'open':
      // The answer to a question from before it opened: the time it is left alone runs from then.
      return circuit;
  }
}

function opened(openMs: number, nowMs: InstantMs, chance: number): Circuit {
  return { kind: 'open', openMs, untilMs: nowMs + Math.round(openMs * (1 + chance / 5)) };
}
