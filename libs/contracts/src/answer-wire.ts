import { formatInstant, type InstantMs } from '@parapet/kernel';
import type { ActiveAlert, PrometheusAnswer, RuleStatement } from '@parapet/signals';

/** How the members of a map from outside are read; each throws with the field that is wrong. */
export interface MemberReaders {
  map(value: unknown, at: string): Readonly<Record<string, unknown>>;
  list(members: Readonly<Record<string, unknown>>, member: string, at: string): readonly unknown[];
  text(members: Readonly<Record<string, unknown>>, member: string, at: string): string;
  whole(members: Readonly<Record<string, unknown>>, member: string, at: string): number;
  instant(members: Readonly<Record<string, unknown>>, member: string, at: string): InstantMs;
  texts(value: unknown, at: string): Readonly<Record<string, string>>;
}

/** The JSON of what a Prometheus answered of its rules. */
export function answerJson({ askedAtMs, rules, externalLabels }: PrometheusAnswer): Record<string, unknown> {
  return { askedAt: formatInstant(askedAtMs), rules: rules.map(ruleJson), externalLabels };
}

/** The JSON of one rule. */
export function ruleJson({ evaluatedAtMs, alerts, ...rest }: RuleStatement): Record<string, unknown> {
  return {
    ...rest,
    ...(evaluatedAtMs === null ? {} : { evaluatedAt: formatInstant(evaluatedAtMs) }),
    alerts: alerts.map(({ activeAtMs, ...alert }) => ({
      ...alert,
      ...(activeAtMs === null ? {} : { activeAt: formatInstant(activeAtMs) }),
    })),
  };
}

/** Reads an answer; what is wrong is thrown by the readers. */
export function readAnswer(value: unknown, at: string, read: MemberReaders): PrometheusAnswer {
  const answer = read.map(value, at);
  return {
    askedAtMs: read.instant(answer, 'askedAt', at),
    rules: read.list(answer, 'rules', at).map((rule, i) => readRule(rule, `${at}/rules/${i}`, read)),
    externalLabels: read.texts(answer['externalLabels'], `${at}/externalLabels`),
  };
}

function readRule(value: unknown, at: string, read: MemberReaders): RuleStatement {
  const rule = read.map(value, at);
  return {
    name: read.text(rule, 'name', at),
    labels: read.texts(rule['labels'], `${at}/labels`),
    isHealthy: rule['isHealthy'] === true,
    evaluatedAtMs: isAbsent(rule['evaluatedAt']) ? null : read.instant(rule, 'evaluatedAt', at),
    intervalMs: read.whole(rule, 'intervalMs', at),
    alerts: read.list(rule, 'alerts', at).map((alert, i) => readAlert(alert, `${at}/alerts/${i}`, read)),
  };
}

function readAlert(value: unknown, at: string, read: MemberReaders): ActiveAlert {
  const alert = read.map(value, at);
  return {
    // What is not said to fire does not.
    state: read.text(alert, 'state', at) === 'firing' ? 'firing' : 'pending',
    fingerprint: read.text(alert, 'fingerprint', at),
    labels: read.texts(alert['labels'], `${at}/labels`),
    annotations: read.texts(alert['annotations'], `${at}/annotations`),
    activeAtMs: isAbsent(alert['activeAt']) ? null : read.instant(alert, 'activeAt', at),
  };
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}
