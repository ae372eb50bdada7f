import { createHash } from 'node:crypto';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG, type ShopConfig } from '../config.js';
import { ShopMetrics } from '../metrics.js';
import { type Queries, ShopDatabase } from '../shop/database.js';
import {
  type DeploymentRequest,
  type DeployRequest,
  isAlready,
  notRunning,
  type RunningVersion,
  type Wanted,
} from './deployment.js';
import { changeRunning, readRunning } from './running.js';

/** What the shop answers an actuator. */
export type DeploymentAnswer =
  | { readonly kind: 'done' }
  | { readonly kind: 'accepted'; readonly key: string }
  | { readonly kind: 'already-done' }
  | { readonly kind: 'stale-fence'; readonly fence: number }
  | { readonly kind: 'precondition'; readonly running: readonly RunningVersion[] }
  | { readonly kind: 'key-reused' }
  | { readonly kind: 'refused'; readonly reason: string };

/** Answer to "what became of this key?". */
export interface KeyState {
  readonly state: 'unknown-key' | 'running' | 'done' | 'failed';
  readonly reason?: string;
}

const DUE_CHECK_MS = 200;

/** Changes what runs; every key once, never for an actuator that was replaced, never from another state than it saw. */
@Injectable()
export class Deployments implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = new Logger('deployments');
  private timer: NodeJS.Timeout | undefined;
  private finishing: Promise<void> = Promise.resolve();
  private isStopped = false;

  constructor(
    @Inject(ShopDatabase) private readonly db: ShopDatabase,
    @Inject(CONFIG) private readonly config: ShopConfig,
    @Inject(ShopMetrics) private readonly metrics: ShopMetrics,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule();
  }

  async onApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.finishing;
  }

  /** What runs on a target; null for one that is not ours. */
  async running(target: string): Promise<readonly RunningVersion[] | null> {
    if (target !== this.config.target) return null;
    return readRunning(this.db, target);
  }

  /** What became of a key. */
  async stateOf(key: string): Promise<KeyState> {
    const [row] = await this.db.query<{ state: 'running' | 'done' | 'failed'; reason: string | null }>(
      'SELECT state, reason FROM shop.deployment WHERE key = $1',
      [key],
    );
    if (row === undefined) return { state: 'unknown-key' };
    return row.reason === null ? { state: row.state } : { state: row.state, reason: row.reason };
  }

  /** Does what an actuator asks, or says why not. */
  async order(request: DeploymentRequest): Promise<DeploymentAnswer> {
    const unknown = request.to.components.find(({ component }) => !this.config.components.includes(component));
    if (request.target !== this.config.target) return { kind: 'refused', reason: `no target ${request.target} here` };
    if (unknown !== undefined) return { kind: 'refused', reason: `no component ${unknown.component} here` };
    // Not the whole body: a successor repeats a key with its own fence.
    const digest = createHash('sha256')
      .update(JSON.stringify([request.target, request.to]))
      .digest('hex');
    return this.db.transact(async (tx) => {
      // One deployment of a target at a time: key, fence and precondition are judged under the target's lock.
      await tx.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`shop.${request.target}`]);
      return this.orderLocked(tx, request, digest);
    });
  }

  private async orderLocked(tx: Queries, request: DeploymentRequest, digest: string): Promise<DeploymentAnswer> {
    const [known] = await tx.query<{ state: string; wanted_sha256: string; reason: string | null }>(
      'SELECT state, wanted_sha256, reason FROM shop.deployment WHERE key = $1',
      [request.key],
    );
    const [seen] = await tx.query<{ fence: number }>(
      'SELECT fence::float8 AS fence FROM shop.fence WHERE target = $1',
      [request.target],
    );
    if (seen !== undefined && request.fence < seen.fence) return { kind: 'stale-fence', fence: seen.fence };
    if (known !== undefined && known.wanted_sha256 !== digest) return { kind: 'key-reused' };
    if (known?.state === 'running') return { kind: 'accepted', key: request.key };
    if (known?.state === 'done') return { kind: 'already-done' };
    if (known !== undefined) return { kind: 'refused', reason: known.reason ?? 'this deployment failed' };

    const runningNow = await readRunning(tx, request.target);
    if (isAlready(runningNow, request.to)) return { kind: 'already-done' };
    if (notRunning(runningNow, request.from) !== null) return { kind: 'precondition', running: runningNow };
    if (request.dryRun) return { kind: 'done' };

    await tx.query(
      `INSERT INTO shop.fence VALUES ($1, $2) ON CONFLICT (target) DO UPDATE SET fence = greatest(shop.fence.fence, excluded.fence)`,
      [request.target, request.fence],
    );
    const isInstant = this.config.deploySeconds === 0;
    await tx.query(
      `INSERT INTO shop.deployment (key, wanted_sha256, target, fence, wanted, state, due_at, finished_at)
       VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7), CASE WHEN $7 = 0 THEN now() END)`,
      [
        request.key,
        digest,
        request.target,
        request.fence,
        JSON.stringify(request.to),
        isInstant ? 'done' : 'running',
        this.config.deploySeconds,
      ],
    );
    if (!isInstant) return { kind: 'accepted', key: request.key };
    await this.change(tx, request.target, 'actuator', request.to, 1);
    return { kind: 'done' };
  }

  /** The shop's own CD: puts a version live for all or a share of the traffic. */
  async deploy(request: DeployRequest): Promise<readonly RunningVersion[]> {
    const components = (request.components ?? this.config.components).map((component) => ({
      component,
      version: request.version,
      ...(request.artifact === undefined ? {} : { artifact: request.artifact }),
    }));
    return this.db.transact(async (tx) => {
      await tx.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`shop.${this.config.target}`]);
      await this.change(tx, this.config.target, 'cd', { release: request.release ?? null, components }, request.share);
      return readRunning(tx, this.config.target);
    });
  }

  /** Puts the first version live where nothing runs yet. */
  async openShop(version: string): Promise<void> {
    if ((await readRunning(this.db, this.config.target)).length > 0) return;
    await this.deploy({ version, share: 1 });
  }

  private async change(
    tx: Queries,
    target: string,
    by: 'actuator' | 'cd',
    wanted: Wanted,
    share: number,
  ): Promise<void> {
    await changeRunning(tx, target, by, wanted, share);
    this.metrics.deployments.inc({ by });
    const versions = wanted.components.map(({ component, version }) => `${component} ${version}`).join(', ');
    this.log.log(`${by} put ${versions} live on ${target}`);
  }

  private schedule(): void {
    if (this.isStopped) return;
    this.timer = setTimeout(() => {
      this.finishing = this.finishDue()
        .catch((error: unknown) => this.log.warn(`cannot finish deployments: ${String(error)}`))
        .finally(() => this.schedule());
    }, DUE_CHECK_MS);
  }

  private async finishDue(): Promise<void> {
    await this.db.transact(async (tx) => {
      const due = await tx.query<{ key: string; target: string; wanted: Wanted }>(
        `UPDATE shop.deployment SET state = 'done', finished_at = now() WHERE state = 'running' AND due_at <= now() RETURNING key, target, wanted`,
      );
      for (const { target, wanted } of due) await this.change(tx, target, 'actuator', wanted, 1);
    });
  }
}
