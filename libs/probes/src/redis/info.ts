import type { Finding } from '../present.js';

/** The numbers that Redis tells of itself, by their names in `INFO`. */
export type Info = ReadonlyMap<string, string>;

/** Reads the text of `INFO`: lines `name:value`, sections after `#` (odoo-kpis 5). */
export function readInfo(text: string): Info {
  const fields = text.split(/\r?\n/).flatMap((line) => {
    const colon = line.indexOf(':');
    return line.startsWith('#') || colon < 1 ? [] : [[line.slice(0, colon), line.slice(colon + 1)] as const];
  });
  return new Map(fields);
}

/** What `INFO` says as findings; a field that is not there is a gap, never 0. Counters are totals since the server started. */
export function findingsOf(info: Info): readonly Finding[] {
  const field = (name: string): number | null => {
    const text = info.get(name) ?? '';
    return /^\d+(\.\d+)?$/.test(text) ? Number(text) : null;
  };
  const upS = field('uptime_in_seconds');
  const hits = field('keyspace_hits');
  const misses = field('keyspace_misses');
  const most = field('maxmemory');
  const used = field('used_memory');
  return [
    // Without a limit there is no fill level: memory then ends with the machine's.
    gauge('redis.memory', used === null || most === null || most === 0 ? null : used / most),
    gauge('redis.clients.blocked', field('blocked_clients')),
    count('redis.evictions', field('evicted_keys'), upS),
    count('redis.connections.rejected', field('rejected_connections'), upS),
    count('redis.hits', hits, hits === null || misses === null ? null : hits + misses),
  ];
}

const NO_SERIES = { kind: 'gap', reason: 'no-series' } as const;

function gauge(signal: string, value: number | null): Finding {
  return { signal, value: value === null ? NO_SERIES : { kind: 'gauge', value } };
}

function count(signal: string, counted: number | null, of: number | null): Finding {
  return { signal, value: counted === null || of === null ? NO_SERIES : { kind: 'count', count: counted, of } };
}
