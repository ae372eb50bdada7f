import { invariant } from '@parapet/kernel';
import { type Kpi, KPIS, odooSqlSettings, type OdooSqlSettings } from './config.js';
import { MODULE_NEEDS } from './detect.js';
import {
  type Columns,
  dialectOf,
  dialectOfVersion,
  joinNeeds,
  missingFrom,
  type Needs,
  type OdooVersion,
  TELLING,
  VERSIONS,
} from './dialect.js';
import { KPI_DEFINITIONS } from './kpis/index.js';
import { tailReach } from './statements.js';

/** For whom the SQL is written. */
export interface GrantOptions {
  readonly role: string;
  readonly kpis: readonly Kpi[];
  /** Null: for every version, since what a database does not have is left out when the SQL runs. */
  readonly version: OdooVersion | null;
}

/** Both ways to count refused orders: whether the server logs into its database is not known here. */
const SETTINGS: readonly OdooSqlSettings[] = [false, true].map((logDb) =>
  odooSqlSettings.parse({ connection: { env: 'UNUSED' }, logDb, pricelists: [1, 2] }),
);

/** What some KPIs read of some versions. */
export function needsOf(kpis: readonly Kpi[], versions: readonly OdooVersion[]): Needs {
  return joinNeeds(
    ...kpis.flatMap((kpi) => {
      const { statements, tails } = KPI_DEFINITIONS[kpi];
      return SETTINGS.flatMap((settings) =>
        [
          ...tails(settings).map(tailReach),
          ...versions.flatMap((version) => statements(dialectOfVersion(version), settings)),
        ].map(({ needs }) => needs),
      );
    }),
  );
}

/** Everything that any KPI reads of any version. */
export function everyNeed(): Needs {
  return joinNeeds(needsOf(KPIS, VERSIONS), TELLING);
}

/** Whether a name is that of a role which needs no quoting. */
export function isRoleName(name: string): boolean {
  return /^[a-z_][a-z0-9_]{0,62}$/.test(name);
}

/** What of a KPI a shop does not have, as `table` or `table.column`; nothing where it can be measured. */
export function lackingFor(kpi: Kpi, columns: Columns, settings: OdooSqlSettings): readonly string[] {
  const { statements, tails } = KPI_DEFINITIONS[kpi];
  const all = [...tails(settings).map(tailReach), ...statements(dialectOf(columns), settings)];
  return missingFrom(columns, joinNeeds(...all.map(({ needs }) => needs)));
}

const LIMITS = [
  ['default_transaction_read_only', 'on'],
  ['statement_timeout', "'10s'"],
  ['lock_timeout', "'1s'"],
  ['idle_in_transaction_session_timeout', "'10s'"],
] as const;

/**
 * The SQL that makes a role which can read exactly what these KPIs read, column by column, and nothing else. It can be run
 * again: what is there already stays. Tables and columns that the database does not have are skipped with a notice, so that
 * one text suits every version and every choice of modules.
 */
export function grantSql({ role, kpis, version }: GrantOptions): string {
  invariant(isRoleName(role), `the name of a role cannot be ${role}`);
  const needs = joinNeeds(needsOf(kpis, version === null ? VERSIONS : [version]), MODULE_NEEDS);
  const rows = Object.entries(needs)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([table, columns]) => `    (${literal(table)}, ARRAY[${[...columns].sort().map(literal).join(', ')}])`);
  return `-- A role for Parapet that reads ${kpis.length === KPIS.length ? 'every KPI' : kpis.join(', ')} of ${version === null ? 'any Odoo from 14 to 19' : `Odoo ${version}`}.
-- Run it as the owner of the shop's database, in that database: psql --dbname SHOP --file FILE
-- Then give the role a password: \\password ${role}
-- It can be run again, also after an upgrade: what is missing is granted, and nothing is taken away.
BEGIN;

DO $parapet$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ${literal(role)}) THEN
    CREATE ROLE ${role} LOGIN CONNECTION LIMIT 4;
  END IF;
END $parapet$;

-- Whatever the prober asks for: these hold unless it says otherwise.
${LIMITS.map(([setting, value]) => `ALTER ROLE ${role} SET ${setting} = ${value};`).join('\n')}

GRANT USAGE ON SCHEMA public TO ${role};
DO $parapet$ DECLARE
  wanted record;
  present text;
BEGIN
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO ${role}', current_database());
  FOR wanted IN SELECT * FROM (VALUES
${rows.join(',\n')}
  ) AS t(table_name, columns) LOOP
    SELECT string_agg(quote_ident(a.attname), ', ') INTO present
    FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = to_regclass('public.' || quote_ident(wanted.table_name))
      AND a.attname = ANY (wanted.columns) AND a.attnum > 0 AND NOT a.attisdropped;
    IF present IS NULL THEN
      RAISE NOTICE 'this database has no table %', wanted.table_name;
    ELSE
      EXECUTE format('GRANT SELECT (%s) ON public.%I TO ${role}', present, wanted.table_name);
    END IF;
  END LOOP;
END $parapet$;

COMMIT;
`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
