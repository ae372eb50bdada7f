import type { InstantMs } from '@parapet/kernel';
import { type AlertSource, sayRefused, sourceState } from './alert-sources.js';
import type { HeardBatch } from './alerts.js';
import type { Draft } from './alerts-state.js';
import { notSeen } from './episode.js';
import type { SourceEvent } from './events.js';
import type { AlertStatement } from './statement.js';

/** What one replica last said of one group. */
export interface AlertGroup {
  readonly source: string;
  /** Fingerprints said to fire. */
  readonly firing: readonly string[];
  /** The last message was cut: nothing follows from what it leaves out. */
  readonly isIncomplete: boolean;
  readonly heardAtMs: InstantMs;
  readonly digest: string;
  /** How many repeats in a row came later than declared. */
  readonly longRepeats: number;
}

/** A message from outside that came in several parts and is not whole yet. */
export interface Receipt {
  readonly receivedAtMs: InstantMs;
  readonly parts: readonly number[];
  readonly named: readonly string[];
  readonly firing: readonly string[];
}

/** A repeat leaves at a flush, and travels; beyond this it was late. */
const REPEAT_SLACK_MS = 5000;
/** One lost message looks like one long repeat; two in a row are the sender's real interval. */
const LONG_REPEATS = 2;

/** The witness of an alert: two sources of a pair are one. */
function witnessOf(source: AlertSource): string {
  return source.pairedWith !== null && source.pairedWith < source.name ? source.pairedWith : source.name;
}

/** Names an alert: its witness and its fingerprint. */
export function keyOf(source: AlertSource, fingerprint: string): string {
  return `${witnessOf(source)}|${fingerprint}`;
}

const GROUP_LABELS = /:\{((?:[a-zA-Z_:][\w:]*="(?:[^"\\]|\\.)*"(?:, )?)*)\}$/;
const GROUP_LABEL = /([a-zA-Z_:][\w:]*)="((?:[^"\\]|\\.)*)"/g;

/** The labels that all alerts of a group share, as its key tells them: `{}/{a="b"}:{environment="production"}`; null where it does not. */
export function groupLabelsOf(groupKey: string): Readonly<Record<string, string>> | null {
  const written = GROUP_LABELS.exec(groupKey)?.[1];
  if (written === undefined) return null;
  const labels: Record<string, string> = Object.create(null);
  for (const [, name, value] of written.matchAll(GROUP_LABEL)) {
    labels[name as string] = (value as string).replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
  }
  return labels;
}

/** The names of a message once all its parts are here; null before. */
export function collect(
  draft: Draft,
  heard: HeardBatch,
  alerts: readonly AlertStatement[],
): { named: readonly string[]; firing: readonly string[] } | null {
  const named = alerts.map((a) => a.fingerprint);
  const firing = alerts.filter((a) => a.status === 'firing').map((a) => a.fingerprint);
  if (heard.parts <= 1) return { named, firing };
  const key = `${heard.receipt}|`;
  const before = Object.hasOwn(draft.receipts, key)
    ? (draft.receipts[key] as Receipt)
    : { receivedAtMs: heard.receivedAtMs, parts: [], named: [], firing: [] };
  const receipt: Receipt = {
    receivedAtMs: before.receivedAtMs,
    parts: [...new Set([...before.parts, heard.part])],
    named: [...before.named, ...named],
    firing: [...before.firing, ...firing],
  };
  draft.receipts[key] = receipt;
  if (receipt.parts.length < heard.parts) return null;
  delete draft.receipts[key];
  return receipt;
}

/** Rules 7, 8 and 13: what the whole message leaves out, whether it was cut, and how long the sender waits between repeats. */
export function closeGroup(
  draft: Draft,
  source: AlertSource,
  heard: HeardBatch,
  message: { readonly named: readonly string[]; readonly firing: readonly string[] },
  atMs: InstantMs,
  events: SourceEvent[],
  affected: readonly string[],
): void {
  const { batch } = heard;
  const key = `${source.name}|${batch.externalUrl}|${batch.groupKey}`;
  const last = Object.hasOwn(draft.groups, key) ? draft.groups[key] : undefined;
  const named = new Set(message.named);
  const leftOut = (last?.firing ?? []).filter((fingerprint) => !named.has(fingerprint));
  const isCut = batch.truncatedAlerts > 0;
  if (!isCut) {
    for (const fingerprint of leftOut) {
      const of = keyOf(source, fingerprint);
      const episode = Object.hasOwn(draft.episodes, of) ? draft.episodes[of] : undefined;
      if (episode !== undefined) draft.episodes[of] = notSeen(episode, atMs);
    }
  }
  const isRepeat = last !== undefined && last.digest === batch.digest;
  const waitedMs = isRepeat ? atMs - last.heardAtMs : 0;
  const isLong = waitedMs > source.repeatIntervalMs + source.groupIntervalMs + REPEAT_SLACK_MS;
  // A copy that comes at once is a redelivery or another replica's, and says nothing of the interval.
  const isOwnRepeat = isRepeat && waitedMs >= source.groupIntervalMs;
  const soFar = last?.longRepeats ?? 0;
  const longRepeats = isLong ? soFar + 1 : isOwnRepeat ? 0 : soFar;
  if (isOwnRepeat) draft.sources[source.name] = { ...sourceState(draft, source.name, atMs), hasRepeated: true };
  if (longRepeats >= LONG_REPEATS) sayRefused(draft, source, atMs, events, affected);
  const firing = [...new Set(isCut ? [...leftOut, ...message.firing] : message.firing)];
  if (firing.length === 0 && !isCut) delete draft.groups[key];
  else
    draft.groups[key] = {
      source: source.name,
      firing,
      isIncomplete: isCut,
      heardAtMs: atMs,
      digest: batch.digest,
      longRepeats,
    };
}
