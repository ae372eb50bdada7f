import type { FakeShop } from './shop.js';
import type { TableRow } from './tables.js';

type Named = Readonly<Record<string, unknown>>;

/** The parameters of the methods that the probe uses, by the names they have on a real server; the first are positional too. */
export const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  search_count: ['domain', 'limit'],
  search_read: ['domain', 'fields', 'offset', 'limit', 'order'],
  read_group: ['domain', 'fields', 'groupby', 'offset', 'limit', 'orderby', 'lazy'],
  formatted_read_group: ['domain', 'groupby', 'aggregates', 'having', 'offset', 'limit', 'order'],
  fields_get: ['allfields', 'attributes'],
  context_get: [],
};

/** Runs a method of a model over the recorded rows. */
export function runMethod(shop: FakeShop, model: string, method: string, named: Named): unknown {
  const rows = () => shop.search(model, (named['domain'] ?? []) as readonly unknown[]);
  switch (method) {
    case 'search_count':
      return rows().length;
    case 'search_read':
      return searchRead(shop, model, rows(), named);
    case 'read_group':
      return groups(
        shop,
        model,
        rows(),
        (named['groupby'] as string[])[0] ?? '',
        named['fields'] as string[],
        (name) => name.split(':')[0] ?? name,
      );
    case 'formatted_read_group':
      return groups(
        shop,
        model,
        rows(),
        (named['groupby'] as string[])[0] ?? '',
        named['aggregates'] as string[],
        (name) => name,
      );
    case 'fields_get':
      return shop.fieldsOf(model);
    case 'context_get':
      return { lang: 'en_US', tz: 'UTC' };
    default:
      throw new Error(`no method: ${method}`);
  }
}

function searchRead(
  shop: FakeShop,
  model: string,
  rows: readonly TableRow[],
  { fields, order, limit }: Named,
): unknown {
  const [by = 'id', direction = 'asc'] = String(order ?? 'id').split(' ');
  const sign = direction === 'desc' ? -1 : 1;
  const sorted = [...rows].sort((a, b) => sign * compare(a[by] ?? null, b[by] ?? null));
  return sorted.slice(0, typeof limit === 'number' ? limit : undefined).map((row) => ({
    id: row['id'],
    ...Object.fromEntries((fields as string[]).map((field) => [field, shop.told(model, row, field)])),
  }));
}

function groups(
  shop: FakeShop,
  model: string,
  rows: readonly TableRow[],
  groupBy: string,
  aggregates: readonly string[],
  nameOf: (aggregate: string) => string,
): unknown {
  const groupOf = (row: TableRow) => row[groupBy] ?? null;
  return [...new Set(rows.map(groupOf))].map((value) => {
    const own = rows.filter((row) => groupOf(row) === value);
    const told = aggregates
      .filter((aggregate) => aggregate !== '__count')
      .map((aggregate) => {
        const [field = '', how] = aggregate.split(':');
        if (how !== 'max') throw new Error(`no aggregate: ${aggregate}`);
        const newest = [...own].sort((a, b) => compare(b[field] ?? null, a[field] ?? null))[0] as TableRow;
        return [nameOf(aggregate), shop.told(model, newest, field)];
      });
    return {
      [groupBy]: shop.told(model, own[0] as TableRow, groupBy),
      __count: own.length,
      ...Object.fromEntries(told),
    };
  });
}

function compare(a: TableRow[string], b: TableRow[string]): number {
  if (a === b) return 0;
  if (a === null || a === undefined) return 1;
  if (b === null || b === undefined) return -1;
  return a < b ? -1 : 1;
}
