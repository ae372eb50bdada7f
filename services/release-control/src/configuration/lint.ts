import { setImmediate as breathe } from 'node:timers/promises';
import { lacksForPass, type Power, selfTest, simulatePower } from '@parapet/backtest';
import type { LintedGuardrail } from '@parapet/contracts';
import type { Guardrail, GuardrailPolicy } from '@parapet/guardrails';
import { formatInstant } from '@parapet/kernel';
import type { Configuration, ConfigurationProblem } from '@parapet/policy';
import type { Tx } from '@parapet/postgres';
import { alertSources, type Heard, HeardIn } from '../ladder/heard.js';
import { ownHistory } from '../ladder/own-history.js';
import { environmentsOf, workloadsOf } from '../ladder/standing-views.js';

/** A policy with where its document stood. */
export interface LintedPolicy {
  readonly policy: GuardrailPolicy;
  readonly file: string;
  readonly line: number;
}

/** What data says of guardrails: everything that is wrong, and how each does. */
export interface Linted {
  readonly problems: readonly ConfigurationProblem[];
  readonly guardrails: readonly LintedGuardrail[];
}

const FOUR_WEEKS_MS = 28 * 86_400_000;

/**
 * Holds guardrails against what is measured: their signal must return data now, they must be able to breach and to pass at the
 * traffic they have. What is declared for the first time cannot have data yet, which is said and is no problem.
 * @param now what is in force; null before the first apply
 * @param next what would be in force then
 */
export async function lintData(
  tx: Tx,
  now: Configuration | null,
  next: Configuration,
  policies: readonly LintedPolicy[],
  o: { readonly withPower: boolean },
): Promise<Linted> {
  const problems: ConfigurationProblem[] = [];
  const guardrails: LintedGuardrail[] = [];
  for (const { policy, file, line } of policies) {
    for (const environment of environmentsOf(next, policy)) {
      const heard = new HeardIn(tx, next, environment);
      for (const [i, guardrail] of policy.guardrails.entries()) {
        const found = await lintGuardrail(
          tx,
          { now, next, environment, policy, guardrail },
          await heard.of(guardrail),
          o,
        );
        guardrails.push(found.view);
        const field = `/spec/guardrails/${i}/${guardrail.signal === null ? 'alerts' : 'signal'}`;
        problems.push(
          ...found.problems.map((problem) => ({ file, line, field, problem: `in ${environment}: ${problem}` })),
        );
      }
    }
  }
  return { problems, guardrails };
}

interface Place {
  readonly now: Configuration | null;
  readonly next: Configuration;
  readonly environment: string;
  readonly policy: GuardrailPolicy;
  readonly guardrail: Guardrail;
}

async function lintGuardrail(
  tx: Tx,
  place: Place,
  heard: Heard,
  o: { readonly withPower: boolean },
): Promise<{ readonly view: LintedGuardrail; readonly problems: readonly string[] }> {
  const { next, environment, policy, guardrail } = place;
  const base = { policy: policy.name, environment, guardrail: guardrail.name };
  if (!heard.isFresh) {
    const what = guardrail.signal ?? 'its alert source';
    if (heard.atMs === null && isNew(place)) {
      const words = `${what} is declared for the first time: it starts at observe until data comes`;
      return { view: { ...base, state: 'waiting', words, selfTest: null, power: null }, problems: [] };
    }
    const last = heard.atMs === null ? 'it was never heard there' : `it was last heard at ${formatInstant(heard.atMs)}`;
    const words = `${what} returns no data now: ${last}`;
    return { view: { ...base, state: 'problem', words, selfTest: null, power: null }, problems: [words] };
  }
  const own = await ownHistory(tx, next, environment, policy, guardrail);
  await breathe();
  const test = selfTest(own);
  await breathe();
  const lacks = guardrail.isRequired && test.outcome === 'passed' ? lacksForPass(own) : null;
  const problems = [
    ...(test.outcome === 'no-breach' ? [`has no way to breach at the traffic it has: it ${test.words}`] : []),
    ...(test.outcome === 'breaches-without-fault' ? [`is impossible to pass as things are: ${test.words}`] : []),
    ...(lacks === null ? [] : [`is impossible to pass at the traffic it has: ${LACKS[lacks] ?? lacks}`]),
  ];
  const power = o.withPower ? await powerOf(tx, place) : null;
  const isYoung = test.outcome === 'no-history';
  const words = problems.length > 0 ? problems.join('; ') : isYoung ? `returns data; ${test.words}` : 'returns data';
  const state = problems.length > 0 ? 'problem' : isYoung ? 'waiting' : 'ok';
  return { view: { ...base, state, words, selfTest: test.words, power: power?.words ?? null }, problems };
}

const LACKS: Readonly<Record<string, string>> = {
  'too-few-samples':
    'too few bad ones are ever expected to show that it is not unacceptably worse; a limit, a longer watch or a larger unacceptable can',
  coverage: 'its samples never cover enough of the watch',
  'no-baseline': 'it has no history that it could be compared with',
  'no-traffic': 'even its busiest time has no traffic',
  'no-telemetry': 'nothing usable came even in its busiest time',
  'not-comparable': 'its traffic is never comparable with that of its history',
};

/** Whether nobody could have sent its signal here before: its source or probe comes with this very configuration. */
function isNew({ now, next, environment, policy, guardrail }: Place): boolean {
  if (now === null) return true;
  if (guardrail.test.kind === 'alerts') {
    const before = new Set(alertSources(now, environment, guardrail).map(({ name }) => name));
    return alertSources(next, environment, guardrail).some(({ name }) => !before.has(name));
  }
  return senders(now, environment, policy, guardrail).length === 0;
}

/** Who sends a signal in an environment: sources that declare it, else probes of the workloads that the policy judges. */
function senders(
  configuration: Configuration,
  environment: string,
  policy: GuardrailPolicy,
  { signal }: Guardrail,
): readonly string[] {
  const declaring = configuration.signalSources.filter((source) => source.signals.some(({ name }) => name === signal));
  const here = declaring.filter((source) => source.environments.includes(environment)).map(({ name }) => name);
  if (declaring.length > 0) return here;
  return workloadsOf(configuration, policy)
    .flatMap((workload) => workload.probes.filter((probe) => probe.environment === environment))
    .map(({ name }) => name);
}

/** Watch after watch is simulated; between two of them others get their turn. */
async function powerOf(tx: Tx, { next, environment, policy, guardrail }: Place): Promise<Power | null> {
  const simulation = simulatePower(await ownHistory(tx, next, environment, policy, guardrail, FOUR_WEEKS_MS));
  for (;;) {
    const { done, value } = simulation.next();
    if (done === true) return value;
    await breathe();
  }
}
