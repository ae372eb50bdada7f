import {
  type Guardrail,
  type GuardrailPolicy,
  type GuardrailReport,
  type InconclusiveReason,
  resolveGuardrail,
  type ReleaseScope,
  RunningWatch,
  type WatchedGuardrail,
  type WatchEvent,
  type WatchInput,
  type WatchSpec,
} from '@parapet/guardrails';
import { type InstantMs, invariant } from '@parapet/kernel';
import { EMPTY_SERIES, type SeriesState, type SignalDeclaration } from '@parapet/signals';
import { baselinesOf, recordedHistory, usualTraffic, withRecordedWindows } from './history.js';
import type { ReleaseResult } from './labels.js';
import { pair, type Pairing } from './pairing.js';
import type { RecordedRelease, RecordedSeries } from './recorded-release.js';
import { play, type Reading, readingOf, type RecordedSignal, trafficReading } from './samples.js';

/** A policy with the declarations of the signals that its guardrails name. */
export interface BacktestPolicy {
  readonly policy: GuardrailPolicy;
  readonly signals: ReadonlyMap<string, SignalDeclaration>;
}

/** What a policy said of a recorded release, why, and how much of it was covered. */
export interface BacktestResult extends ReleaseResult {
  /** Why the release as a whole did not pass; null where it passed or is degraded. */
  readonly reason: InconclusiveReason | null;
  /** Each guardrail as it stood at the end, or when the release was said to be degraded. */
  readonly reasons: readonly GuardrailReason[];
  /** Of the required guardrails: how many could be judged, and the least share of the watch that one of them covers. */
  readonly coverage: { readonly judged: number; readonly required: number; readonly least: number };
}

/** Where one guardrail stood, in words. */
export interface GuardrailReason {
  readonly guardrail: string;
  readonly verdict: GuardrailReport['verdict'];
  readonly reason?: InconclusiveReason;
  /** ln of its e-value. */
  readonly evidence?: number;
  readonly coverage?: number;
  readonly words: string;
}

/** A watch is played on a clock of its own, from a midnight on: what words tell of the time is then how far into the watch it was. */
const START_MS: InstantMs = 1_799_971_200_000;
/** Its end is judged after everything that came in its last interval. */
const AFTER_MS = 1;
const TRAFFIC = 'traffic';
/** The arms of a record with a control, as the judgement knows those of a canary. */
const CANARY = { arm: 'canary' } as const;
const STABLE = { arm: 'stable' } as const;

/**
 * Judges a recorded release with the code that judges in production: samples tick by tick as they arrived, an end after the last.
 * Once it is said to be degraded nothing can change that, and the rest is not played. There is no extension: what is not known at the
 * end of the record is inconclusive.
 */
export function backtest({ policy, signals }: BacktestPolicy, release: RecordedRelease): BacktestResult {
  const pairing = pair(policy, release.guardrails);
  const feeds = feedsOf(pairing, signals, release);
  const spec = specOf(policy, pairing, feeds, release);
  const idOf = new Map(
    pairing.pairs.map(({ guardrail, recorded }) => [guardrail.name, recorded?.id ?? guardrail.name]),
  );

  const watch = new RunningWatch(spec);
  watch.take({ kind: 'phase', clockMs: START_MS + AFTER_MS, phase: 'live', atMs: START_MS });
  let verdict: Extract<WatchEvent, { type: 'VerdictChanged' }> | null = null;
  for (const { tick, input } of inputsOf(feeds, release)) {
    verdict = watch.take(input).findLast((event) => event.type === 'VerdictChanged') ?? verdict;
    if (verdict?.to === 'fail') {
      const named = verdict.attribution?.guardrails ?? breachedIn(verdict.guardrails);
      const attributed = [...new Set(named.map((name) => idOf.get(name) ?? name))];
      return { ...resultOf(spec, release, verdict.guardrails), degradedTick: tick, verdict: 'degraded', attributed };
    }
  }
  invariant(verdict?.final === true, `the watch of ${release.id} was played to its end and is not over`);
  const result = resultOf(spec, release, verdict.guardrails);
  return verdict.to === 'pass' ? { ...result, verdict: 'pass' } : { ...result, reason: verdict.reason ?? null };
}

