import type { OdooVersion } from '../../fixtures/odoo/load.js';

/** A list of other records that Odoo keeps in a table of pairs. */
export interface Listed {
  readonly kind: 'list';
  readonly model: string;
  readonly pairs: string;
  readonly own: string;
  readonly other: string;
}

/** A field that Odoo takes from a record that another field names. */
export interface Taken {
  readonly kind: 'taken';
  readonly by: string;
  readonly model: string;
  readonly field: string;
}

/** Fields that are no columns, by model: what Odoo computes of other tables. */
export function computedFields(
  version: OdooVersion,
): Readonly<Record<string, Readonly<Record<string, Listed | Taken>>>> {
  const provider = version === '14' ? 'acquirer' : 'provider';
  const pairs = 'sale_order_transaction_rel';
  const taken = (by: string, model: string, field: string): Taken => ({ kind: 'taken', by, model, field });
  return {
    'sale.order': {
      transaction_ids: {
        kind: 'list',
        model: 'payment.transaction',
        pairs,
        own: 'sale_order_id',
        other: 'transaction_id',
      },
    },
    'payment.transaction': {
      sale_order_ids: { kind: 'list', model: 'sale.order', pairs, own: 'transaction_id', other: 'sale_order_id' },
      ...(version === '14'
        ? { provider: taken('acquirer_id', 'payment.acquirer', 'provider') }
        : { provider_code: taken(`${provider}_id`, 'payment.provider', 'code') }),
    },
    'pos.order': version === '14' ? { config_id: taken('session_id', 'pos.session', 'config_id') } : {},
  };
}

/** The models that fields name whose own name does not say it. */
export const NAMED_MODELS: Readonly<Record<string, string>> = {
  session_id: 'pos.session',
  pos_session_id: 'pos.session',
  config_id: 'pos.config',
  pos_order_id: 'pos.order',
  company_id: 'res.company',
  acquirer_id: 'payment.acquirer',
  provider_id: 'payment.provider',
  move_id: 'stock.move',
  picking_type_id: 'stock.picking.type',
  sale_line_id: 'sale.order.line',
};
