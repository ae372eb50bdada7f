import type { InstantMs } from '@parapet/kernel';
import type { Pod } from './objects.js';

/** A pod that was not there at the last reading and is older than this was there under other labels. */
const NEW_POD_MS = 300_000;

interface Reading {
  readonly atMs: InstantMs;
  /** Restarts so far, by pod and container. */
  readonly counts: ReadonlyMap<string, number>;
}

/** Restarts between two readings. */
export interface Restarts {
  readonly count: number;
  readonly seconds: number;
}

/**
 * Counts restarts. The cluster counts them per container and forgets them with the pod, and every release replaces the pods: so
 * each container is differenced for itself, and a new pod's restarts have all happened since it was not there.
 */
export class RestartCounter {
  #last: Reading | null = null;

  /**
   * What happened since the last reading; null for the first one, and after a pause that is too long to say when.
   * @param longestMs the longest time between two readings that still says something
   */
  since(pods: readonly Pod[], nowMs: InstantMs, longestMs: number): Restarts | null {
    const last = this.#last;
    const counts = new Map(pods.flatMap(countsOf));
    this.#last = { atMs: nowMs, counts };
    if (last === null || nowMs <= last.atMs || nowMs - last.atMs > longestMs) return null;
    let count = 0;
    for (const pod of pods) {
      const isNew = pod.metadata.creationTimestamp >= last.atMs - NEW_POD_MS;
      for (const [container, restarts] of countsOf(pod)) {
        const before = last.counts.get(container) ?? (isNew ? 0 : restarts);
        count += restarts >= before ? restarts - before : restarts;
      }
    }
    return { count, seconds: (nowMs - last.atMs) / 1000 };
  }
}

function countsOf({ metadata, status }: Pod): readonly (readonly [string, number])[] {
  return [...status.initContainerStatuses, ...status.containerStatuses].map(
    ({ name, restartCount }) => [`${metadata.uid}/${name}`, restartCount] as const,
  );
}
