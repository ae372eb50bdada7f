import type { Tx } from '@parapet/postgres';
import type { Period, RollUp } from '@parapet/signals';
import type { MeasuredArms } from './measured-arms.js';

/** Whose history is read. */
export interface HistoryOf {
  readonly tenant: string;
  readonly environment: string;
  readonly signal: string;
  readonly where: Readonly<Record<string, string>>;
}

/** A time of the past that is read as one sum. */
export interface SummedPeriods {
  readonly id: string;
  readonly periods: readonly Period[];
}

/** What all series of a signal add up to over a time. */
export interface Summed {
  readonly count: number;
  readonly of: number;
  /** Minutes that held anything. */
  readonly minutes: number;
  /** Mean of the minutes' mean values, and of the logarithms of those above 0; null where there is none. */
  readonly mean: number | null;
  readonly logMean: number | null;
  /** Requests per bucket, by the bounds that most of them had; null where there are none. */
  readonly histogram: NonNullable<RollUp['histogram']> | null;
}

/** Minutes one by one, and longer times as sums. */
export interface History {
  readonly minutes: readonly RollUp[];
  readonly sums: ReadonlyMap<string, Summed>;
}

/**
 * Minutes come one by one, of all series together or of each; longer times are summed where they are. Each piece of time is looked
 * for by itself in the index of its day, so what is read is what is asked for, whatever else is kept: `OFFSET 0` keeps the planner
 * from joining all days at once, which it does where row-level security makes it expect next to nothing.
 */
const FOUND = (columns: string, where = '') => `WITH pieces AS MATERIALIZED (
  SELECT id, to_timestamp(from_ms / 1000.0) AS since, to_timestamp(to_ms / 1000.0) AS until
    FROM unnest($4::text[], $5::float8[], $6::float8[]) AS piece (id, from_ms, to_ms)
), found AS NOT MATERIALIZED (
  SELECT p.id, r.* FROM pieces p CROSS JOIN LATERAL (
    SELECT ${columns} FROM evaluation_rollup
     WHERE tenant = $1 AND environment = $2 AND signal = $3 AND minute >= p.since AND minute < p.until ${where}
    OFFSET 0
  ) r
)`;
const OF_WHERE = 'AND dimensions @> $7::jsonb';

const VALUES = `${FOUND('minute, dimensions, n, count, of, sum, min, max', OF_WHERE)}
SELECT id, (extract(epoch FROM minute) * 1000)::bigint AS minute_ms, sum(n)::float8 AS n, sum(count) AS count, sum(of) AS of,
       sum(sum) AS sum, min(min) AS min, max(max) AS max, 1::float8 AS minutes, NULL::float8 AS mean, NULL::float8 AS log_mean
  FROM found WHERE id = '' GROUP BY id, minute, CASE WHEN $8 THEN dimensions END
UNION ALL
SELECT id, NULL, sum(n)::float8, sum(count), sum(of), sum(sum), min(min), max(max), count(DISTINCT minute)::float8,
       avg(sum / n), avg(ln(sum / n)) FILTER (WHERE sum > 0)
  FROM found WHERE id <> '' GROUP BY id`;

const HISTOGRAMS = `${FOUND('minute, histogram', OF_WHERE)}, buckets AS (
  SELECT f.id, CASE WHEN f.id = '' THEN f.minute END AS minute, f.histogram -> 'bounds' AS bounds, b.place, sum(b.value::float8) AS count,
         count(DISTINCT f.minute) AS minutes
    FROM found f CROSS JOIN LATERAL jsonb_array_elements_text(f.histogram -> 'counts') WITH ORDINALITY AS b (value, place)
   WHERE f.histogram IS NOT NULL GROUP BY 1, 2, 3, 4
)
SELECT id, (extract(epoch FROM minute) * 1000)::bigint AS minute_ms, bounds, array_agg(count ORDER BY place) AS counts,
       max(minutes)::float8 AS minutes
  FROM buckets GROUP BY id, minute, bounds`;

/** A sample of a volume is its exposure: of a count what it counts against, of a latency its requests, else its value. */
const TRAFFIC = `${FOUND('minute, of, sum, min, histogram')}
SELECT id, count(DISTINCT minute)::float8 AS minutes, sum(of + CASE
         WHEN histogram IS NOT NULL THEN (SELECT sum(value::float8) FROM jsonb_array_elements_text(histogram -> 'counts'))
         WHEN min IS NOT NULL THEN greatest(sum, 0) ELSE 0 END) AS exposure
  FROM found GROUP BY id`;

