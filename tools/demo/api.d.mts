/** An answer that was no success, with the problem document's words. */
export class Refused extends Error {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a document from outside
  readonly problem: any;
}

/** A caller of the public address with one token; answers are whatever the server said. */
export interface Caller {
  // biome-ignore lint/suspicious/noExplicitAny: a document from outside
  get(path: string): Promise<any>;
  // biome-ignore lint/suspicious/noExplicitAny: a document from outside
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<any>;
  /** Events of a release after a sequence number, live, until the signal aborts; survives a server that restarts. */
  events(release: string, after: number, signal: AbortSignal): AsyncGenerator<StoryEvent>;
}

/** A CloudEvent as far as a story looks into it. */
export interface StoryEvent {
  readonly type: string;
  readonly sequence: string;
  /** When it was decided. */
  readonly time: string;
  // biome-ignore lint/suspicious/noExplicitAny: a document from outside
  readonly data: any;
}

export function caller(baseUrl: string, token: string): Caller;
