import { readdirSync, readFileSync } from 'node:fs';
import { type OdooVersion, parseCsv } from '../../fixtures/odoo/load.js';

/** A value of a column; a time keeps all its decimals. */
export type Value = string | number | boolean | null;
export type TableRow = Readonly<Record<string, Value>>;

/** A recorded table: the types of its columns, and its rows. */
export interface Table {
  readonly types: ReadonlyMap<string, string>;
  readonly rows: readonly TableRow[];
}

const HERE = new URL('../../fixtures/odoo/', import.meta.url);

/** The tables of one snapshot, by name; those without a recorded row are empty. */
export function readTables(version: OdooVersion, snapshot: string): ReadonlyMap<string, Table> {
  const ddl = readFileSync(new URL(`ddl-${version}.sql`, HERE), 'utf8');
  const folder = new URL(`${version}/${snapshot}/`, HERE);
  const files = new Set(readdirSync(folder));
  const tables = [...ddl.matchAll(/CREATE TABLE (\w+) \(([\s\S]*?)\n\);/g)];
  return new Map(
    tables.map(([, name = '', columns = '']) => {
      const types = new Map(
        [...columns.matchAll(/^ {2}"(\w+)" ([a-z]+)/gm)].map(([, column = '', type = '']) => [column, type]),
      );
      const file = `${name}.csv`;
      const written = files.has(file) ? parseCsv(readFileSync(new URL(file, folder), 'utf8')) : [];
      return [name, { types, rows: written.map((row) => typed(row, types)) }];
    }),
  );
}

function typed(row: Readonly<Record<string, string | null>>, types: ReadonlyMap<string, string>): TableRow {
  return Object.fromEntries(
    [...types].map(([column, type]) => {
      const text = row[column] ?? null;
      if (text === null) return [column, null];
      if (['integer', 'bigint', 'numeric', 'double', 'real'].includes(type)) return [column, Number(text)];
      return [column, type === 'boolean' ? text === 't' : text];
    }),
  );
}
