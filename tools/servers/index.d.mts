/** How a program of the outside world is run on this machine. */
export interface Found {
  readonly how: string;
  readonly version: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The folder it must be started in, where it matters. */
  readonly cwd?: string;
}

/** A user and a group that a server runs as. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** What {@link startServer} needs to know. */
export interface ServerStart {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Holds the pid file and the log. */
  readonly dir: string;
  readonly owner?: Owner | undefined;
  readonly isReady: () => Promise<boolean>;
  readonly stopSignal?: NodeJS.Signals;
  readonly readyWithinMs?: number;
  readonly stopWithinMs?: number;
}

/** A server process that we started and will stop. */
export interface RunningServer {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Says how the process ended, once it has. */
  readonly exited: Promise<string>;
  stop(): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/** A server with the address its clients use. */
export interface Addressed extends RunningServer {
  readonly url: string;
  readonly port: number;
  readonly version: string;
  readonly how: string;
}

/** One user of the NATS server and the subjects it may use. */
export interface NatsUser {
  readonly user: string;
  readonly password: string;
  readonly permissions?: { readonly publish: readonly string[]; readonly subscribe: readonly string[] };
}

export type Say = (line: string) => void;

export const projectDir: string;
export function cacheDir(env?: NodeJS.ProcessEnv): string;
export function cachedFolder(name: string, fill: (dir: string) => Promise<void>): Promise<string>;
export function isAlive(pid: number): boolean;
export function freePort(): Promise<number>;
export function postgresAnswers(host: string, port: number): Promise<boolean>;
export function natsGreeting(host: string, port: number): Promise<{ version: string; jetstream: boolean } | undefined>;
export function redisAnswers(host: string, port: number): Promise<boolean>;
export function httpAnswers(url: string): Promise<boolean>;
export function startServer(start: ServerStart): Promise<RunningServer>;
export function endWithUs(pid: number, signal: NodeJS.Signals): void;
export function forgetChild(pid: number): void;
export function removeWithUs(dir: string): () => void;
/** A new folder under the system's temporary folder that every user may pass through; removed with us. */
export function temporaryFolder(name: string): { dir: string; remove: () => void };
/** The unprivileged owner that a server which refuses root runs as; undefined when we are not root. */
export function unprivilegedOwner(): Owner | undefined;
/** Tells whether the unprivileged owner can reach a folder. */
export function isReachableByAll(dir: string): boolean;

export function findPostgres(say?: Say): Promise<Found>;
export function findNats(say?: Say): Promise<Found>;
export function findRedis(say?: Say): Promise<Found>;
/** Absent is allowed: the reason is said. */
export function findPrometheus(say?: Say): Promise<Found | undefined>;
export function findAlertmanager(say?: Say): Promise<Found | undefined>;
/** A Chromium for browser tests: `command` is its path, `args` and `env` go with every start. */
export function findChromium(say?: Say): Promise<Found | undefined>;

/** A PostgreSQL whose WAL is archived by a real pgBackRest. */
export interface BackedUpPostgres {
  readonly url: string;
  /** Holds the cluster (`pg`), the repository (`repo`) and room for a restore (`restored`). */
  readonly dir: string;
  readonly version: string;
  /** What `archive_command` has to be; not set at the start. */
  readonly archiveCommand: string;
  /** Runs pgBackRest for the stanza `main` and answers what it printed. */
  pgbackrest(args: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}
/** Absent is allowed: the reason is said. */
export function findPgBackRest(say?: Say): Promise<{ readonly how: string; readonly version: string } | undefined>;
export function startBackedUpPostgres(o?: { say?: Say }): Promise<BackedUpPostgres | undefined>;

/** `fresh` copies a prepared data folder and gives durability up for speed: for tests only. `settings` are added, as `name=value`. */
export function startPostgres(o: {
  dir: string;
  password: string;
  port?: number | undefined;
  fresh?: boolean;
  settings?: readonly string[];
  say?: Say | undefined;
}): Promise<Addressed>;
export function startNats(o: {
  dir: string;
  port?: number | undefined;
  users?: readonly NatsUser[] | undefined;
  config?: string;
  say?: Say | undefined;
}): Promise<Addressed>;
export function startRedis(o: {
  dir: string;
  port?: number | undefined;
  password?: string | undefined;
  say?: Say | undefined;
}): Promise<Addressed>;
export function startPrometheus(o: {
  dir: string;
  configYaml: string;
  rulesYaml?: string;
  /** What it measured before it was started, as OpenMetrics with times. */
  pastOpenMetrics?: string;
  /** How soon Prometheus repeats a firing alert; its own default is a minute. */
  resendDelay?: string;
  port?: number | undefined;
  say?: Say | undefined;
}): Promise<Addressed>;
export function startAlertmanager(o: {
  dir: string;
  configYaml: string;
  port?: number | undefined;
  /** Its own port among the replicas, and those of the others; absent: it clusters with nobody. */
  cluster?: { port: number; peers: readonly number[] } | undefined;
  say?: Say | undefined;
}): Promise<Addressed>;
