import type { SecretRef } from './configuration.js';
import type { Spec } from './schema/kinds.js';

/** A Prometheus that we ask. */
export interface AskedPrometheus {
  readonly url: string;
  readonly bearer: SecretRef | null;
  readonly basic: { readonly user: string; readonly password: SecretRef } | null;
  /** The path of a PEM file; null for the well-known authorities. */
  readonly ca: string | null;
  /** Plain http and private addresses, by the operator's word. */
  readonly allowPrivate: boolean;
  readonly timeoutMs: number;
  readonly scrapeIntervalMs: number;
  /** What it adds to alerts on their way out. */
  readonly externalLabels: Readonly<Record<string, string>>;
}

/** What is asked of a signal, in PromQL. */
export interface SignalQuery {
  readonly asks:
    | { readonly kind: 'value'; readonly value: string }
    /** Without `of` the count is of the seconds that it was counted in. */
    | { readonly kind: 'count'; readonly count: string; readonly of: string | null }
    | { readonly kind: 'buckets'; readonly buckets: string };
  /** The label that each dimension is read from; `environment`, `store` and `arm` among them. */
  readonly labels: Readonly<Record<string, string>>;
}

type SourceSpec = Spec<'SignalSource'>;

const EVERY_MS = 60_000;
const HISTORY_MS = 28 * 24 * 3_600_000;

/** The time between two questions to a source. */
export function askedEveryMs({ every }: Pick<SourceSpec, 'every'>): number {
  return every ?? EVERY_MS;
}

/** How much of the past a source is asked for. */
export function askedHistoryMs({ history }: Pick<SourceSpec, 'history'>): number {
  return history ?? HISTORY_MS;
}

/** The Prometheus of a source, with what was left out. */
export function askedPrometheusOf(spec: NonNullable<SourceSpec['prometheus']>): AskedPrometheus {
  const { bearer, basic, ca, timeout, scrapeInterval, ...rest } = spec;
  return {
    ...rest,
    bearer: (bearer as SecretRef | undefined) ?? null,
    basic: basic === undefined ? null : { user: basic.user, password: basic.password as SecretRef },
    ca: ca ?? null,
    timeoutMs: timeout,
    scrapeIntervalMs: scrapeInterval,
  };
}

const RELEASE_DIMENSIONS = ['environment', 'store', 'arm'];

/** What is asked of a signal; a dimension without a label of its own is read from the label of its name. */
export function signalQueryOf(
  spec: NonNullable<SourceSpec['signals'][number]['query']>,
  dimensions: readonly string[],
): SignalQuery {
  const { value, count, of, buckets, dimensions: read } = spec;
  const labels = Object.fromEntries([...RELEASE_DIMENSIONS, ...dimensions].map((name) => [name, read[name] ?? name]));
  if (value !== undefined) return { asks: { kind: 'value', value }, labels };
  if (count !== undefined) return { asks: { kind: 'count', count, of: of ?? null }, labels };
  return { asks: { kind: 'buckets', buckets: buckets ?? '' }, labels };
}
