import type { InstantMs } from '@parapet/kernel';
import { groupLabelsOf, keyOf } from './alert-groups.js';
import { type AlertSource, leaseMs } from './alert-sources.js';
import { type AlertsStep, passTime } from './alerts.js';
import { type AlertsState, changesBetween, type Draft, draftOf } from './alerts-state.js';
import { type Episode, hearFiring, type Hearing, isSettleable, settledByAnswer } from './episode.js';
import type { ActiveAlert, PrometheusAnswer, RuleStatement } from './rules.js';

/** A rule whose last evaluation is older than this many of its intervals says nothing (interfaces 7). */
const FRESH_INTERVALS = 3;

/** An answer of a source's Prometheus as it reached us. */
export interface HeardAnswer {
  readonly answer: PrometheusAnswer;
  /** Whether no other part of the same answer is on its way. */
  readonly isWhole: boolean;
  readonly receivedAtMs: InstantMs;
}

/**
 * Takes what a source's Prometheus answered into the environment's alerts (interfaces 8, rules 5, 8 and 10), after everything that
 * time had done before it came. It settles doubts and nothing else: it is no word of the sender, renews no lease and is no heartbeat.
 */
export function hearAnswer(
  state: AlertsState,
  sources: readonly AlertSource[],
  source: AlertSource,
  heard: HeardAnswer,
  affected: readonly string[],
): AlertsStep {
  const passed = passTime(state, sources, Math.max(state.clockMs, heard.receivedAtMs), affected);
  const atMs = passed.state.clockMs;
  const draft = draftOf(passed.state);
  const { answer } = heard;
  for (const [key, episode] of Object.entries(passed.state.episodes)) {
    if (keyOf(source, episode.fingerprint) !== key || !isSettleable(episode)) continue;
    const said = wordOn(episode, answer);
    if (said !== null) draft.episodes[key] = settledByAnswer(episode, said.as, said.atMs, atMs, atMs + leaseMs(source));
  }
  if (heard.isWhole) completeGroups(draft, source, answer, atMs);
  const isChanged = hasChanged(passed.state, draft);
  const next: AlertsState = isChanged
    ? { ...passed.state, episodes: draft.episodes, groups: draft.groups }
    : passed.state;
  return { state: next, changes: changesBetween(state, next), events: passed.events };
}

function hasChanged(before: AlertsState, draft: Draft): boolean {
  const isOther = <T>(old: Readonly<Record<string, T>>, now: Readonly<Record<string, T>>) =>
    Object.keys(now).some((key) => old[key] !== now[key]);
  return isOther(before.episodes, draft.episodes) || isOther(before.groups, draft.groups);
}

interface Word {
  readonly as: 'firing' | 'resolved';
  readonly atMs: InstantMs;
}

/**
 * What the rules say of a doubtful alert: it is active, or every rule that could make it was evaluated since the doubt began and
 * holds no such alert. Null where they say nothing.
 */
function wordOn(episode: Episode, answer: PrometheusAnswer): Word | null {
  const rules = answer.rules.filter(
    (rule) => own(episode.labels, 'alertname') === rule.name && isPartOf(rule.labels, episode.labels),
  );
  const words = rules.map((rule) => wordOfRule(rule, episode, answer.askedAtMs));
  const active = words.find((word) => word?.as === 'firing');
  if (active !== undefined) return active;
  const [first] = words;
  return first === undefined || words.includes(null) ? null : first;
}

function wordOfRule(rule: RuleStatement, episode: Episode, askedAtMs: InstantMs): Word | null {
  if (!speaks(rule, askedAtMs)) return null;
  const atMs = rule.evaluatedAtMs as InstantMs;
  // What was seen before the doubt began does not end it.
  if (atMs < episode.sinceMs) return null;
  const same = rule.alerts.filter((alert) => isPartOf(alert.labels, episode.labels));
  if (same.some((alert) => alert.state === 'firing')) return { as: 'firing', atMs };
  // Not firing yet, and not over either.
  if (same.length > 0) return null;
  // Labels changed on the way to us: none of them can be told to be this one, and none not to be.
  if (rule.alerts.some((alert) => !hasNamesOf(alert, episode))) return null;
  return { as: 'resolved', atMs };
}

function speaks({ isHealthy, evaluatedAtMs, intervalMs }: RuleStatement, askedAtMs: InstantMs): boolean {
  return isHealthy && evaluatedAtMs !== null && askedAtMs - evaluatedAtMs <= FRESH_INTERVALS * intervalMs;
}

/**
 * Rule 8: what a cut message left out is known once every rule has spoken. An alert of the group that nobody told us of begins here,
 * so that a complete group hides nothing.
 */
function completeGroups(draft: Draft, source: AlertSource, answer: PrometheusAnswer, atMs: InstantMs): void {
  const isSilent = answer.rules.length === 0 || answer.rules.some((rule) => !speaks(rule, answer.askedAtMs));
  if (isSilent) return;
  const firing = answer.rules.flatMap((rule) => rule.alerts.filter((alert) => alert.state === 'firing'));
  for (const [key, group] of Object.entries(draft.groups)) {
    if (group.source !== source.name || !group.isIncomplete) continue;
    const labels = groupLabelsOf(key);
    const isSeenSince = answer.rules.every((rule) => (rule.evaluatedAtMs as InstantMs) >= group.heardAtMs);
    if (labels === null || !isSeenSince) continue;
    const ofGroup = firing.filter((alert) => mayBelong(alert, labels));
    for (const alert of ofGroup) begin(draft, source, alert, answer.externalLabels, atMs);
    const fingerprints = [...new Set([...group.firing, ...ofGroup.map((alert) => alert.fingerprint)])];
    draft.groups[key] = { ...group, isIncomplete: false, firing: fingerprints };
  }
}

function begin(
  draft: Draft,
  source: AlertSource,
  alert: ActiveAlert,
  external: Readonly<Record<string, string>>,
  atMs: InstantMs,
): void {
  const known = Object.entries(draft.episodes).find(
    ([key, episode]) => keyOf(source, episode.fingerprint) === key && isPartOf(alert.labels, episode.labels),
  );
  if (known?.[1].state === 'firing') return;
  const hearing: Hearing = {
    source: source.name,
    sender: `${source.name} rules`,
    receivedAtMs: atMs,
    leaseEndsAtMs: atMs + leaseMs(source),
    groupIntervalMs: source.groupIntervalMs,
  };
  const { fingerprint, labels, annotations, activeAtMs } = alert;
  const statement = {
    status: 'firing',
    fingerprint: known?.[1].fingerprint ?? fingerprint,
    labels: { ...external, ...labels },
    annotations,
    startsAtMs: activeAtMs,
    endsAtMs: null,
    generatorUrl: null,
    isContradicted: false,
  } as const;
  draft.episodes[known?.[0] ?? keyOf(source, fingerprint)] = hearFiring(known?.[1], statement, hearing);
}

/** Labels that a Prometheus adds on the way out are missing where its own rules are asked. */
function mayBelong(alert: ActiveAlert, group: Readonly<Record<string, string>>): boolean {
  return Object.keys(group).every((name) => (own(alert.labels, name) ?? group[name]) === group[name]);
}

function isPartOf(part: Readonly<Record<string, string>>, whole: Readonly<Record<string, string>>): boolean {
  return Object.keys(part).every((name) => own(whole, name) === part[name]);
}

function hasNamesOf(alert: ActiveAlert, episode: Episode): boolean {
  return Object.keys(alert.labels).every((name) => Object.hasOwn(episode.labels, name));
}

function own(record: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
