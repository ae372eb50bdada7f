import { invariant, isSlug } from '@parapet/kernel';

export const STREAMS = { signals: 'SIGNALS', events: 'EVENTS', deadLetters: 'DEAD_LETTERS' } as const;
export const SIGNALS_PREFIX = 'parapet.signals.v1';
export const EVENTS_PREFIX = 'parapet.events.v1';
export const DEAD_PREFIX = 'parapet.dead';
/** How many partitions an installation has unless told otherwise; every publisher and evaluator must agree. */
export const PARTITIONS_DEFAULT = 32;

/** 32-bit FNV-1a of `tenant/environment`, modulo the number of partitions; the same in every process and version. */
export function partitionOf(tenant: string, environment: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (const char of `${tenant}/${environment}`) {
    hash ^= char.charCodeAt(0);
    hash = Math.imul(hash, 0x01000193) >>> 0;
  }
  return hash % partitions;
}

/** Subject of a batch of signals. Throws on tokens that are no slugs: they were to be refused at the door. */
export function signalSubject(tenant: string, environment: string, partitions: number): string {
  invariant(isSlug(tenant) && isSlug(environment), `not slugs: ${tenant}, ${environment}`);
  return `${SIGNALS_PREFIX}.${partitionOf(tenant, environment, partitions)}.${tenant}.${environment}`;
}

/** Filter of one partition's batches. */
export function partitionFilter(partition: number): string {
  return `${SIGNALS_PREFIX}.${partition}.>`;
}

/** Subject of a public event; workload and stream are `none` for events of sources. */
export function eventSubject(
  tenant: string,
  environment: string,
  workload: string,
  release: string,
  type: string,
): string {
  return [EVENTS_PREFIX, tenant, environment, workload, release, type].join('.');
}

/** Subject under which a consumer or door sets aside what it could not process. */
export function deadSubject(consumer: string): string {
  return `${DEAD_PREFIX}.${consumer}`;
}

/** Stands for the subject of a message that a door refused: it never had one. */
export function doorSubject(tenant: string, source: string): string {
  return `door.${tenant}.${source}`;
}

/** Whose message it was that a consumer or door set aside, by the subject it had; null where that does not tell. */
export function tenantOfSubject(subject: string): string | null {
  const tokens = subject.split('.');
  if (subject.startsWith(`${EVENTS_PREFIX}.`)) return tokens[3] ?? null;
  if (subject.startsWith(`${SIGNALS_PREFIX}.`)) return tokens[4] ?? null;
  return tokens[0] === 'door' ? (tokens[1] ?? null) : null;
}
