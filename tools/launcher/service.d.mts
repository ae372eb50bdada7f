/** One process: started, watched, and started again when it ends unasked. */
export class SupervisedService {
  constructor(o: {
    readonly name: string;
    readonly args: readonly string[];
    readonly env: NodeJS.ProcessEnv;
    readonly port: number;
    readonly logDir: string;
    readonly runDir: string;
    readonly say: (line: string) => void;
  });
  readonly name: string;
  readonly url: string;
  readonly logFile: string;
  get pid(): number | undefined;
  get restarts(): number;
  start(): Promise<void>;
  ready(): Promise<void>;
  kill(signal: NodeJS.Signals): Promise<void>;
  stop(): Promise<void>;
  lastLines(): string;
}