function resultOf(spec: WatchSpec, release: RecordedRelease, reports: readonly GuardrailReport[]): BacktestResult {
  const required = reports.filter((_, i) => spec.guardrails[i]?.guardrail.isRequired === true);
  const judged = required.filter((report) => report.verdict === 'pass' || report.verdict === 'breach').length;
  return {
    id: release.id,
    degradedTick: null,
    verdict: 'inconclusive',
    attributed: [],
    intervalSec: release.intervalMs / 1000,
    reason: null,
    reasons: reports.map(({ name, verdict, reason, evidence, coverage, words }) => ({
      guardrail: name,
      verdict,
      ...(reason === undefined ? {} : { reason }),
      ...(evidence === undefined ? {} : { evidence }),
      ...(coverage === undefined ? {} : { coverage }),
      words,
    })),
    coverage: {
      judged,
      required: required.length,
      least: required.reduce((least, report) => Math.min(least, report.coverage ?? 0), required.length === 0 ? 0 : 1),
    },
  };
}

/** The breached guardrails, strongest first. */
function breachedIn(reports: readonly GuardrailReport[]): readonly string[] {
  const breached = reports.filter((report) => report.verdict === 'breach' && report.mode !== 'observe');
  return [...breached].sort((a, b) => (b.evidence ?? Infinity) - (a.evidence ?? Infinity)).map((report) => report.name);
}

/** One signal of the record, and who judges it. */
interface Feed extends RecordedSignal {
  readonly guardrails: readonly Guardrail[];
}

/**
 * A signal for each recorded guardrail that is judged, and one for the traffic. Counters in a record are cumulative; buckets hold what
 * came in their own tick, however the signal is declared elsewhere.
 */
function feedsOf(
  { pairs }: Pairing,
  signals: ReadonlyMap<string, SignalDeclaration>,
  release: RecordedRelease,
): readonly Feed[] {
  const feeds = release.guardrails.flatMap((recorded): readonly Feed[] => {
    const guardrails = pairs.filter((one) => one.recorded === recorded).map((one) => one.guardrail);
    const declared = guardrails
      .map(({ signal }) => (signal === null ? undefined : signals.get(signal)))
      .find((one) => one !== undefined);
    if (guardrails.length === 0 || declared === undefined) return [];
    const temporality = recorded.kind === 'histogram' || recorded.kind === 'gauge' ? 'delta' : 'cumulative';
    const declaration = declarationOf(recorded.id, { ...declared, temporality }, release);
    const isRest = recorded.kind === 'proportion' && declared.badDirection === 'low';
    return [{ declaration, isRest, reading: readingOf(recorded, release.bucketBounds), guardrails }];
  });
  if (release.loadSeries === null) return feeds;
  const declaration = declarationOf(
    TRAFFIC,
    { unit: 'requests', badDirection: 'low', latenessMs: 0, temporality: 'cumulative' },
    release,
  );
  return [...feeds, { declaration, isRest: false, reading: trafficReading(release.loadSeries), guardrails: [] }];
}

/** How late a value may come, in intervals, where a signal is declared with less patience (statistics 3.2). */
const LATE_INTERVALS = 4;
const LATENESS_MS_MIN = 60_000;

function declarationOf(
  name: string,
  {
    unit,
    badDirection,
    latenessMs,
    temporality,
  }: Pick<SignalDeclaration, 'unit' | 'badDirection' | 'latenessMs' | 'temporality'>,
  { intervalMs }: RecordedRelease,
): SignalDeclaration {
  return {
    name,
    unit,
    badDirection,
    temporality,
    dimensions: [],
    intervalMs,
    latenessMs: Math.max(latenessMs, LATE_INTERVALS * intervalMs, LATENESS_MS_MIN),
  };
}

function specOf(
  { guardrails: _, ...policy }: GuardrailPolicy,
  { pairs }: Pairing,
  feeds: readonly Feed[],
  release: RecordedRelease,
): WatchSpec {
  const watchMs = release.watchTicks * release.intervalMs;
  const traffic = feeds.find(({ declaration }) => declaration.name === TRAFFIC);
  return {
    tenant: 'backtest',
    environment: 'recorded',
    workload: 'recorded',
    release: release.id,
    name: release.id,
    startMs: START_MS,
    scope: scopeOf(release),
    policy: { ...policy, durationMs: watchMs, extendMs: 0 },
    guardrails: pairs.map(({ guardrail }) => watchedOf(guardrail, feeds, release)),
    volumes:
      traffic === undefined
        ? []
        : [
            {
              signal: TRAFFIC,
              intervalMs: release.intervalMs,
              usual: usualTraffic(recordedHistory(release, traffic, START_MS)),
            },
          ],
  };
}

