import { matchesWhere, type Observation, type Period, type RollUp } from '@parapet/signals';
import type { HistoryAsk, HistoryReader, Summed, SummedPeriods, Traffic } from '../src/history/read-history.js';

/** One minute of one series, as it is kept. */
export interface KeptMinute {
  readonly observation: Pick<Observation, 'signal' | 'dimensions'>;
  readonly rollUp: RollUp;
}

/** History in memory: answers what the roll-ups in PostgreSQL answer, by adding up instead of asking. */
export function historyInMemory(kept: () => Iterable<KeptMinute>): HistoryReader {
  const of = (signal: string, where: Readonly<Record<string, string>>): readonly RollUp[] =>
    [...kept()].flatMap(({ observation, rollUp }) =>
      observation.signal === signal && matchesWhere(where, observation.dimensions) ? [rollUp] : [],
    );
  return {
    history: async ({ signal, where }, ask) => {
      const all = of(signal, where).filter((r) => (r.histogram !== null) === (ask.form === 'histograms'));
      const minutes = all.filter((r) => isWithin(r, ask.minutes));
      return { minutes, sums: byId(ask.sums, all, (found) => summed(found, ask)) };
    },
    arms: async ({ signal, where }, { dimension, released }, periods) =>
      [...kept()].flatMap(({ observation: { signal: its, dimensions }, rollUp }) => {
        const value = dimensions[dimension];
        const isAsked = its === signal && matchesWhere(where, dimensions) && isWithin(rollUp, periods);
        if (!isAsked || value === undefined) return [];
        return [{ minuteMs: rollUp.minuteMs, isWatched: released.includes(value), count: rollUp.count, of: rollUp.of }];
      }),
    measuredArms: async ({ signal, where }, { dimension, released }, periods, { form }) => {
      const arms: { readonly watched: RollUp[]; readonly control: RollUp[] } = { watched: [], control: [] };
      for (const { observation, rollUp } of kept()) {
        const value = observation.dimensions[dimension];
        const isForm = form === 'histograms' ? rollUp.histogram !== null : rollUp.min !== null;
        const isAsked = observation.signal === signal && matchesWhere(where, observation.dimensions);
        if (!isAsked || !isForm || value === undefined || !isWithin(rollUp, periods)) continue;
        (released.includes(value) ? arms.watched : arms.control).push(rollUp);
      }
      return arms;
    },
    traffic: async ({ signal }, asked) => byId(asked, of(signal, {}), trafficOf),
  };
}

function byId<T>(
  asked: readonly SummedPeriods[],
  all: readonly RollUp[],
  read: (found: readonly RollUp[]) => T,
): ReadonlyMap<string, T> {
  const answers = asked.flatMap(({ id, periods }): [string, T][] => {
    const found = all.filter((r) => isWithin(r, periods));
    return found.length === 0 ? [] : [[id, read(found)]];
  });
  return new Map(answers);
}

function isWithin({ minuteMs }: RollUp, periods: readonly Period[]): boolean {
  return periods.some((p) => minuteMs >= p.fromMs && minuteMs < p.toMs);
}

function summed(found: readonly RollUp[], { form }: HistoryAsk): Summed {
  const minutes = new Set(found.map((r) => r.minuteMs)).size;
  if (form === 'histograms') {
    const { bounds } = found[0]?.histogram ?? { bounds: [] };
    const counts = [...bounds, 0].map((_, i) => total(found, (r) => r.histogram?.counts[i] ?? 0));
    return {
      count: 0,
      of: counts.reduce((a, b) => a + b, 0),
      minutes,
      mean: null,
      logMean: null,
      histogram: { bounds, counts },
    };
  }
  const isGauge = found.some((r) => r.min !== null);
  const means = found.map((r) => r.sum / r.n);
  const logs = means.filter((mean) => mean > 0).map(Math.log);
  return {
    count: total(found, (r) => r.count),
    of: total(found, (r) => r.of),
    minutes,
    mean: isGauge ? average(means) : null,
    logMean: isGauge && logs.length > 0 ? average(logs) : null,
    histogram: null,
  };
}

function trafficOf(found: readonly RollUp[]): Traffic {
  const exposure = total(found, (r) => {
    const requests = r.histogram?.counts.reduce((a, b) => a + b, 0);
    return r.of + (requests ?? (r.min === null ? 0 : Math.max(0, r.sum)));
  });
  return { minutes: new Set(found.map((r) => r.minuteMs)).size, exposure };
}

function total(found: readonly RollUp[], read: (r: RollUp) => number): number {
  return found.reduce((sum, r) => sum + read(r), 0);
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