/** Series that do not say of which value they are belong to neither arm. */
const ARMS = `${FOUND('minute, dimensions, count, of', OF_WHERE)}
SELECT (extract(epoch FROM minute) * 1000)::bigint AS "minuteMs", dimensions ->> $8 = ANY ($9::text[]) AS "isWatched",
       sum(count) AS count, sum(of) AS of
  FROM found WHERE dimensions ->> $8 IS NOT NULL GROUP BY 1, 2`;

/** The same of gauges: each series of an arm, or all of them together. */
const ARMS_VALUES = `${FOUND('minute, dimensions, n, sum, min, max', OF_WHERE)}
SELECT (extract(epoch FROM minute) * 1000)::bigint AS minute_ms, dimensions ->> $8 = ANY ($9::text[]) AS is_watched,
       sum(n)::float8 AS n, sum(sum) AS sum, min(min) AS min, max(max) AS max
  FROM found WHERE dimensions ->> $8 IS NOT NULL AND min IS NOT NULL GROUP BY 1, 2, CASE WHEN $10 THEN dimensions END`;

/** The same of latencies: requests per bucket, by each list of bounds. */
const ARMS_HISTOGRAMS = `${FOUND('minute, dimensions, histogram', OF_WHERE)}, buckets AS (
  SELECT f.minute, f.dimensions ->> $8 = ANY ($9::text[]) AS is_watched, f.histogram -> 'bounds' AS bounds, b.place,
         sum(b.value::float8) AS count
    FROM found f CROSS JOIN LATERAL jsonb_array_elements_text(f.histogram -> 'counts') WITH ORDINALITY AS b (value, place)
   WHERE f.histogram IS NOT NULL AND f.dimensions ->> $8 IS NOT NULL GROUP BY 1, 2, 3, 4
)
SELECT (extract(epoch FROM minute) * 1000)::bigint AS minute_ms, is_watched, bounds, array_agg(count ORDER BY place) AS counts
  FROM buckets GROUP BY minute, is_watched, bounds`;

/** What is asked of a signal's history. */
export interface HistoryAsk {
  readonly form: 'values' | 'histograms';
  /** Read minute by minute; without overlap. */
  readonly minutes: readonly Period[];
  readonly sums: readonly SummedPeriods[];
  /** Each series for itself, where they are few; else all together. */
  readonly perSeries: boolean;
}

/** The traffic of a time, and of how many minutes it is known. */
export interface Traffic {
  readonly minutes: number;
  readonly exposure: number;
}

/** One minute of what got a release, or of what did not, all its series together. */
export interface ArmsMinute {
  readonly minuteMs: number;
  readonly isWatched: boolean;
  readonly count: number;
  readonly of: number;
}

/** The roll-ups of the past, wherever they are kept. */
export interface HistoryReader {
  history(of: HistoryOf, ask: HistoryAsk): Promise<History>;
  /** Minute by minute the counts of some values of a dimension, and of all others. */
  arms(
    of: HistoryOf,
    watched: { readonly dimension: string; readonly released: readonly string[] },
    periods: readonly Period[],
  ): Promise<readonly ArmsMinute[]>;
  /** Minute by minute what was measured of some values of a dimension, and of all others. */
  measuredArms(
    of: HistoryOf,
    arms: { readonly dimension: string; readonly released: readonly string[] },
    periods: readonly Period[],
    o: Pick<HistoryAsk, 'form' | 'perSeries'>,
  ): Promise<MeasuredArms>;
  /** Of each time the traffic of a signal, all its series together; nothing of a time in which it was not heard. */
  traffic(of: Omit<HistoryOf, 'where'>, asked: readonly SummedPeriods[]): Promise<ReadonlyMap<string, Traffic>>;
}

