import type { GuardrailPolicy, WatchInput, WatchPhase } from '@parapet/guardrails';
import { type InstantMs, parseInstant } from '@parapet/kernel';
import { beginWatch, tellAlerts, tellRelease } from './fold.js';
import type { Moment, Surroundings } from './tell.js';
import type { Environment, KnownRelease } from './environment.js';
import type { HistoryReader } from './history/read-history.js';
import { scopeOf } from './scope.js';
import { specOf } from './spec.js';
import { tellSurroundings } from './surroundings.js';
import type { Writes } from './writes.js';

/** How long an event waits for the registration of its release, which another instance may still be writing. */
const ORPHAN_MS = 600_000;

/** An event of a release on its way to the owner of its partition. */
export interface Fact {
  readonly tenant: string;
  readonly seq: number;
  readonly environment: string;
  readonly release: string;
  readonly version: number;
  readonly type: string;
  /** The event's data as journaled. */
  readonly fact: Readonly<Record<string, unknown>>;
  readonly recordedAtMs: InstantMs;
  readonly trace: string | undefined;
}

/**
 * Applies one fact, in the order of the journal; false: it has to wait for the release to be known.
 * Twice told, once applied: a version that is not newer changes nothing.
 */
export async function applyFact(
  around: Surroundings,
  environment: Environment,
  fact: Fact,
  moment: Moment,
  reader: HistoryReader,
  writes: Writes,
): Promise<boolean> {
  const known = environment.releases.get(fact.release);
  if (known === undefined) {
    if (fact.type !== 'release.registered') return moment.clockMs - fact.recordedAtMs > ORPHAN_MS;
    take(environment, registered(fact), writes);
    return true;
  }
  if (fact.version <= known.version) return true;
  if (fact.type === 'release.phase-changed') await applyPhase(around, environment, known, fact, moment, reader, writes);
  if (fact.type === 'actuation.finished') applyActuation(around, environment, known, fact, moment, writes);
  return true;
}

async function applyPhase(
  around: Surroundings,
  environment: Environment,
  known: KnownRelease,
  fact: Fact,
  moment: Moment,
  reader: HistoryReader,
  writes: Writes,
): Promise<void> {
  const phase = fact.fact['to'] as string;
  const saidAtMs = typeof fact.fact['at'] === 'string' ? parseInstant(fact.fact['at']) : null;
  // A sender's clock that is ahead must not put evidence off.
  const atMs = Math.min(saidAtMs ?? fact.recordedAtMs, moment.clockMs);
  const next = movedTo(known, phase, atMs, fact);
  take(environment, next, writes);
  const isBegun = next.startedAtMs !== null;
  const input = watchPhaseOf(phase);
  if (isBegun && known.startedAtMs === null && input !== null) {
    const policy = known.registered['guardrailPolicy'] as GuardrailPolicy;
    const spec = await specOf(around.configuration, environment, next, policy, next.startedAtMs, reader);
    beginWatch(around, environment, spec, moment, writes);
  }
  // Before the phase itself: what a release begins among, and what ends with it, is known when it is judged.
  tellSurroundings(around, environment, moment, writes);
  if (input !== null)
    tellRelease(
      around,
      environment,
      known.release,
      { kind: 'phase', clockMs: moment.clockMs, phase: input, atMs },
      moment,
      writes,
    );
  // A release that begins or ends changes whose doing an alert is.
  tellAlerts(around, environment, moment, writes);
}

function applyActuation(
  around: Surroundings,
  environment: Environment,
  known: KnownRelease,
  fact: Fact,
  moment: Moment,
  writes: Writes,
): void {
  const { actuation, outcome } = fact.fact as { readonly actuation?: unknown; readonly outcome?: unknown };
  take(environment, { ...known, version: fact.version }, writes);
  if (outcome !== 'done' || typeof actuation !== 'string') return;
  const input: WatchInput = {
    kind: 'rollback-done',
    clockMs: moment.clockMs,
    atMs: Math.min(fact.recordedAtMs, moment.clockMs),
    actuation,
  };
  tellRelease(around, environment, known.release, input, moment, writes);
}

function registered(fact: Fact): KnownRelease {
  return {
    release: fact.release,
    workload: String(fact.fact['workload']),
    name: String(fact.fact['name']),
    registered: fact.fact,
    phase: 'registered',
    version: fact.version,
    startedAtMs: null,
    liveAtMs: null,
    endedAtMs: null,
    settledAtMs: null,
    scope: null,
    isHistory: true,
  };
}

const BEGUN: readonly string[] = ['deploying', 'live', 'failed'];
const ENDED: readonly string[] = ['superseded', 'rolled-back'];

function movedTo(known: KnownRelease, phase: string, atMs: InstantMs, { fact, version }: Fact): KnownRelease {
  return {
    ...known,
    phase,
    version,
    // A phase without a word on the scope is of the scope it had.
    scope: fact['scope'] === undefined || fact['scope'] === null ? known.scope : scopeOf(fact['scope']),
    startedAtMs: known.startedAtMs ?? (BEGUN.includes(phase) ? atMs : null),
    liveAtMs: known.liveAtMs ?? (phase === 'live' ? atMs : null),
    endedAtMs: known.endedAtMs ?? (ENDED.includes(phase) ? atMs : null),
    settledAtMs: known.settledAtMs ?? (phase === 'finished' ? atMs : null),
  };
}

function watchPhaseOf(phase: string): WatchPhase | null {
  switch (phase) {
    case 'deploying':
    case 'live':
    case 'failed':
    case 'superseded':
    case 'rolled-back':
    case 'finished':
      return phase;
    default:
      return null;
  }
}

function take(environment: Environment, release: KnownRelease, writes: Writes): void {
  environment.releases.set(release.release, release);
  writes.touchRelease(environment, release.release);
}
