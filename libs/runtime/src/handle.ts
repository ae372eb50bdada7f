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
