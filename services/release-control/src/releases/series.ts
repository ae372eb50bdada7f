import type { ReleaseView, SeriesView } from '@parapet/contracts';
import type { GuardrailReport, WatchedGuardrail, WatchSpec } from '@parapet/guardrails';
import { formatInstant, type InstantMs } from '@parapet/kernel';
import type { Database, Tx } from '@parapet/postgres';
import { matchesWhere, type Observation } from '@parapet/signals';

const POINTS_MAX = 200;
const OBSERVATIONS_MAX = 20_000;
/** How much of the time before the release a chart shows. */
const BEFORE_MS = 30 * 60_000;

type Point = SeriesView['guardrails'][number]['points'][number];

/** What the chart of a release draws: the evidence of its watch, and the minutes before it. */
export class RecentSeries {
  constructor(private readonly db: Database) {}

  async of(tenant: string, release: ReleaseView): Promise<SeriesView> {
    return this.db.transact(tenant, async (tx) => {
      const spec = await specOf(tx, release.id);
      const guardrails = spec === null ? [] : await this.seriesOf(tx, release, spec);
      return { release: release.id, startedAt: release.startedAt, liveAt: release.liveAt, guardrails };
    });
  }

  private async seriesOf(tx: Tx, release: ReleaseView, spec: WatchSpec): Promise<SeriesView['guardrails']> {
    const observations = await observationsOf(tx, release.id);
    const watched = spec.guardrails.filter((one) => one.guardrail.signal !== null);
    return Promise.all(
      watched.map(async (one) => {
        const report = release.guardrails.find((r) => r.name === one.guardrail.name);
        const before = await minutesBefore(tx, release.environment, one, spec.startMs);
        const own = observations.filter(
          (o) => o.signal === one.guardrail.signal && matchesWhere(one.guardrail.where, o.dimensions),
        );
        return view(one, report, [...before, ...own.filter((o) => o.atMs > spec.startMs).map(measureOf)]);
      }),
    );
  }
}

async function specOf(tx: Tx, release: string): Promise<WatchSpec | null> {
  const [row] = await tx.query<{ spec: WatchSpec }>(
    'SELECT spec FROM evaluation_watch WHERE tenant = $1 AND release = $2',
    [tx.tenant, release],
  );
  return row?.spec ?? null;
}

async function observationsOf(tx: Tx, release: string): Promise<readonly Observation[]> {
  const rows = await tx.query<{ observation: Observation }>(
    `SELECT input->'observation' AS observation FROM evaluation_input
      WHERE tenant = $1 AND release = $2 AND input->>'kind' = 'observation' ORDER BY n DESC LIMIT $3`,
    [tx.tenant, release, OBSERVATIONS_MAX],
  );
  return rows.map((row) => row.observation).reverse();
}

/** A measurement that can be joined with its neighbours: sums where it is a share, the value where it is one; null is a gap. */
interface Measure {
  readonly atMs: InstantMs;
  readonly amount:
    | { readonly kind: 'share'; readonly count: number; readonly of: number }
    | { readonly kind: 'value'; readonly value: number }
    | null;
}

function measureOf({ atMs, value }: Observation): Measure {
  switch (value.kind) {
    case 'count':
      return { atMs, amount: { kind: 'share', count: value.count, of: value.of } };
    case 'gauge':
      return { atMs, amount: { kind: 'value', value: value.value } };
    default:
      return { atMs, amount: null };
  }
}

async function minutesBefore(
  tx: Tx,
  environment: string,
  { guardrail }: WatchedGuardrail,
  startMs: InstantMs,
): Promise<readonly Measure[]> {
  const isShare = guardrail.test.kind === 'proportion' || guardrail.test.kind === 'rate';
  const rows = await tx.query<{ at: number; n: number; count: number; of: number; sum: number }>(
    `SELECT floor(extract(epoch FROM minute) * 1000)::bigint AS at, sum(n)::float8 AS n, sum(count) AS count, sum(of) AS of, sum(sum) AS sum
       FROM evaluation_rollup
      WHERE tenant = $1 AND environment = $2 AND signal = $3 AND dimensions @> $4::jsonb
        AND minute >= to_timestamp($5::float8 / 1000) AND minute < to_timestamp($6::float8 / 1000)
      GROUP BY minute ORDER BY minute`,
    [tx.tenant, environment, guardrail.signal, JSON.stringify(guardrail.where), startMs - BEFORE_MS, startMs],
  );
  return rows.map(({ at, n, count, of, sum }) => ({
    atMs: at,
    amount: isShare ? { kind: 'share' as const, count, of } : n > 0 ? { kind: 'value' as const, value: sum / n } : null,
  }));
}

function view(
  watched: WatchedGuardrail,
  report: GuardrailReport | undefined,
  measures: readonly Measure[],
): SeriesView['guardrails'][number] {
  const badDirection = watched.signal?.badDirection ?? 'high';
  return {
    name: watched.guardrail.name,
    signal: watched.guardrail.signal,
    unit: watched.signal?.unit ?? '',
    form: formOf(watched.guardrail.test.kind),
    badDirection,
    baseline: report?.baseline ?? null,
    limit: report?.limit ?? null,
    points: pointsOf(measures, badDirection),
  };
}

function formOf(test: WatchedGuardrail['guardrail']['test']['kind']): SeriesView['guardrails'][number]['form'] {
  if (test === 'proportion') return 'share';
  return test === 'rate' ? 'rate' : 'value';
}

/** At most 200 points: neighbours are joined, shares by their sums and values by the worst of them, so that no peak is hidden. */
export function pointsOf(measures: readonly Measure[], badDirection: 'high' | 'low'): readonly Point[] {
  const first = measures[0];
  const last = measures.at(-1);
  if (first === undefined || last === undefined) return [];
  const ordered = measures.toSorted((a, b) => a.atMs - b.atMs);
  const spanMs = Math.max(1, (ordered.at(-1) ?? last).atMs - (ordered[0] ?? first).atMs);
  const bucketMs = Math.max(1, Math.ceil((spanMs + 1) / POINTS_MAX));
  const startMs = (ordered[0] ?? first).atMs;
  const buckets = new Map<number, Measure[]>();
  for (const measure of ordered) {
    const n = Math.floor((measure.atMs - startMs) / bucketMs);
    buckets.set(n, [...(buckets.get(n) ?? []), measure]);
  }
  return [...buckets.values()].map((bucket) => pointOf(bucket, badDirection));
}

function pointOf(bucket: readonly Measure[], badDirection: 'high' | 'low'): Point {
  const at = formatInstant(bucket.at(-1)?.atMs ?? 0);
  const shares = bucket.flatMap((m) => (m.amount?.kind === 'share' ? [m.amount] : []));
  const values = bucket.flatMap((m) => (m.amount?.kind === 'value' ? [m.amount.value] : []));
  if (shares.length > 0) {
    const of = shares.reduce((sum, share) => sum + share.of, 0);
    const count = shares.reduce((sum, share) => sum + share.count, 0);
    // A share of nothing is no number and is drawn as a gap.
    return { at, value: of > 0 ? count / of : null, of };
  }
  if (values.length === 0) return { at, value: null };
  return { at, value: badDirection === 'high' ? Math.max(...values) : Math.min(...values) };
}
