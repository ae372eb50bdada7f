/**
 * What the connection is and may see. Without `pg_read_all_stats` (part of `pg_monitor`) the state of other people's sessions is
 * hidden, and every count of it would be a comfortable 0; a replica shows only its own sessions.
 */
export const STANDING = `
SELECT pg_is_in_recovery() AS is_replica, pg_has_role('pg_read_all_stats', 'USAGE') AS sees_all, current_user::text AS role`;

/**
 * Sessions that wait for a lock. `pg_blocking_pids()` is not called: it stops the lock manager for a moment. From 14 on the lock
 * itself says since when it is waited for; before, the statement's beginning stands for it. Read through JSON, so that one text
 * fits both.
 */
export const LOCKS = `
SELECT count(*)::int AS blocked,
       coalesce(max(extract(epoch FROM clock_timestamp() - w.since)), 0)::float8 AS longest_s
FROM (
  SELECT coalesce(
    (SELECT min((to_jsonb(l) ->> 'waitstart')::timestamptz) FROM pg_locks l WHERE l.pid = a.pid AND NOT l.granted),
    a.query_start) AS since
  FROM pg_stat_activity a
  WHERE a.datname = current_database() AND a.wait_event_type = 'Lock' AND a.pid <> pg_backend_pid()
) w`;

/** Open transactions, prepared ones included: they hold back vacuum and keep their locks just the same. */
export const TRANSACTIONS = `
SELECT greatest(
         (SELECT max(extract(epoch FROM clock_timestamp() - p.prepared)) FROM pg_prepared_xacts p WHERE p.database = current_database()),
         max(extract(epoch FROM clock_timestamp() - a.xact_start)), 0)::float8 AS oldest_s,
       greatest(max(extract(epoch FROM clock_timestamp() - a.state_change))
         FILTER (WHERE a.state LIKE 'idle in transaction%'), 0)::float8 AS idle_s
FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()`;

/**
 * Totals since the statistics were reset, with the seconds in which they came together: after a reset both begin anew. Where they
 * were never reset the time since 1970 stands for it: only its growth is used.
 */
export const COUNTERS = `
SELECT deadlocks::float8, xact_rollback::float8 AS rollbacks, (xact_commit + xact_rollback)::float8 AS transactions,
       extract(epoch FROM clock_timestamp() - coalesce(stats_reset, 'epoch'))::float8 AS counted_s
FROM pg_stat_database WHERE datname = current_database()`;

/** How many more sessions an ordinary role could open: the tighter of the server's limit and the database's own. */
export const CONNECTIONS = `
SELECT least(
  current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - coalesce(nullif(current_setting('reserved_connections', true), '')::int, 0) - count(*),
  CASE WHEN d.datconnlimit >= 0 THEN d.datconnlimit - count(*) FILTER (WHERE a.datname = d.datname) END)::int AS connections_left
FROM pg_database d, pg_stat_activity a
WHERE d.datname = current_database() AND a.backend_type = 'client backend'
GROUP BY d.datname, d.datconnlimit`;

/** Everyone who replays this server's log; the worst of those with one name. Who only keeps the log replays nothing and does not show. */
export const STANDBYS = `
SELECT application_name AS standby,
       max(extract(epoch FROM replay_lag))::float8 AS lag_s,
       min(pg_wal_lsn_diff(replay_lsn, '0/0'))::float8 AS replayed,
       max(pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0'))::float8 AS written
FROM pg_stat_replication
WHERE replay_lsn IS NOT NULL
GROUP BY application_name ORDER BY application_name LIMIT 50`;

/** Tables on which dead rows pile up, the worst of them by name, and how far the oldest database is on the way to a wraparound. */
export const VACUUM = `
SELECT count(*)::int AS behind,
       coalesce((array_agg(t.relname::text ORDER BY t.n_dead_tup DESC))[1:5], '{}') AS worst,
       (SELECT max(age(datfrozenxid))::float8 FROM pg_database) AS xid_age
FROM pg_stat_user_tables t
WHERE t.n_live_tup + t.n_dead_tup >= :table_rows
  AND t.n_dead_tup > :dead_ratio::float8 * (t.n_live_tup + t.n_dead_tup)`;

/** In which schema the extension's functions are, quoted; no row where it is not installed. */
export const STATEMENTS_SCHEMA = `
SELECT quote_ident(n.nspname) AS schema, to_regprocedure(quote_ident(n.nspname) || '.pg_stat_statements_info()') IS NOT NULL AS tells_reset
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname = 'pg_stat_statements'`;

/** Calls and execution time of every statement of this database but our own, without their texts. */
export function statementCounters(schema: string): string {
  return `
SELECT s.userid || '/' || s.queryid AS statement, sum(s.calls)::float8 AS calls, sum(s.total_exec_time)::float8 AS ms
FROM ${schema}.pg_stat_statements(false) s
WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND s.userid <> (SELECT oid FROM pg_roles WHERE rolname = current_user) AND s.queryid IS NOT NULL
GROUP BY s.userid, s.queryid LIMIT :most`;
}

/** When all of them were last reset; from PostgreSQL 14 on. */
export function statementsReset(schema: string): string {
  return `SELECT extract(epoch FROM stats_reset)::float8 AS reset_s FROM ${schema}.pg_stat_statements_info()`;
}
