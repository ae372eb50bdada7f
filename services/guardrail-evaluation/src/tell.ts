import { chartValueOf, type PublicEvent } from '@parapet/contracts';
import {
  type ArmOf,
  armsOf,
  evidenceNext,
  type Guardrail,
  type RunningWatch,
  type WatchEvent,
  type WatchInput,
} from '@parapet/guardrails';
import type { InstantMs } from '@parapet/kernel';
import type { Configuration } from '@parapet/policy';
import { sha256 } from '@parapet/postgres';
import type { Observation } from '@parapet/signals';
import type { Environment, OpenWatch } from './environment.js';
import type { Writes } from './writes.js';

/** What a fold needs from outside: nothing that could differ when the same inputs are judged again. */
export interface Surroundings {
  readonly configuration: Configuration;
  readonly publicUrl: string;
  /** Told of a sample that changed nothing, by why. */
  readonly onIgnored: (signal: string, why: string) => void;
}

/** Where and when something is folded: the partition's clock, never a sample's own time. */
export interface Moment {
  readonly clockMs: InstantMs;
  readonly trace: string | undefined;
}

/** One input of one watch: judged, kept as evidence, and what follows said. */
export function tell(
  around: Surroundings,
  environment: Environment,
  watch: OpenWatch,
  input: WatchInput,
  moment: Moment,
  writes: Writes,
): void {
  const { release, tenant } = watch.spec;
  const current = environment.watches.get(release);
  if (current === undefined || current.running.state.isOver) return;
  const { running } = current;
  const before = input.kind === 'tick' ? allButClock(running) : null;
  const allSaid = running.take(input);
  // A tick that changed nothing but the clock is no evidence: without it the same is said.
  if (before !== null && allSaid.length === 0 && allButClock(running) === before) return;
  const inputs = current.inputs + 1;
  const digest = evidenceNext(current.digest, input, sha256);
  const told: OpenWatch = { ...current, inputs, digest, guardrails: running.reports() };
  environment.watches.set(release, told);
  writes.touchWatch(environment, release);
  writes.input(tenant, release, inputs, input);
  allSaid.forEach((said, i) => {
    writes.verdict(tenant, release, inputs, i, input.clockMs, said);
    const event = withEvidence(said, `${around.publicUrl.replace(/\/$/, '')}/v1/releases/${release}/evidence`, digest);
    writes.say({
      tenant,
      environment: environment.environment,
      workload: watch.spec.workload,
      stream: release,
      event,
      atMs: input.clockMs,
      trace: moment.trace,
    });
    if (said.type === 'VerdictChanged' && said.to === 'fail') noHistory(environment, release, writes);
  });
}

function allButClock({ state }: RunningWatch): string {
  return JSON.stringify({ ...state, clockMs: 0 });
}

function withEvidence(said: WatchEvent, href: string, digest: string): PublicEvent {
  return said.type === 'VerdictChanged' ? { ...said, evidence: { href, sha256: digest } } : said;
}

/** The time of a release that failed is no example of health for the next one. */
function noHistory(environment: Environment, release: string, writes: Writes): void {
  const known = environment.releases.get(release);
  if (known === undefined || !known.isHistory) return;
  environment.releases.set(release, { ...known, isHistory: false });
  writes.touchRelease(environment, release);
}

/** Shows what was just kept as evidence of the release itself on the live charts of its guardrails; its control has no line there. */
export function pushRecent({ spec, inputs }: OpenWatch, observation: Observation, writes: Writes): void {
  const shown = chartValueOf(observation);
  for (const { guardrail } of spec.guardrails) {
    if (guardrail.signal !== observation.signal || armOf(guardrail)(observation.dimensions) !== 'watched') continue;
    writes.recent.push({ tenant: spec.tenant, release: spec.release, guardrail: guardrail.name, n: inputs, shown });
  }
}

/** A guardrail never changes while it is watched, and a release may have gone to thousands of stores. */
const ARMS = new WeakMap<Guardrail, ArmOf>();

function armOf(guardrail: Guardrail): ArmOf {
  const known = ARMS.get(guardrail) ?? armsOf(guardrail);
  ARMS.set(guardrail, known);
  return known;
}
