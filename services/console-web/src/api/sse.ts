/** One server-sent event. */
export interface ServerSentEvent {
  readonly id: string | null;
  readonly data: string;
}

/**
 * Cuts a stream of text into server-sent events, whatever pieces it comes in. Comments keep the line alive and say
 * nothing; an event that was not ended by an empty line is not an event yet.
 */
export class SseParser {
  #rest = '';
  #data: string[] = [];
  #id: string | null = null;

  push(text: string): readonly ServerSentEvent[] {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() as string;
    return lines.flatMap((line) => this.#take(line));
  }

  #take(line: string): readonly ServerSentEvent[] {
    if (line === '') {
      const event = { id: this.#id, data: this.#data.join('\n') };
      const isEmpty = this.#data.length === 0;
      this.#data = [];
      return isEmpty ? [] : [event];
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') this.#data.push(value);
    if (field === 'id') this.#id = value;
    return [];
  }
}