/** Reads within a transaction: one statement for each question, however many times it is about. */
export function historyIn(tx: Tx): HistoryReader {
  return {
    history: async (of, ask) => {
      const pieces = [...ask.minutes.map((period) => ({ id: '', ...period })), ...piecesOf(ask.sums)];
      if (pieces.length === 0) return { minutes: [], sums: new Map() };
      const asked = [of.tenant, of.environment, of.signal, ...columnsOf(pieces), JSON.stringify(of.where)];
      return ask.form === 'values'
        ? fromValues(await tx.query<ValueRow>(VALUES, [...asked, ask.perSeries]))
        : fromHistograms(await tx.query<HistogramRow>(HISTOGRAMS, asked));
    },
    arms: async (of, { dimension, released }, periods) => {
      const pieces = periods.map((period) => ({ id: '', ...period }));
      if (pieces.length === 0) return [];
      const asked = [of.tenant, of.environment, of.signal, ...columnsOf(pieces), JSON.stringify(of.where)];
      return tx.query<ArmsMinute & Record<string, unknown>>(ARMS, [...asked, dimension, released]);
    },
    measuredArms: async (of, { dimension, released }, periods, { form, perSeries }) => {
      const pieces = periods.map((period) => ({ id: '', ...period }));
      if (pieces.length === 0) return { watched: [], control: [] };
      const asked = [of.tenant, of.environment, of.signal, ...columnsOf(pieces), JSON.stringify(of.where)];
      asked.push(dimension, released);
      const rows =
        form === 'values'
          ? await tx.query<ArmRow>(ARMS_VALUES, [...asked, perSeries])
          : await tx.query<ArmRow>(ARMS_HISTOGRAMS, asked);
      return fromArms(rows);
    },
    traffic: async (of, asked) => {
      const pieces = piecesOf(asked);
      if (pieces.length === 0) return new Map();
      const rows = await tx.query<Traffic & { readonly id: string } & Record<string, unknown>>(TRAFFIC, [
        of.tenant,
        of.environment,
        of.signal,
        ...columnsOf(pieces),
      ]);
      return new Map(rows.map(({ id, minutes, exposure }) => [id, { minutes, exposure }]));
    },
  };
}

type Piece = Period & { readonly id: string };

function piecesOf(asked: readonly SummedPeriods[]): readonly Piece[] {
  return asked.flatMap(({ id, periods }) => periods.map((period) => ({ id, ...period })));
}

function columnsOf(pieces: readonly Piece[]): readonly unknown[] {
  return [pieces.map((p) => p.id), pieces.map((p) => p.fromMs), pieces.map((p) => p.toMs)];
}

/** A minute of one arm: of a gauge its values, of latencies the requests by some bounds. */
interface ArmRow extends Record<string, unknown> {
  readonly minute_ms: number;
  readonly is_watched: boolean;
  readonly n?: number;
  readonly sum?: number;
  readonly min?: number;
  readonly max?: number;
  readonly bounds?: readonly number[];
  readonly counts?: readonly number[];
}

function fromArms(rows: readonly ArmRow[]): MeasuredArms {
  const arms: { readonly watched: RollUp[]; readonly control: RollUp[] } = { watched: [], control: [] };
  for (const { minute_ms, is_watched, n, sum, min, max, bounds, counts } of rows) {
    (is_watched ? arms.watched : arms.control).push({
      minuteMs: minute_ms,
      n: n ?? 1,
      count: 0,
      of: 0,
      sum: sum ?? 0,
      min: min ?? null,
      max: max ?? null,
      histogram: bounds === undefined || counts === undefined ? null : { bounds, counts },
    });
  }
  return arms;
}

interface ValueRow extends Record<string, unknown> {
  readonly id: string;
  readonly minute_ms: number | null;
  readonly n: number;
  readonly count: number;
  readonly of: number;
  readonly sum: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly minutes: number;
  readonly mean: number | null;
  readonly log_mean: number | null;
}

function fromValues(rows: readonly ValueRow[]): History {
  const minutes: RollUp[] = [];
  const sums = new Map<string, Summed>();
  for (const { id, minute_ms, n, count, of, sum, min, max, ...rest } of rows) {
    if (minute_ms !== null) minutes.push({ minuteMs: minute_ms, n, count, of, sum, min, max, histogram: null });
    else {
      const isGauge = min !== null;
      const mean = isGauge ? rest.mean : null;
      const logMean = isGauge ? rest.log_mean : null;
      sums.set(id, { count, of, minutes: rest.minutes, mean, logMean, histogram: null });
    }
  }
  return { minutes, sums };
}

interface HistogramRow extends Record<string, unknown> {
  readonly id: string;
  readonly minute_ms: number | null;
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly minutes: number;
}

function fromHistograms(rows: readonly HistogramRow[]): History {
  const minutes: RollUp[] = [];
  const sums = new Map<string, Summed>();
  for (const { id, minute_ms, bounds, counts, minutes: held } of rows) {
    const histogram = { bounds, counts };
    const of = counts.reduce((sum, count) => sum + count, 0);
    if (minute_ms !== null) {
      minutes.push({ minuteMs: minute_ms, n: 1, count: 0, of: 0, sum: 0, min: null, max: null, histogram });
      continue;
    }
    const known = sums.get(id);
    // Bounds that changed within a time cannot be added: the larger part stands for it.
    if (known === undefined || known.of < of)
      sums.set(id, { count: 0, of, minutes: held, mean: null, logMean: null, histogram });
  }
  return { minutes, sums };
}
