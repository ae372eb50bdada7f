import { type EventLog, VersionConflict } from '@parapet/runtime';

/** A stream kept in memory; every `log()` reads and appends to the same one, as transactions do. */
export class InMemoryStream<Event> {
  private readonly events: Event[] = [];

  constructor(private readonly stream = 'rel_memory') {}

  log(): EventLog<Event> {
    return {
      read: async () => ({ events: [...this.events], version: this.events.length }),
      append: async (expectedVersion, events) => {
        if (events.length === 0) return;
        if (expectedVersion !== this.events.length)
          throw new VersionConflict(this.stream, expectedVersion, this.events.length);
        // What was appended is what is read back, whatever its maker does with it later.
        this.events.push(...events.map((event) => structuredClone(event)));
      },
    };
  }
}
