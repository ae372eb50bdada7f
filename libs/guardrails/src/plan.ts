import type { InstantMs } from '@parapet/kernel';
import type { SampleValue } from '@parapet/signals';
import { planAnchors } from './anchors.js';
import { type ArmOf, armsOf } from './arms.js';
import { type Scrutiny, scrutiniesOf } from './attribution/index.js';
import { weightOf } from './combine.js';
import type { Pace } from './coverage.js';
import type { GuardrailTest } from './guardrail.js';
import { type AnyTest, testOf } from './tests/index.js';
import type { WatchedGuardrail, WatchedVolume, WatchSpec } from './watch-spec.js';

/** One guardrail made ready for its watch. */
export interface PlannedGuardrail {
  readonly watched: WatchedGuardrail;
  readonly test: AnyTest;
  /** ln of its share of the evidence; 0 for one that only observes. */
  readonly logWeight: number;
  /** Whether it counts towards the verdict: everything but `observe`. */
  readonly isCounted: boolean;
  readonly armOf: ArmOf;
  /** What whom to blame needs of it. */
  readonly scrutiny: Scrutiny;
  readonly hasControl: boolean;
  /** Whether anybody declares its signal. */
  readonly isDeclared: boolean;
  readonly staleAfterMs: number;
  readonly pace: Pace;
  /** Values up to here are no evidence: caches are cold and workers start. Never said of counts of failures. */
  readonly settlesAtMs: InstantMs;
  readonly settling: Settling;
  /** Which of the specification's volumes is its traffic; null for none. */
  readonly volume: number | null;
  /** Traffic per second that is usual for what it is compared with; empty where traffic does not matter. */
  readonly usual: readonly number[];
}

/** What is left out of the settle period: latency and gauges are, counts of failures are not (statistics 8). */
export type Settling = 'everything' | 'gauges' | 'nothing';

/** What follows from a watch's specification, worked out once. */
export interface WatchPlan {
  readonly guardrails: readonly PlannedGuardrail[];
  /** What a signal's samples are for, by its name. */
  readonly routes: ReadonlyMap<string, Route>;
  /** ln of 1/α: as much evidence as a verdict needs. */
  readonly enough: number;
}

/** Indices of the guardrails that judge a signal, and of the volumes that it is. */
export interface Route {
  readonly guardrails: readonly number[];
  readonly volumes: readonly number[];
}

/** Specifications never change, so a plan belongs to its object for good. */
const PLANS = new WeakMap<WatchSpec, WatchPlan>();

/** The plan of a watch; the same specification object has the same plan. */
export function planWatch(spec: WatchSpec): WatchPlan {
  const known = PLANS.get(spec);
  if (known !== undefined) return known;
  const plan: WatchPlan = {
    guardrails: spec.guardrails.map((watched, i) => planGuardrail(spec, watched, i)),
    routes: routesOf(spec),
    enough: -Math.log(spec.policy.falseRollbackRate),
  };
  PLANS.set(spec, plan);
  return plan;
}

function planGuardrail(spec: WatchSpec, watched: WatchedGuardrail, i: number): PlannedGuardrail {
  const { guardrail, signal } = watched;
  const volume = volumeOf(spec, watched);
  return {
    watched,
    test: testOf(spec, watched),
    logWeight: Math.log(weightOf(spec, watched)),
    isCounted: guardrail.mode !== 'observe',
    armOf: armsOf(guardrail),
    scrutiny: scrutiniesOf(spec)[i] as Scrutiny,
    hasControl: 'against' in guardrail.test && guardrail.test.against === 'control',
    isDeclared: signal !== null,
    staleAfterMs: guardrail.staleAfterMs,
    pace: planAnchors(spec, watched),
    settlesAtMs: spec.startMs + spec.policy.warmUpMs,
    settling: settlingOf(guardrail.test),
    volume,
    usual: volume === null ? [] : usualOf(watched, spec.volumes[volume] as WatchedVolume),
  };
}

/** The volume that a guardrail names; the requests of a histogram are a volume by themselves, where one is known by that name. */
function volumeOf(spec: WatchSpec, { guardrail }: WatchedGuardrail): number | null {
  const name = guardrail.volume ?? (guardrail.test.kind === 'histogram' ? guardrail.signal : null);
  const at = spec.volumes.findIndex(({ signal }) => signal === name);
  return at < 0 ? null : at;
}

/** Latency and gauges depend on the load (statistics 4.2); of windows whose load is not known nothing can be said. */
function usualOf({ guardrail: { test }, baselines }: WatchedGuardrail, volume: WatchedVolume): readonly number[] {
  const isLoadDependent = (test.kind === 'gauge' || test.kind === 'histogram') && test.against === 'baseline';
  if (!isLoadDependent) return [];
  const usable = baselines.filter(({ baseline }) => baseline.kind !== 'unusable');
  const known = usable.flatMap(({ window }) => {
    const usual = volume.usual[window];
    return usual === undefined || !(usual > 0) ? [] : [usual];
  });
  return known.length === usable.length ? known : [];
}

function settlingOf({ kind }: GuardrailTest): Settling {
  if (kind === 'gauge' || kind === 'histogram') return 'everything';
  return kind === 'threshold' ? 'gauges' : 'nothing';
}

/** Whether a value of the settle period is left out. */
export function isSettling({ settling }: PlannedGuardrail, value: SampleValue): boolean {
  return settling === 'everything' || (settling === 'gauges' && value.kind === 'gauge');
}

/** What a signal is for depends on the policy alone: thousands of watches share it. */
const ROUTES = new Map<string, ReadonlyMap<string, Route>>();

function routesOf(spec: WatchSpec): ReadonlyMap<string, Route> {
  const signals = spec.guardrails.map(({ guardrail: { signal } }) => signal);
  const volumes = spec.volumes.map(({ signal }) => signal);
  const form = JSON.stringify([signals, volumes]);
  const known = ROUTES.get(form);
  if (known !== undefined) return known;
  const made = makeRoutes(signals, volumes);
  ROUTES.set(form, made);
  return made;
}

function makeRoutes(signals: readonly (string | null)[], volumes: readonly string[]): ReadonlyMap<string, Route> {
  const routes = new Map<string, { readonly guardrails: number[]; readonly volumes: number[] }>();
  const routeOf = (signal: string) => {
    const route = routes.get(signal) ?? { guardrails: [], volumes: [] };
    routes.set(signal, route);
    return route;
  };
  signals.forEach((signal, i) => {
    if (signal !== null) routeOf(signal).guardrails.push(i);
  });
  volumes.forEach((signal, i) => routeOf(signal).volumes.push(i));
  return routes;
}