function watchedOf(guardrail: Guardrail, feeds: readonly Feed[], release: RecordedRelease): WatchedGuardrail {
  const feed = feeds.find(({ guardrails }) => guardrails.includes(guardrail));
  const { volume, ...rest } = resolveGuardrail(guardrail, scopeOf(release));
  const own: Guardrail = {
    ...rest,
    signal: guardrail.signal === null ? null : (feed?.declaration.name ?? guardrail.signal),
    // What was recorded is what the guardrail selects; only arms are left to tell apart.
    where: release.mode === 'concurrent' ? CANARY : {},
    test: withRecordedControl(rest.test),
    ...(volume !== undefined && release.loadSeries !== null ? { volume: TRAFFIC } : {}),
  };
  if (feed === undefined) return { guardrail: own, signal: null, baselines: [] };
  const { unit, badDirection, intervalMs, latenessMs } = feed.declaration;
  const history = recordedHistory(release, feed, START_MS);
  const watched: WatchedGuardrail = {
    guardrail: own,
    signal: { unit, badDirection, intervalMs, latenessMs },
    baselines: baselinesOf(own, feed.declaration, history),
  };
  // A canary has no past of its own.
  return release.mode === 'concurrent' ? watched : withRecordedWindows(watched, history, START_MS);
}

function scopeOf({ canaryShare }: RecordedRelease): ReleaseScope | null {
  return canaryShare === null ? null : { kind: 'percent', percent: 100 * canaryShare };
}

/** A control by whatever dimensions is the one that was recorded. */
function withRecordedControl(test: Guardrail['test']): Guardrail['test'] {
  const hasControl = 'against' in test && test.against === 'control';
  return hasControl ? { ...test, control: { kind: 'where', where: STABLE } } : test;
}

/** The inputs of a watch with the tick at which each is processed, in the order of arrival; made as they are needed. */
function* inputsOf(
  feeds: readonly Feed[],
  release: RecordedRelease,
): Generator<{ readonly tick: number; readonly input: WatchInput }> {
  const arrivals = new Map<number, Map<string, number[]>>();
  for (const { series, tick, arrivesAtTick } of release.late) {
    const due = arrivals.get(arrivesAtTick) ?? new Map<string, number[]>();
    arrivals.set(arrivesAtTick, due.set(series, [...(due.get(series) ?? []), tick]));
  }
  const lateUntil = new Map(
    release.late.map(({ series, tick, arrivesAtTick }) => [`${series} ${tick}`, arrivesAtTick]),
  );
  const isConcurrent = release.series.control !== null;
  const watched = feeds.map((feed) => new Arm(feed, release.series.watch, isConcurrent ? CANARY : {}, lateUntil));
  const control = feeds.flatMap((feed) =>
    release.series.control === null ? [] : [new Arm(feed, release.series.control, STABLE, new Map())],
  );
  for (let tick = 0; tick < release.watchTicks; tick++) {
    const clockMs = START_MS + (tick + 1) * release.intervalMs;
    const due = arrivals.get(tick);
    for (const arm of [...control, ...watched]) {
      const late = arm.reading.series.flatMap((name) => due?.get(name) ?? []);
      // What comes late comes before what is new, as a sender that caught up would tell it.
      for (const at of [...new Set([...late.sort((a, b) => a - b), tick])]) {
        const input = arm.take(at, tick, clockMs, release.intervalMs);
        if (input !== null) yield { tick, input };
      }
    }
    const endMs = tick === release.watchTicks - 1 ? AFTER_MS : 0;
    yield { tick, input: { kind: 'tick', clockMs: clockMs + endMs } };
  }
}

/** One signal of one arm: the state of its series, and what has arrived of it. */
class Arm {
  private state: SeriesState = EMPTY_SERIES;

  constructor(
    private readonly feed: Feed,
    private readonly series: RecordedSeries,
    private readonly dimensions: Readonly<Record<string, string>>,
    private readonly lateUntil: ReadonlyMap<string, number>,
  ) {}

  get reading(): Reading {
    return this.feed.reading;
  }

  /** The input that a tick's sample makes now; null where it is missing, not yet complete, or says nothing new. */
  take(tick: number, now: number, clockMs: InstantMs, intervalMs: number): WatchInput | null {
    const isComplete = this.reading.series.every((name) => (this.lateUntil.get(`${name} ${tick}`) ?? tick) <= now);
    if (!isComplete) return null;
    const at = { tick, atMs: START_MS + (tick + 1) * intervalMs, clockMs };
    const { state, observation } = play(this.feed, this.state, this.series, at, this.dimensions);
    this.state = state;
    return observation === null ? null : { kind: 'observation', clockMs, observation };
  }
}
