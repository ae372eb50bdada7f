import { type ActuationState, type ActuationStory, actuationDecider } from '@parapet/actuation';
import { fromJournal, type PublicEvent } from '@parapet/contracts';
import type { InstantMs } from '@parapet/kernel';
import type { JournalRow, StreamRef } from '@parapet/runtime';

/** How long guardrails have to recover where the release's policy cannot be found. */
const RECOVER_WITHIN_MS = 1_800_000;
/** The evaluator says `not-recovered` when its bound is over; ours comes later, for an evaluator that says nothing. */
const BEYOND_THE_BOUND_MS = 30_000;

/** An actuation as the release's stream tells it. */
export interface Story {
  readonly state: ActuationState;
  readonly version: number;
  readonly ref: StreamRef;
  /** W3C traceparent of the order. */
  readonly trace: string | null;
  /** Until when recovery must be shown; null before the end of the actuation. */
  readonly verifyUntilMs: InstantMs | null;
}

/** Reads an actuation out of its release's rows; null where the stream holds no such order. */
export function tellStory(rows: readonly JournalRow[], actuation: string): Story | null {
  const decider = actuationDecider(actuation);
  let state = decider.initialState;
  let ordered: JournalRow | null = null;
  let recoverWithinMs = RECOVER_WITHIN_MS;
  let finishedAtMs: InstantMs | null = null;
  for (const row of rows) {
    const event = fromJournal(row);
    if (event?.type === 'ReleaseRegistered') recoverWithinMs = event.guardrailPolicy.recoverWithinMs;
    if (event === null || !isOfActuations(event) || event.actuation !== actuation) continue;
    state = decider.evolve(state, event);
    if (event.type === 'RollbackOrdered') ordered = row;
    if (event.type === 'ActuationFinished') finishedAtMs = Date.parse(row.recordedAt);
  }
  if (ordered === null) return null;
  const { tenant, stream, environment, workload, trace } = ordered;
  return {
    state,
    version: rows.at(-1)?.version ?? 0,
    ref: { tenant, stream, environment, workload },
    trace,
    verifyUntilMs: finishedAtMs === null ? null : finishedAtMs + recoverWithinMs + BEYOND_THE_BOUND_MS,
  };
}

function isOfActuations(event: PublicEvent): event is PublicEvent & ActuationStory {
  switch (event.type) {
    case 'RollbackOrdered':
    case 'ActuationStarted':
    case 'ActuationStepChanged':
    case 'ActuationFinished':
    case 'RollbackVerified':
    case 'RecoveryJudged':
      return true;
    default:
      return false;
  }
}
