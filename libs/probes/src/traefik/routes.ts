import { fromCumulative, type SampleValue } from '@parapet/signals';
import type { Finding } from '../present.js';
import { MeasurementFailed } from '../probe.js';
import type { Exposed } from './exposition.js';
import { METRICS, type Page, type RouteKind } from './page.js';

/** Totals of one service or router since Traefik started. */
interface Totals {
  requests: number;
  errors: number;
  /** Seconds of all requests together; null where one line does not say. */
  sum: number | null;
  /** Requests that took at most so long, by bound. */
  readonly cumulative: Map<number, number>;
}

/** Which names are measured: their patterns, for the whole name, and how many at most. */
export interface Selection {
  readonly patterns: readonly string[];
  readonly most: number;
}

/**
 * Requests, errors and latency of each selected service or router, all methods and codes together. Upgrades to websockets are left
 * out: they last for minutes and would own every percentile.
 */
export function routeFindings(page: Page, kind: RouteKind, selection: Selection): readonly Finding[] {
  const totals = totalsOf(page.lines, kind, selection);
  return [...totals]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, { requests, errors, sum, cumulative }]) => {
      const found = (signal: string, value: SampleValue): Finding => ({
        signal: `traefik.${kind}.${signal}`,
        value,
        dimensions: { [kind]: name },
      });
      return [
        found('requests', { kind: 'count', count: requests, of: page.countedS }),
        found('errors', { kind: 'count', count: errors, of: requests }),
        found('latency', latencyOf(cumulative, sum)),
      ];
    });
}

function totalsOf(lines: readonly Exposed[], kind: RouteKind, selection: Selection): ReadonlyMap<string, Totals> {
  const { requests, bucket, sum } = METRICS[kind];
  const isSelected = selectorOf(selection.patterns);
  const totals = new Map<string, Totals>();
  for (const line of lines) {
    const name = line.labels[kind];
    const isOfKind = line.metric === requests || line.metric === bucket || line.metric === sum;
    if (!isOfKind || name === undefined || !isSelected(name) || line.labels['protocol'] === 'websocket') continue;
    const found = totals.get(name) ?? { requests: 0, errors: 0, sum: 0, cumulative: new Map<number, number>() };
    totals.set(name, found);
    if (totals.size > selection.most) {
      const text = `more than ${selection.most} ${kind}s match: narrow ${kind}s, or raise seriesMax`;
      throw new MeasurementFailed('too-large', text);
    }
    add(found, line, kind);
  }
  if (totals.size === 0) throw new MeasurementFailed('missing', absent(lines, kind));
  return totals;
}

function add(totals: Totals, { metric, labels, value }: Exposed, kind: RouteKind): void {
  const isCounted = Number.isFinite(value) && value >= 0;
  if (metric === METRICS[kind].sum) {
    totals.sum = totals.sum === null || !isCounted ? null : totals.sum + value;
    return;
  }
  if (!isCounted) throw new MeasurementFailed('bad-answer', `${metric} is ${value}: no count`);
  if (metric === METRICS[kind].requests) {
    totals.requests += value;
    if (labels['code']?.startsWith('5') === true) totals.errors += value;
    return;
  }
  const bound = labels['le'] === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels['le'] ?? Number.NaN);
  if (Number.isNaN(bound)) throw new MeasurementFailed('bad-answer', `${metric} has no bound le`);
  totals.cumulative.set(bound, (totals.cumulative.get(bound) ?? 0) + value);
}

function latencyOf(cumulative: ReadonlyMap<number, number>, sum: number | null): SampleValue {
  const rows = [...cumulative].sort(([a], [b]) => a - b).map(([bound, count]) => ({ bound, cumulative: count }));
  const buckets = fromCumulative(rows);
  return buckets === null ? { kind: 'gap', reason: 'no-series' } : { kind: 'histogram', ...buckets, sum };
}

function selectorOf(patterns: readonly string[]): (name: string) => boolean {
  const whole = patterns.map((pattern) => new RegExp(`^(?:${pattern})$`, 'u'));
  return (name) => !name.endsWith('@internal') && whole.some((pattern) => pattern.test(name));
}

/** An empty result is not a quiet shop: it says what was there instead. */
function absent(lines: readonly Exposed[], kind: RouteKind): string {
  const names = [...new Set(lines.flatMap(({ labels }) => labels[kind] ?? []))];
  if (names.length > 0) return `no ${kind} matches; on the page are ${names.slice(0, 10).join(', ')}`;
  if (kind === 'router') return 'no router on the page: switch on metrics.prometheus.addRoutersLabels in Traefik';
  return 'no service on the page: nothing was routed yet, or metrics.prometheus.addServicesLabels is off';
}
