import { type Configuration, type SignalSource, configurationOf } from '@parapet/policy';
import { ConfigurationStore, type Database } from '@parapet/postgres';
import type { Metrics, ServiceLogger } from '@parapet/telemetry';

/** A source together with the tenant it belongs to. */
export interface TenantSource {
  readonly tenant: string;
  readonly source: SignalSource;
}

/**
 * The configuration of every tenant as it is now, read again within a second of a change.
 * While the database is away, or a stored revision cannot be read, what was last in use stays in use.
 */
export class ConfigurationWatcher {
  readonly #db: Database;
  readonly #store = new ConfigurationStore();
  readonly #logger: ServiceLogger;
  readonly #metrics: Metrics;
  readonly #pollMs: number;
  readonly #configurations = new Map<string, Configuration>();
  readonly #revisions = new Map<string, number>();
  readonly #listeners = new Set<(configuration: Configuration) => void>();
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;
  #isStopped = false;
  #isBehind = false;

  constructor(db: Database, logger: ServiceLogger, metrics: Metrics, options: { readonly pollMs?: number } = {}) {
    this.#db = db;
    this.#logger = logger;
    this.#metrics = metrics;
    this.#pollMs = options.pollMs ?? 1_000;
  }

  /** Reads once, then goes on looking; rejects if even the first reading fails. */
  async start(): Promise<void> {
    await this.#read();
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#reading?.catch(() => {});
  }

  /** What is declared for a tenant; null for one that is not declared. */
  current(tenant: string): Configuration | null {
    return this.#configurations.get(tenant) ?? null;
  }

  /** Names of the declared tenants, in order. */
  tenants(): readonly string[] {
    return [...this.#configurations.keys()].sort();
  }

  /** All configurations, by tenant. */
  all(): readonly Configuration[] {
    return this.tenants().map((tenant) => this.#configurations.get(tenant) as Configuration);
  }

  /** The source of that name; names of sources are unique in the installation, and the first tenant's holds where they are not. */
  source(name: string): TenantSource | null {
    for (const { tenant, signalSources } of this.all()) {
      const source = signalSources.find((one) => one.name === name);
      if (source !== undefined) return { tenant: tenant.name, source };
    }
    return null;
  }

  /** Tells of every configuration that changed, after it is in use, and of none twice; answers how to stop listening. */
  onChange(listener: (configuration: Configuration) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Looks for a newer revision now, instead of within the next second. */
  refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  #schedule(): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.refresh()
        .then(
          () => this.#tellRecovered(),
          (error: unknown) => this.#tellBehind(error),
        )
        .finally(() => this.#schedule());
    }, this.#pollMs);
  }

  async #read(): Promise<void> {
    const changed = await this.#db.transact('*', async (tx) => {
      const newest = await this.#store.revisions(tx);
      const behind = [...newest].filter(([tenant, revision]) => this.#revisions.get(tenant) !== revision);
      return Promise.all(
        behind.map(async ([tenant, revision]) => ({
          tenant,
          revision,
          documents: await this.#store.current(tx, tenant),
        })),
      );
    });
    for (const { tenant, revision, documents } of changed) this.#take(tenant, revision, documents);
  }

  #take(tenant: string, revision: number, documents: Parameters<typeof configurationOf>[1]): void {
    // Whatever comes of it, this revision is not read again every second.
    this.#revisions.set(tenant, revision);
    if (documents.length === 0) {
      this.#configurations.delete(tenant);
      return;
    }
    let configuration: Configuration;
    try {
      configuration = configurationOf(tenant, documents, revision);
    } catch (error) {
      this.#logger.error(
        { err: error, tenant, revision },
        'a stored configuration cannot be read; the one before stays in use',
      );
      return;
    }
    this.#configurations.set(tenant, configuration);
    this.#metrics.set('parapet_configuration_revision', { tenant }, revision);
    this.#logger.info({ tenant, revision }, 'a configuration is in use');
    for (const listener of [...this.#listeners]) {
      try {
        listener(configuration);
      } catch (error) {
        this.#logger.error({ err: error, tenant, revision }, 'something could not follow a change of configuration');
      }
    }
  }

  #tellBehind(error: unknown): void {
    if (!this.#isBehind)
      this.#logger.warn({ err: error }, 'cannot look for a newer configuration; the present one stays in use');
    this.#isBehind = true;
  }

  #tellRecovered(): void {
    if (this.#isBehind) this.#logger.info('looking for newer configurations again');
    this.#isBehind = false;
  }
}
