import type { WatchedGuardrail, WatchSpec } from '../watch-spec.js';
import { roundNumber } from '../words.js';
import { type Finding, RULED_OUT } from './findings.js';
import type { Lens } from './lens.js';
import type { Tally } from './state.js';

/** Traffic within these is as usual. */
const USUAL_MIN = 0.67;
const USUAL_MAX = 1.5;
/** What is more than the traffic explains is at least so many times as much. */
const EXCESS_MIN = 1.25;

/** How many times the usual traffic there is, by the guardrail's volume signal or by its own exposure; null where unknown. */
function timesUsual(
  spec: WatchSpec,
  watched: WatchedGuardrail,
  loads: readonly (number | null)[],
  own: number | null,
): number | null {
  const index = spec.volumes.findIndex(({ signal }) => signal === watched.guardrail.volume);
  const volume = spec.volumes[index];
  const usual = volume?.usual.before ?? volume?.usual['same-hours'];
  const load = loads[index] ?? null;
  if (usual !== undefined && usual > 0 && load !== null) return load / usual;
  return watched.guardrail.test.kind === 'proportion' ? own : null;
}

/** How many times the exposure of history there is; null where history says nothing of it. */
function timesExposure(watched: WatchedGuardrail, exposed: Tally, spanMs: number): number | null {
  const baseline = watched.baselines[0]?.baseline;
  if (baseline?.kind !== 'counts' || !(baseline.exposure > 0) || !(spanMs > 0)) return null;
  return exposed.n / spanMs / (baseline.exposure / (baseline.toMs - baseline.fromMs));
}

/** What of a symptom the traffic may explain. */
interface Considered {
  readonly spec: WatchSpec;
  readonly watched: WatchedGuardrail;
  /** Exposure a second of each volume signal of the watch; null where it is not known. */
  readonly loads: readonly (number | null)[];
  readonly lens: Lens | null;
  /** What was counted since it got worse, and for how long; null where that is not known. */
  readonly since: { readonly exposed: Tally; readonly spanMs: number } | null;
  readonly effect: number | null;
}

/** Whether the traffic explains it: a promotion multiplies it, and what is counted by the minute with it. */
export function traffic(o: Considered): Finding {
  const { spec, watched } = o;
  const { test } = watched.guardrail;
  const own = o.since === null ? null : timesExposure(watched, o.since.exposed, o.since.spanMs);
  const times = timesUsual(spec, watched, o.loads, own);
  const say = (finding: Finding['finding'], words: string): Finding => ({
    kind: 'traffic',
    finding,
    isAgainstBlame: finding === 'found',
    words,
  });
  if ('against' in test && test.against === 'control') {
    return say('ruled-out', 'what it is compared with has the same traffic at the same time');
  }
  if (times === null) return say('not-checked', 'how much traffic is usual is not known');
  const shown = `traffic is ${roundNumber(Number(times.toPrecision(2)))} times the usual`;
  const isUsual = times >= USUAL_MIN && times <= USUAL_MAX;
  if (isUsual) return say('ruled-out', 'traffic is about as usual');
  if (test.kind === 'proportion' || test.kind === 'burn-rate')
    return say('ruled-out', `${shown}, which changes no share of it`);
  if (test.kind === 'rate' && own !== null && own > 0) {
    if (times / own <= USUAL_MAX) return say('ruled-out', `${shown}, and it is counted for as much traffic`);
    return isExplainedBy(o, times / own)
      ? say('found', `${shown}, and that explains all of it`)
      : say('ruled-out', `${shown}, and that does not explain all of it`);
  }
  return say('possible', `${shown}, which may be part of it`);
}

/** Whether history, had it had so many times its traffic, would have been as bad: more than that has to be shown. */
function isExplainedBy({ watched, lens, since, effect }: Considered, times: number): boolean {
  const baseline = watched.baselines[0]?.baseline;
  const usual = baseline === undefined || lens === null ? null : lens.ofBaseline(baseline);
  if (lens === null || usual === null || since === null || effect === null || effect <= 1) return false;
  const then: Tally = { sum: usual.sum * times, n: usual.n };
  return lens.asBad(since.exposed, then, Math.max(EXCESS_MIN, effect / times)) > RULED_OUT;
}
