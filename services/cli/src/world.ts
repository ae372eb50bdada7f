/** Where text goes; a terminal tells its width. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Everything outside the command, so that a test can stand in for it. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly fetch: typeof fetch;
  nowMs(): number;
  sleep(ms: number): Promise<void>;
  /** Asks a person; null where nobody sits there. */
  ask(question: string): Promise<string | null>;
  makeKey(): string;
}
