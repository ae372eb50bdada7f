import type { ServiceName } from '@parapet/contracts';
import type { Addressed } from '../servers/index.mjs';

export type { ServiceName };

/** A user of the broker; none where the server asks for none. */
export interface NatsCredentials {
  readonly user?: string;
  readonly password?: string;
}

export interface NatsAccess {
  readonly url: string;
  /** May do everything: it makes the streams. */
  readonly launcher: NatsCredentials;
  of(service: string): NatsCredentials;
}

/** Made once for a state folder and kept there, readable by us alone. */
export interface Secrets {
  readonly postgres: string;
  readonly redis: string;
  readonly nats: Readonly<Record<string, string>>;
  readonly roles: Readonly<Record<ServiceName, string>>;
  readonly tokens: Readonly<Record<string, string>>;
}

export interface Backing {
  readonly adminUrl: string;
  readonly nats: NatsAccess;
  readonly redisUrl: string;
  readonly started: readonly Addressed[];
  stop(): Promise<void>;
}

/** A system outside that listens to events: a durable consumer of its own, and a user of the broker that may read just that. */
export interface Subscriber {
  readonly name: string;
  readonly filter: string;
}

export interface StartOptions {
  /** Holds the YAML documents to apply. */
  readonly configDir: string;
  /** Keeps data, ports and passwords from run to run; `.parapet/state` unless given. */
  readonly stateDir?: string;
  /** Given on to every service; `DATABASE_URL`, `NATS_URL` and `REDIS_URL` name servers to use instead of own ones. */
  readonly env?: NodeJS.ProcessEnv;
  /** Given to one service alone, such as the secrets of targets to rollback-actuation. */
  readonly serviceEnv?: Readonly<Partial<Record<ServiceName, Readonly<Record<string, string>>>>>;
  /** Fixed ports by name: a service's, `postgres`, `nats`, `redis`. */
  readonly ports?: Readonly<Record<string, number>>;
  /** Consumers of EVENTS to be made for systems outside. */
  readonly subscribers?: readonly Subscriber[];
  readonly say?: (line: string) => void;
  /** Leaves the services to be started one by one. */
  readonly servicesHeld?: boolean;
  /** Refuses to start before a build; false where no service will be started. */
  readonly builtAlready?: boolean;
}

export interface SystemService {
  readonly name: ServiceName;
  readonly url: string;
  readonly logFile: string;
  readonly pid: number | undefined;
  readonly restarts: number;
  /** Ends it and leaves it ended until `start`; resolves when the process is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts it and waits until it is ready. */
  start(): Promise<void>;
  stop(): Promise<void>;
  ready(): Promise<void>;
}

export interface System {
  readonly stateDir: string;
  readonly urls: {
    /** Console, REST and server-sent events: release-control. */
    readonly console: string;
    /** The doors for signals: metrics-ingestion. */
    readonly ingestion: string;
    /** An administrator's address of our database. */
    readonly postgres: string;
    readonly nats: string;
    readonly redis: string;
    readonly services: Readonly<Record<ServiceName, string>>;
  };
  /** A sign-in token with every role, by tenant. */
  readonly tokens: Readonly<Record<string, string>>;
  readonly nats: NatsAccess;
  /** The database's address with the role of a service. */
  roleUrl(service: ServiceName): string;
  readonly services: Readonly<Record<ServiceName, SystemService>>;
  /** The servers of our own, as far as they were started here. */
  readonly servers: readonly Addressed[];
  /** Stops services, then servers; resolves when no process is left. */
  stop(): Promise<void>;
}

export const SERVICES: readonly ServiceName[];
export function startSystem(options: StartOptions): Promise<System>;
