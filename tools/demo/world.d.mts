import type { Subscriber, System } from '../launcher/system.mjs';

/** A running system, the shop beside it, and Prometheus with Alertmanager where they can be had. */
export interface World {
  readonly system: System;
  readonly shop: {
    readonly url: string;
    /** What the retailer's own CD does: puts a version on; `release` may be empty. */
    deploy(version: string, release: string): Promise<void>;
  };
  readonly tokens: { readonly person: string; readonly pipeline: string; readonly samples: string };
  readonly alerting: {
    readonly prometheusUrl: string;
    readonly alertmanagerUrl: string;
    readonly versions: string;
  } | null;
  readonly proposalExpiresMs: number;
  /** Stops everything; resolves when no process is left. */
  readonly stop: () => Promise<void>;
}

export interface WorldOptions {
  /** `.parapet/state/demo` unless given. */
  readonly stateDir?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly proposalExpiresSeconds: number;
  /** How long the shop has to recover after a rollback; it is looked at six times as often (120). */
  readonly recoverWithinSeconds?: number;
  readonly port?: number | undefined;
  /** False leaves Prometheus and Alertmanager out. */
  readonly alerts?: boolean;
  readonly say: (line: string) => void;
}

export function startWorld(options: WorldOptions): Promise<World>;

export const CD_SUBSCRIBER: Subscriber;
