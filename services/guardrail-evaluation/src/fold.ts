import type { SignalBatch } from '@parapet/contracts';
import {
  type AlertView,
  evidenceStart,
  isConcerned,
  RunningWatch,
  type WatchInput,
  type WatchSpec,
} from '@parapet/guardrails';
import type { InstantMs } from '@parapet/kernel';
import { sha256 } from '@parapet/postgres';
import {
  EMPTY_SERIES,
  hear,
  hearAnswer,
  type Observation,
  passTime,
  seriesName,
  settle,
  type Settlement,
  type SettlementRefusal,
  type SignalDeclaration,
  type SourceEvent,
  takeSample,
} from '@parapet/signals';
import { unattachedOf, viewOf } from './alert-views.js';
import { alertSourcesOf, declarationOf } from './declarations.js';
import { candidatesOf, type Environment, type OpenWatch } from './environment.js';
import { foldHistory } from './history/fold-history.js';
import { keepHistory } from './history/keep-history.js';
import { forgetSilentSeries } from './silent-series.js';
import { type Moment, pushRecent, type Surroundings, tell } from './tell.js';
import type { Writes } from './writes.js';

/** Takes one message of `SIGNALS` into its environment. */
export function foldBatch(
  around: Surroundings,
  environment: Environment,
  batch: SignalBatch,
  receivedAtMs: InstantMs,
  moment: Moment,
  writes: Writes,
): void {
  if (batch.isHistory === true) {
    foldHistory(around, environment, batch, receivedAtMs, moment, writes);
    return;
  }
  // Thousands of samples of a message are of a few signals.
  const declarations = new Map<string, SignalDeclaration | null>();
  for (const sample of batch.samples) {
    let declaration = declarations.get(sample.signal);
    if (declaration === undefined) {
      declaration = declarationOf(around.configuration, environment.environment, sample.signal, batch.source);
      declarations.set(sample.signal, declaration);
    }
    if (declaration === null) {
      around.onIgnored(sample.signal, 'undeclared');
      continue;
    }
    const name = seriesName(sample.signal, sample.dimensions);
    const taken = takeSample(declaration, environment.series.get(name) ?? EMPTY_SERIES, sample, receivedAtMs);
    environment.series.set(name, taken.state);
    writes.touchSeries(environment, name);
    switch (taken.outcome) {
      case 'observed':
        keepHistory(environment, taken.observation, moment, writes, name);
        observeAll(around, environment, taken.observation, moment, writes);
        break;
      case 'reset':
        // What was counted meanwhile is lost: that is a gap with a name, and no gap is taken for quiet.
        observeAll(around, environment, taken.observation, moment, writes);
        around.onIgnored(sample.signal, 'reset');
        break;
      case 'late':
        // A backfill is history: nothing that was judged is judged again with it.
        keepHistory(environment, taken.observation, moment, writes, name);
        around.onIgnored(sample.signal, 'late');
        break;
      default:
        if (taken.outcome !== 'start') around.onIgnored(sample.signal, taken.outcome);
    }
  }
  const sources = alertSourcesOf(around.configuration, environment.environment);
  const source = sources.find((s) => s.name === batch.source);
  if (batch.alerts !== null && source !== undefined) {
    const { receipt, part, parts, alerts } = batch;
    const receivedAtMs = moment.clockMs;
    const affected = affectedOf(environment);
    const { answer } = alerts;
    const next =
      answer === undefined
        ? hear(environment.alerts, sources, source, { receipt, part, parts, batch: alerts, receivedAtMs }, affected)
        : hearAnswer(environment.alerts, sources, source, { answer, isWhole: parts === 1, receivedAtMs }, affected);
    takeAlerts(around, environment, next.state, next.events, moment, writes);
  }
}

/** What the passing of time does to an environment: leases, heartbeats, staleness, the ends of watches. */
export function foldTick(around: Surroundings, environment: Environment, moment: Moment, writes: Writes): void {
  const sources = alertSourcesOf(around.configuration, environment.environment);
  if (sources.length > 0) {
    const passed = passTime(environment.alerts, sources, moment.clockMs, affectedOf(environment));
    takeAlerts(around, environment, passed.state, passed.events, moment, writes);
  }
  for (const watch of environment.watches.values()) {
    tell(around, environment, watch, { kind: 'tick', clockMs: moment.clockMs }, moment, writes);
  }
  forgetSilentSeries(environment, moment.clockMs, writes);
}

