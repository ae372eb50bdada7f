import { ProblemError } from '@parapet/nest';
import type { ReleaseRegistered } from '@parapet/decisions';
import type { Tx } from '@parapet/postgres';
import { findRelease, newestPassed, type ReleasePlace } from './release-store.js';

/** The release gone back to: the one that was named, else the newest of the workload that passed here. */
export async function previousOf(
  tx: Tx,
  place: Omit<ReleasePlace, 'id'>,
  components: readonly string[],
  named: string | undefined,
): Promise<ReleaseRegistered['previous']> {
  const newest = await newestPassed(tx, place, components);
  if (named === undefined) return newest;
  const release = await findRelease(tx, named);
  const isOfPlace = release?.workload === place.workload && release.environment === place.environment;
  if (!isOfPlace) {
    throw new ProblemError(422, 'invalid', `${named} is no release of ${place.workload} in ${place.environment}`, {
      field: '/previous',
    });
  }
  const own = release.view.components.filter((c) => components.includes(c.component));
  const missing = (newest?.components ?? []).filter((c) => !own.some((o) => o.component === c.component));
  return { release: named, components: [...own, ...missing] };
}
