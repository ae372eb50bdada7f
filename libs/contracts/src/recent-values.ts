import { formatInstant, type InstantMs, parseInstant } from '@parapet/kernel';
import type { Observation } from '@parapet/signals';

/** An observation as a chart draws it: a share with its sums, a value, or a gap. */
export interface ChartValue {
  readonly atMs: InstantMs;
  /** Null: nothing is known of this moment, or a share of nothing. */
  readonly value: number | null;
  /** Of a share. */
  readonly sums?: { readonly count: number; readonly of: number };
}

/** A chart value as the evaluator keeps it in Redis. */
export interface RecentEntry extends ChartValue {
  /** The number of the input in the evidence of its release. */
  readonly n: number;
  /** The entry before this one, as far as its writer knows: by it a reader sees where an entry was lost. */
  readonly after: number | null;
}

/** Where the newest values of a guardrail are in Redis, newest first. */
export function recentKey(tenant: string, release: string, guardrail: string): string {
  return `parapet:recent:${tenant}:${release}:${guardrail}`;
}

/** What a chart draws of an observation, wherever it was read. */
export function chartValueOf({ atMs, value }: Pick<Observation, 'atMs' | 'value'>): ChartValue {
  switch (value.kind) {
    case 'count': {
      const { count, of } = value;
      return { atMs, value: of > 0 ? count / of : null, sums: { count, of } };
    }
    case 'gauge':
      return { atMs, value: value.value };
    case 'histogram':
    case 'gap':
      return { atMs, value: null };
  }
}

/** The text of an entry. */
export function encodeRecent({ atMs, value, sums, n, after }: RecentEntry): string {
  return JSON.stringify({ at: formatInstant(atMs), value, ...sums, n, after });
}

/** The newest entries of a list of which none is missing between them, newest first; none where its newest is unreadable. */
export function readRecent(texts: readonly string[]): readonly RecentEntry[] {
  const entries: RecentEntry[] = [];
  for (const text of texts) {
    const newer = entries.at(-1);
    const entry = decodeRecent(text);
    if (entry === null || (newer !== undefined && newer.after !== entry.n)) break;
    entries.push(entry);
  }
  return entries;
}

function decodeRecent(text: string): RecentEntry | null {
  const { at, value, count, of, n, after } = readObject(text);
  const atMs = typeof at === 'string' ? parseInstant(at) : null;
  const isValue = value === null || typeof value === 'number';
  if (atMs === null || !isValue || typeof n !== 'number') return null;
  const sums = typeof count === 'number' && typeof of === 'number' ? { sums: { count, of } } : {};
  return { atMs, value, ...sums, n, after: typeof after === 'number' ? after : null };
}

function readObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === 'object' && read !== null ? (read as Record<string, unknown>) : {};
  } catch {
    // Whatever stands there, it is no entry of ours; the evidence has the values.
    return {};
  }
}