/** Takes a person's word on a doubtful alert; answers why it changes nothing, where the alert has moved on meanwhile. */
export function foldSettlement(
  around: Surroundings,
  environment: Environment,
  settlement: Settlement,
  moment: Moment,
  writes: Writes,
): SettlementRefusal | null {
  const sources = alertSourcesOf(around.configuration, environment.environment);
  const next = settle(environment.alerts, sources, settlement, moment.clockMs, affectedOf(environment));
  takeAlerts(around, environment, next.state, next.events, moment, writes);
  return next.refusal;
}

/** Begins the watch of a release; the first thing it is told is how the alerts stand. */
export function beginWatch(
  around: Surroundings,
  environment: Environment,
  spec: WatchSpec,
  moment: Moment,
  writes: Writes,
): void {
  const watch: OpenWatch = {
    spec,
    running: new RunningWatch(spec),
    inputs: 0,
    digest: evidenceStart(spec, sha256),
    guardrails: [],
    nearby: null,
  };
  environment.watches.set(spec.release, watch);
  writes.touchWatch(environment, spec.release);
  tellAlerts(around, environment, moment, writes);
}

/** Tells the open watch of a release something; nothing where there is none. */
export function tellRelease(
  around: Surroundings,
  environment: Environment,
  release: string,
  input: WatchInput,
  moment: Moment,
  writes: Writes,
): void {
  const watch = environment.watches.get(release);
  if (watch !== undefined) tell(around, environment, watch, input, moment, writes);
}

/** Shows every open watch how the alerts it is concerned with stand, where that changed. */
export function tellAlerts(around: Surroundings, environment: Environment, moment: Moment, writes: Writes): void {
  const sources = alertSourcesOf(around.configuration, environment.environment);
  const candidates = candidatesOf(environment);
  for (const watch of environment.watches.values()) {
    const views: Record<string, AlertView> = {};
    watch.spec.guardrails.forEach(({ guardrail }, i) => {
      const own = watch.running.state.guardrails[i];
      if (guardrail.test.kind !== 'alerts' || own?.kind !== 'alerts') return;
      const view = viewOf(
        guardrail,
        { id: watch.spec.release, startMs: watch.spec.startMs },
        environment.alerts,
        sources,
        candidates,
      );
      if (JSON.stringify(view) !== JSON.stringify(own.alerts.view)) views[guardrail.name] = view;
    });
    if (Object.keys(views).length === 0) continue;
    tell(around, environment, watch, { kind: 'alerts', clockMs: moment.clockMs, views }, moment, writes);
  }
  const unattached = unattachedOf(environment.alerts, sources, candidates);
  if (JSON.stringify(unattached) !== JSON.stringify(environment.unattached)) {
    environment.unattached = unattached;
    writes.touchAlerts(environment);
  }
}

function takeAlerts(
  around: Surroundings,
  environment: Environment,
  next: Environment['alerts'],
  events: readonly SourceEvent[],
  moment: Moment,
  writes: Writes,
): void {
  const before = environment.alerts;
  environment.alerts = next;
  const hasChanged =
    before.episodes !== next.episodes ||
    before.groups !== next.groups ||
    before.sources !== next.sources ||
    before.receipts !== next.receipts;
  if (hasChanged) writes.touchAlerts(environment);
  for (const event of events) {
    const { tenant, environment: name } = environment;
    writes.say({
      tenant,
      environment: name,
      workload: 'none',
      stream: `source:${event.source}`,
      event,
      atMs: moment.clockMs,
      trace: moment.trace,
    });
  }
  // A source may have fallen silent by time alone, which changes nothing that is kept.
  tellAlerts(around, environment, moment, writes);
}

function observeAll(
  around: Surroundings,
  environment: Environment,
  observation: Observation,
  moment: Moment,
  writes: Writes,
): void {
  for (const watch of environment.watches.values()) {
    const input: WatchInput = { kind: 'observation', clockMs: moment.clockMs, observation };
    if (!isConcerned(watch.spec, input)) continue;
    tell(around, environment, watch, input, moment, writes);
    const told = environment.watches.get(watch.spec.release);
    // What came after the end of the watch is no evidence and no part of its chart.
    if (told !== undefined && told.inputs > watch.inputs) pushRecent(told, observation, writes);
  }
}

function affectedOf(environment: Environment): readonly string[] {
  return [...environment.watches.values()].filter((w) => !w.running.state.isOver).map((w) => w.spec.release);
}
