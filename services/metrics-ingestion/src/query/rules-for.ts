import { type Configuration, matchesAll, type SignalSource } from '@parapet/policy';
import { isHeartbeat, type RuleStatement } from '@parapet/signals';

/**
 * The rules that matter in an environment of a source: those whose alerts a guardrail may look at, and of them the alerts that are of this
 * environment. What a rule leaves to its series may turn out to be anything.
 */
export function rulesFor(
  rules: readonly RuleStatement[],
  environment: string,
  source: SignalSource,
  configuration: Configuration,
): readonly RuleStatement[] {
  const looks = configuration.guardrailPolicies.flatMap(({ guardrails }) =>
    guardrails.flatMap(({ test }) =>
      test.kind === 'alerts' && (test.sources.length === 0 || test.sources.includes(source.name))
        ? [test.matchers]
        : [],
    ),
  );
  return rules
    .filter(({ name, labels }) => {
      const known = { ...labels, alertname: name };
      if (isHeartbeat(source.heartbeat, known)) return false;
      const declared = labels['environment'];
      if (declared !== undefined && environmentOf(declared, source) !== environment) return false;
      return looks.some((matchers) =>
        matchers.every((one) => !Object.hasOwn(known, one.label) || matchesAll([one], known)),
      );
    })
    .map((rule) => ({
      ...rule,
      alerts: rule.alerts.filter(({ labels }) => environmentOf(labels['environment'], source) === environment),
    }));
}

/** An alert is of the environment that it names, and of the first where it names none of the source's (interfaces 8). */
function environmentOf(named: string | undefined, { environments }: SignalSource): string | undefined {
  return named !== undefined && environments.includes(named) ? named : environments[0];
}
