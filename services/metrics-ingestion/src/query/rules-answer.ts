import { type InstantMs, parseInstant } from '@parapet/kernel';
import type { ActiveAlert, RuleStatement } from '@parapet/signals';
import { fingerprintOf } from '../alerts/fingerprint.js';
import { cleanText } from '../door/json.js';
import type { Reply } from './prometheus-client.js';
import { labelsOf, mapOf, parsed } from './query-answer.js';

/** How and when the two questions were answered. */
export interface RulesAsked {
  /** Answer of `/api/v1/alerts`, asked first. */
  readonly alerts: Reply;
  /** Answer of `/api/v1/rules?type=alert`. */
  readonly rules: Reply;
  /** When the second answer was here, by our clock. */
  readonly askedAtMs: InstantMs;
  /** What the Prometheus adds to alerts on their way out. */
  readonly externalLabels: Readonly<Record<string, string>>;
}

/** What the rules say, or why that cannot be told. */
export type RulesAnswer =
  | { readonly rules: readonly RuleStatement[]; readonly problem: null }
  | { readonly rules: null; readonly problem: string };

/** A date in a header has no fractions: the answer may be this much younger than it says. */
const DATE_MS = 999;
/** A rule whose alerts take more than this does not fit one part of a message; it then says nothing. */
const RULE_BYTES_MAX = 256 * 1024;
const TEMPLATE = '{{';

/** Reads what a Prometheus answered of its alerts and of the rules that make them (interfaces 7). */
export function readRules(asked: RulesAsked): RulesAnswer {
  for (const [name, reply] of [
    ['alerts', asked.alerts],
    ['rules', asked.rules],
  ] as const) {
    if (reply.status !== 200 || parsed(reply.body)?.['status'] !== 'success')
      return { rules: null, problem: `${name}: HTTP ${reply.status}` };
  }
  const active = listOf(dataOf(asked.alerts)['alerts']).map((alert) => readAlert(alert, asked.externalLabels));
  const rules = listOf(dataOf(asked.rules)['groups']).flatMap((group) => {
    const intervalMs = Math.round(Number(mapOf(group)?.['interval']) * 1000);
    return listOf(mapOf(group)?.['rules']).flatMap((rule) => readRule(rule, intervalMs, asked));
  });
  return { rules: rules.map((rule) => carried(withAgreed(rule, active))), problem: null };
}

function readRule(value: unknown, intervalMs: number, asked: RulesAsked): readonly RuleStatement[] {
  const rule = mapOf(value) ?? {};
  const { name, type, health, lastEvaluation } = rule;
  if (typeof name !== 'string' || name === '' || type !== 'alerting') return [];
  const alerts = listOf(rule['alerts']).map((alert) => readAlert(alert, asked.externalLabels));
  const written = Object.entries(labelsOf(rule['labels']));
  return [
    {
      name: cleanText(name),
      labels: Object.fromEntries(written.filter(([, text]) => !text.includes(TEMPLATE))),
      isHealthy: health === 'ok' && intervalMs > 0,
      evaluatedAtMs: ourTimeOf(typeof lastEvaluation === 'string' ? parseInstant(lastEvaluation) : null, asked),
      intervalMs: intervalMs > 0 ? intervalMs : 0,
      alerts,
    },
  ];
}

/**
 * An instant of the other clock by ours: as long ago as the answer says, by the clock that stamped both. In doubt it is earlier: what was
 * evaluated before a doubt began must not end it. Year 1 means never.
 */
function ourTimeOf(instantMs: InstantMs | null, { rules, askedAtMs }: RulesAsked): InstantMs | null {
  if (instantMs === null || instantMs <= 0) return null;
  if (rules.sentAtMs === null) return Math.min(instantMs, askedAtMs);
  return askedAtMs - Math.max(0, rules.sentAtMs + DATE_MS - instantMs);
}

function readAlert(value: unknown, external: Readonly<Record<string, string>>): ActiveAlert {
  const alert = mapOf(value) ?? {};
  const labels = labelsOf(alert['labels']);
  const activeAt = alert['activeAt'];
  return {
    state: alert['state'] === 'firing' ? 'firing' : 'pending',
    // As Prometheus adds them: never over a label that an alert has.
    fingerprint: fingerprintOf({ ...external, ...labels }),
    labels,
    annotations: labelsOf(alert['annotations']),
    activeAtMs: typeof activeAt === 'string' ? parseInstant(activeAt) : null,
  };
}

/** An alert that only one of the two answers has is just beginning or just over: neither firing nor gone. */
function withAgreed(rule: RuleStatement, active: readonly ActiveAlert[]): RuleStatement {
  const ofRule = active.filter(
    ({ labels }) =>
      labels['alertname'] === rule.name && Object.entries(rule.labels).every(([name, text]) => labels[name] === text),
  );
  const states = new Map(ofRule.map(({ fingerprint, state }) => [fingerprint, state]));
  const own = new Set(rule.alerts.map(({ fingerprint }) => fingerprint));
  const agreed = rule.alerts.map((alert) => {
    const isAgreed = states.get(alert.fingerprint) === alert.state;
    return isAgreed ? alert : { ...alert, state: 'pending' as const };
  });
  const gone = ofRule.filter(({ fingerprint }) => !own.has(fingerprint));
  return { ...rule, alerts: [...agreed, ...gone.map((alert) => ({ ...alert, state: 'pending' as const }))] };
}

function carried(rule: RuleStatement): RuleStatement {
  const isCarried = Buffer.byteLength(JSON.stringify(rule.alerts)) <= RULE_BYTES_MAX;
  return isCarried ? rule : { ...rule, isHealthy: false, alerts: [] };
}

function dataOf(reply: Reply): Readonly<Record<string, unknown>> {
  return mapOf(parsed(reply.body)?.['data']) ?? {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
