import type { InstantMs } from '@parapet/kernel';
import { matchesWhere, type Observation, seriesName } from '@parapet/signals';
import { type AlertView, NO_VIEW, observeAlerts } from './alert-guardrail.js';
import { observeCounts, startMixture } from './anchored-mixture.js';
import { cover } from './coverage.js';
import { countsFor, kernelOf, planOf } from './kernel-of.js';
import type { GuardrailState, Presence } from './state.js';
import { observeValue, THRESHOLD_OK, type ThresholdState } from './threshold.js';
import type { WatchedGuardrail, WatchSpec } from './watch-spec.js';

const ABSENT: Presence = { newestAtMs: null, freshAtMs: null, covered: [], gap: null };
/** Series of one threshold that are remembered; beyond it the quietest that is in order is forgotten. */
const SERIES_MAX = 1000;

/** A guardrail before anything was observed. */
export function startGuardrail(spec: WatchSpec, watched: WatchedGuardrail): GuardrailState {
  switch (watched.guardrail.test.kind) {
    case 'proportion':
    case 'rate':
      return { kind: 'counts', presence: ABSENT, mixture: startMixture(planOf(spec, watched)) };
    case 'threshold':
      return { kind: 'threshold', presence: ABSENT, series: {} };
    case 'alerts':
      return { kind: 'alerts', alerts: NO_VIEW };
    default:
      throw new Error(`no test of kind ${watched.guardrail.test.kind}`);
  }
}

/** Whether a guardrail judges this observation. */
export function concerns(spec: WatchSpec, watched: WatchedGuardrail, observation: Observation): boolean {
  const { guardrail } = watched;
  const isOurs = guardrail.signal === observation.signal && matchesWhere(guardrail.where, observation.dimensions);
  return isOurs && observation.atMs > spec.startMs;
}

/** Takes one observation into a guardrail that it concerns. */
export function observeGuardrail(
  spec: WatchSpec,
  watched: WatchedGuardrail,
  state: GuardrailState,
  observation: Observation,
  clockMs: InstantMs,
): GuardrailState {
  if (state.kind === 'alerts' || watched.signal === null) return state;
  const { value } = observation;
  if (value.kind === 'gap') return { ...state, presence: { ...state.presence, gap: value.reason } };
  switch (state.kind) {
    case 'counts': {
      if (value.kind !== 'count') return misfit(state);
      const kernel = kernelOf(watched);
      const presence = present(spec, watched, state.presence, observation, clockMs);
      const { events, exposure } = countsFor(watched, value.count, value.of);
      if (kernel === null) {
        const { total } = state.mixture;
        return {
          ...state,
          presence,
          mixture: { ...state.mixture, total: { events: total.events + events, exposure: total.exposure + exposure } },
        };
      }
      const newestAtMs = presence.newestAtMs ?? observation.atMs;
      const mixture = observeCounts(
        planOf(spec, watched),
        kernel,
        state.mixture,
        observation.atMs,
        newestAtMs,
        events,
        exposure,
      );
      return { ...state, presence, mixture };
    }
    case 'threshold': {
      const rule = watched.guardrail.test;
      if (rule.kind !== 'threshold' || value.kind === 'histogram') return misfit(state);
      const presence = present(spec, watched, state.presence, observation, clockMs);
      // Caches are cold and workers start: values of the first minutes are no evidence. Counts of failures are.
      const isWarmingUp = value.kind === 'gauge' && observation.atMs <= spec.startMs + spec.policy.warmUpMs;
      const number = value.kind === 'gauge' ? value.value : value.of > 0 ? value.count / value.of : null;
      if (isWarmingUp || number === null) return { ...state, presence };
      const name = seriesName(observation.signal, observation.dimensions);
      const before = Object.hasOwn(state.series, name) ? (state.series[name] as ThresholdState) : THRESHOLD_OK;
      return {
        ...state,
        presence,
        series: bounded({ ...state.series, [name]: observeValue(rule, before, observation.atMs, number) }),
      };
    }
  }
}

/** A value of a form that the test cannot read, such as a histogram for a proportion: its sensor is not what was declared. */
function misfit<S extends { readonly presence: Presence }>(state: S): S {
  return { ...state, presence: { ...state.presence, gap: 'sensor-broken' } };
}

/** Takes a newer view of the alerts into an alert guardrail. */
export function observeView(
  spec: WatchSpec,
  watched: WatchedGuardrail,
  state: GuardrailState,
  view: AlertView,
  clockMs: InstantMs,
): GuardrailState {
  const { test } = watched.guardrail;
  if (state.kind !== 'alerts' || test.kind !== 'alerts') return state;
  return { kind: 'alerts', alerts: observeAlerts(test, state.alerts, view, clockMs, spec.startMs) };
}

function present(
  spec: WatchSpec,
  watched: WatchedGuardrail,
  presence: Presence,
  observation: Observation,
  clockMs: InstantMs,
): Presence {
  const isNewer = presence.newestAtMs === null || observation.atMs > presence.newestAtMs;
  return {
    newestAtMs: isNewer ? observation.atMs : presence.newestAtMs,
    freshAtMs: isNewer ? clockMs : presence.freshAtMs,
    covered: cover(
      presence.covered,
      observation.fromMs,
      observation.atMs,
      spec.startMs,
      watched.signal?.intervalMs ?? 0,
    ),
    gap: isNewer ? null : presence.gap,
  };
}

function bounded(series: Readonly<Record<string, ThresholdState>>): Readonly<Record<string, ThresholdState>> {
  const names = Object.keys(series);
  if (names.length <= SERIES_MAX) return series;
  const quietest = names
    .filter((name) => series[name]?.kind === 'ok')
    .sort((a, b) => (series[a]?.atMs ?? 0) - (series[b]?.atMs ?? 0))[0];
  return Object.fromEntries(Object.entries(series).filter(([name]) => name !== quietest));
}
