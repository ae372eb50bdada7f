/** What a pipeline can tell from how the command ended. */
export const EXIT = {
  /** Done; a watched release passed. */
  ok: 0,
  /** A watched release failed; lint found a problem; a journal is broken; a replay differs. */
  fail: 1,
  /** Nobody can say: the watch ended without a verdict, or its time was over. */
  inconclusive: 2,
  /** The command line or the configuration is wrong. */
  usage: 3,
  /** Parapet cannot be reached, or refused. */
  refused: 4,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the command with a code and one sentence that says what to do. */
export class Failure extends Error {
  override readonly name = 'Failure';
  constructor(
    readonly code: ExitCode,
    message: string,
    /** What `--json` prints instead of the sentence. */
    readonly json: unknown = { error: message },
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The command line is wrong. */
export function misused(message: string): Failure {
  return new Failure(EXIT.usage, message);
}
