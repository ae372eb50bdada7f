import { describe, expect, test } from '@jest/globals';
import { dialectOf, dialectOfVersion, missingFrom, unreadableIn, VERSIONS } from './dialect.js';

describe('the dialect', () => {
  const columns = (record: Record<string, string[]>, readable = record) =>
    new Map(
      Object.entries(record).map(([table, names]) => [
        table,
        { found: new Set(names), readable: new Set(readable[table] ?? []) },
      ]),
    );

  test.each<[string, (typeof VERSIONS)[number][], Record<string, string[]>]>([
    [
      '14',
      [14],
      {
        payment_transaction: ['type', 'date', 'acquirer_id'],
        pos_order: ['id'],
        ir_cron: ['numbercall'],
        product_pricelist_item: ['active'],
        stock_picking_type: ['id'],
      },
    ],
    [
      '15',
      [15],
      {
        payment_transaction: ['operation', 'last_state_change', 'acquirer_id'],
        ir_cron: ['numbercall'],
        product_pricelist_item: ['active'],
        stock_picking_type: ['reservation_method'],
      },
    ],
    [
      '16',
      [16],
      {
        payment_transaction: ['operation', 'last_state_change', 'provider_id'],
        ir_cron: ['numbercall'],
        product_pricelist_item: ['active'],
        stock_picking_type: ['reservation_method'],
      },
    ],
    [
      '17',
      [17],
      {
        payment_transaction: ['operation', 'last_state_change', 'provider_id'],
        pos_order: ['config_id'],
        ir_cron: ['numbercall'],
        stock_picking_type: ['reservation_method'],
      },
    ],
    [
      '18 and 19',
      [18, 19],
      {
        payment_transaction: ['operation', 'last_state_change', 'provider_id'],
        pos_order: ['uuid'],
        ir_cron: ['failure_count'],
        stock_picking_type: ['reservation_method'],
      },
    ],
  ])('of %s is seen by its columns', (_, versions, tables) => {
    for (const version of versions) expect(dialectOf(columns(tables))).toEqual(dialectOfVersion(version));
  });

  test('differs between neighbours where Odoo does, and nowhere else', () => {
    const changed = VERSIONS.slice(1).map((version, i) => {
      const [before, after] = [dialectOfVersion(VERSIONS[i] as typeof version), dialectOfVersion(version)];
      const names = Object.keys(after) as (keyof typeof after)[];
      return [version, names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))];
    });
    expect(Object.fromEntries(changed)).toEqual({
      15: ['txKind', 'txKindColumn', 'txWhen', 'reservesAtOnce', 'reservationNeeds'],
      16: ['providerJoin', 'providerCode', 'provider', 'txProvider'],
      17: ['itemActive', 'itemColumns'],
      18: ['arrival', 'arrivalNeeds', 'cronCanRun', 'cronColumns'],
      19: [],
    });
  });

  test('what is missing is named, and what may not be read', () => {
    const found = columns({ a: ['x'], c: ['z'] }, { a: ['x'] });
    expect(missingFrom(found, { a: ['x', 'y'], b: ['z', 'w'], c: ['z'] })).toEqual(['a.y', 'b']);
    expect(unreadableIn(found, { a: ['x'], c: ['z'] })).toEqual(['c']);
  });
});
