import { type ChartValue, chartValueOf, type ReleaseView, type SeriesView } from '@parapet/contracts';
import type { GuardrailReport, WatchedGuardrail, WatchSpec } from '@parapet/guardrails';
import type { InstantMs } from '@parapet/kernel';
import type { Database, Tx } from '@parapet/postgres';
import { evidenceBeside } from './evidence-values.js';
import { POINTS_BEFORE_MAX, POINTS_SINCE_MAX, pointsOf } from './points.js';
import type { RecentLists } from './recent-lists.js';

/** How much of the time before the release a chart shows. */
const BEFORE_MS = 30 * 60_000;

/**
 * What the chart of a release draws: the minutes before it, and what was judged since. The newest values come from Redis
 * where it has them, everything else from the evidence; the points are the same without Redis.
 */
export class RecentSeries {
  constructor(
    private readonly db: Database,
    private readonly recent: RecentLists,
  ) {}

  async of(tenant: string, release: ReleaseView): Promise<SeriesView> {
    const spec = await this.db.transact(tenant, (tx) => specOf(tx, release.id));
    const watched = spec?.guardrails.filter((one) => one.guardrail.signal !== null) ?? [];
    const names = watched.map((one) => one.guardrail.name);
    // Read before the transaction: nobody waits for Redis with a connection in hand.
    const recent = await this.recent.of(tenant, release.id, names);
    const guardrails = await this.db.transact(tenant, async (tx) => {
      const views: SeriesView['guardrails'][number][] = [];
      for (const one of watched) {
        const startMs = spec?.startMs ?? 0;
        const report = release.guardrails.find((r) => r.name === one.guardrail.name);
        const before = await minutesBefore(tx, release.environment, one, startMs);
        const since = await evidenceBeside(tx, release.id, one.guardrail, recent.get(one.guardrail.name) ?? []);
        views.push(
          view(
            one,
            report,
            before,
            since.filter((value) => value.atMs > startMs),
          ),
        );
      }
      return views;
    });
    return { release: release.id, startedAt: release.startedAt, liveAt: release.liveAt, guardrails };
  }
}

async function specOf(tx: Tx, release: string): Promise<WatchSpec | null> {
  const [row] = await tx.query<{ spec: WatchSpec }>(
    'SELECT spec FROM evaluation_watch WHERE tenant = $1 AND release = $2',
    [tx.tenant, release],
  );
  return row?.spec ?? null;
}

async function minutesBefore(
  tx: Tx,
  environment: string,
  { guardrail }: WatchedGuardrail,
  startMs: InstantMs,
): Promise<readonly ChartValue[]> {
  const isShare = guardrail.test.kind === 'proportion' || guardrail.test.kind === 'rate';
  const rows = await tx.query<{ at: number; n: number; count: number; of: number; sum: number }>(
    `SELECT floor(extract(epoch FROM minute) * 1000)::bigint AS at, sum(n)::float8 AS n, sum(count) AS count, sum(of) AS of, sum(sum) AS sum
       FROM evaluation_rollup
      WHERE tenant = $1 AND environment = $2 AND signal = $3 AND dimensions @> $4::jsonb
        AND minute >= to_timestamp($5::float8 / 1000) AND minute < to_timestamp($6::float8 / 1000)
      GROUP BY minute ORDER BY minute`,
    [tx.tenant, environment, guardrail.signal, JSON.stringify(guardrail.where), startMs - BEFORE_MS, startMs],
  );
  return rows.map(({ at, n, count, of, sum }) =>
    isShare
      ? chartValueOf({ atMs: at, value: { kind: 'count', count, of } })
      : { atMs: at, value: n > 0 ? sum / n : null },
  );
}

function view(
  watched: WatchedGuardrail,
  report: GuardrailReport | undefined,
  before: readonly ChartValue[],
  since: readonly ChartValue[],
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
    points: [...pointsOf(before, badDirection, POINTS_BEFORE_MAX), ...pointsOf(since, badDirection, POINTS_SINCE_MAX)],
  };
}

function formOf(test: WatchedGuardrail['guardrail']['test']['kind']): SeriesView['guardrails'][number]['form'] {
  if (test === 'proportion') return 'share';
  return test === 'rate' ? 'rate' : 'value';
}
