import { type Decider, fold } from './decider.js';
import type { EventLog } from './ports.js';

/**
 * Folds a stream, decides on one input, appends what follows. Answers the events appended and the state after them.
 * A VersionConflict passes through: the caller's transaction is rolled back and tried again.
 */
export async function handle<State, Input, Event>(
  decider: Decider<State, Input, Event>,
  log: EventLog<Event>,
  input: Input,
): Promise<{ readonly events: readonly Event[]; readonly state: State; readonly version: number }> {
  const { events: past, version } = await log.read();
  const before = fold(decider, past);
  const events = decider.decide(before, input);
  if (events.length > 0) await log.append(version, events);
  const state = events.reduce((s, event) => decider.evolve(s, event), before);
  return { events, state, version: version + events.length };
}

/**
 * As `handle`, for commands that may be refused. A refusal appends nothing and carries the state it was made in.
 * Events that another process appended to the stream are folded as `Past`; what is decided is a subset of them.
 */
export async function handleCommand<State, Input, Past, Event extends Past, Refusal extends object>(
  decider: {
    readonly initialState: State;
    decide(state: State, input: Input): readonly Event[] | Refusal;
    evolve(state: State, event: Past): State;
  },
  log: EventLog<Past>,
  input: Input,
): Promise<{
  readonly events: readonly Event[];
  readonly refusal: Refusal | null;
  readonly state: State;
  readonly version: number;
}> {
  const { events: past, version } = await log.read();
  const before = fold(decider, past);
  const outcome = decider.decide(before, input);
  if (!isEvents(outcome)) return { events: [], refusal: outcome, state: before, version };
  if (outcome.length > 0) await log.append(version, outcome);
  const state = outcome.reduce((s, event) => decider.evolve(s, event), before);
  return { events: outcome, refusal: null, state, version: version + outcome.length };
}

function isEvents<Event, Refusal extends object>(outcome: readonly Event[] | Refusal): outcome is readonly Event[] {
  return Array.isArray(outcome);
}
