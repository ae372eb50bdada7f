import type { Queries } from '../shop/database.js';
import type { RunningVersion, Wanted } from './deployment.js';

/** What runs on a target, the largest share first. */
export async function readRunning(db: Queries, target: string): Promise<readonly RunningVersion[]> {
  return db.query<RunningVersion>(
    'SELECT component, version, artifact, release, share, by FROM shop.running WHERE target = $1 ORDER BY component, share DESC, version',
    [target],
  );
}

/** Puts versions live for a share of the traffic, and keeps what really changed. */
export async function changeRunning(
  tx: Queries,
  target: string,
  by: 'actuator' | 'cd',
  wanted: Wanted,
  share: number,
): Promise<void> {
  for (const { component, version, artifact } of wanted.components) {
    // What else runs keeps the rest; with the whole traffic taken nothing else is left.
    await tx.query(
      'DELETE FROM shop.running WHERE target = $1 AND component = $2 AND (version = $3 OR $4::float8 = 1)',
      [target, component, version, share],
    );
    await tx.query(
      `UPDATE shop.running r SET share = r.share * (1 - $3::float8) / t.total
       FROM (SELECT sum(share) AS total FROM shop.running WHERE target = $1 AND component = $2) t WHERE r.target = $1 AND r.component = $2`,
      [target, component, share],
    );
    await tx.query(
      `INSERT INTO shop.running (target, component, version, artifact, release, share, by)
       SELECT $1, $2, $3, $4, $5, CASE WHEN EXISTS (SELECT FROM shop.running WHERE target = $1 AND component = $2) THEN $6::float8 ELSE 1 END, $7`,
      [target, component, version, artifact ?? null, wanted.release, share, by],
    );
  }
  await tx.query('INSERT INTO shop.change (target, by, wanted) VALUES ($1, $2, $3)', [
    target,
    by,
    JSON.stringify(wanted),
  ]);
}
