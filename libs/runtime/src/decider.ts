/** A state machine in three pure pieces: every rule is in `decide`, `evolve` only records what happened. */
export interface Decider<State, Input, Event> {
  readonly initialState: State;
  decide(state: State, input: Input): readonly Event[];
  evolve(state: State, event: Event): State;
}

/** Folds a stream's events into its state. */
export function fold<State, Event>(
  decider: { readonly initialState: State; evolve(state: State, event: Event): State },
  events: readonly Event[],
): State {
  return events.reduce((state, event) => decider.evolve(state, event), decider.initialState);
}
