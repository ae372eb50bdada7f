import type {
  Candidate,
  GuardrailReport,
  NearbyRelease,
  ReleaseScope,
  RunningWatch,
  WatchSpec,
} from '@parapet/guardrails';
import type { InstantMs } from '@parapet/kernel';
import { type AlertsState, NO_ALERTS, type SeriesState } from '@parapet/signals';
import type { UnattachedAlert } from './alert-views.js';

/** A release as the evaluator knows it, from `EVENTS`. */
export interface KnownRelease {
  readonly release: string;
  readonly workload: string;
  readonly name: string;
  /** The data of `release.registered`. */
  readonly registered: Readonly<Record<string, unknown>>;
  readonly phase: string;
  /** The newest journal version that was applied. */
  readonly version: number;
  readonly startedAtMs: InstantMs | null;
  readonly liveAtMs: InstantMs | null;
  readonly endedAtMs: InstantMs | null;
  /** When it was finished: it stays in place, and is in flight no more. */
  readonly settledAtMs: InstantMs | null;
  /** What of the environment got it; null: all of it. */
  readonly scope: ReleaseScope | null;
  /** Whether its time may serve as history for others. */
  readonly isHistory: boolean;
}

/** A watch in memory: what it was told, where it stands, and the digest of its evidence. */
export interface OpenWatch {
  readonly spec: WatchSpec;
  /** Where it stands. */
  readonly running: RunningWatch;
  readonly inputs: number;
  readonly digest: string;
  readonly guardrails: readonly GuardrailReport[];
  /** The other releases in flight, as it was told last; null: it was not told yet. */
  readonly nearby: readonly NearbyRelease[] | null;
}

/** Everything the evaluator remembers of one environment of one tenant. */
export interface Environment {
  readonly tenant: string;
  readonly environment: string;
  alerts: AlertsState;
  unattached: readonly UnattachedAlert[];
  readonly series: Map<string, SeriesState>;
  /** When it was looked for series that are silent for good. */
  seriesLookedAtMs: InstantMs;
  readonly releases: Map<string, KnownRelease>;
  readonly watches: Map<string, OpenWatch>;
}

/** A partition in memory; thrown away and read again whenever a transaction of it failed. */
export interface PartitionMemory {
  position: number;
  clockMs: InstantMs;
  readonly environments: Map<string, Environment>;
}

/** The environment's memory, made where there was none. */
export function environmentIn(memory: PartitionMemory, tenant: string, environment: string): Environment {
  const key = `${tenant}/${environment}`;
  const known = memory.environments.get(key);
  if (known !== undefined) return known;
  const made: Environment = {
    tenant,
    environment,
    alerts: NO_ALERTS,
    unattached: [],
    series: new Map(),
    seriesLookedAtMs: 0,
    releases: new Map(),
    watches: new Map(),
  };
  memory.environments.set(key, made);
  return made;
}

/** The releases an alert may belong to. */
export function candidatesOf(environment: Environment): readonly Candidate[] {
  return [...environment.releases.values()].map((r) => ({
    release: r.release,
    name: r.name,
    components: componentsOf(r),
    startMs: r.startedAtMs,
    liveAtMs: r.liveAtMs,
    endedAtMs: r.endedAtMs,
  }));
}

function componentsOf(release: KnownRelease): readonly string[] {
  const components = release.registered['components'];
  if (!Array.isArray(components)) return [];
  return components.flatMap((c: { readonly component?: unknown }) =>
    typeof c.component === 'string' ? [c.component] : [],
  );
}
