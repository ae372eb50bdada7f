import { describe, expect, it } from '@jest/globals';
import type { Guardrail, GuardrailPolicy } from '@parapet/guardrails';
import { pair } from './pairing.js';
import type { RecordedGuardrail } from './recorded-release.js';

const ORDERS: RecordedGuardrail = { id: 'order_success', kind: 'proportion', bad: 'failed', total: 'orders' };
const SUCCESS: RecordedGuardrail = { id: 'success', kind: 'proportion', bad: 'failed', total: 'orders' };
const LATENCY: RecordedGuardrail = { id: 'checkout_latency', kind: 'histogram', buckets: 'buckets' };

const PROPORTION: Guardrail['test'] = { kind: 'proportion', against: 'limit', limit: 0.1, unacceptable: 3 };
const BURN: Guardrail['test'] = { kind: 'burn-rate', objective: 0.99, rows: [], badMin: 3, scope: 'release' };

function guardrail(name: string, signal: string | null, test = PROPORTION): Guardrail {
  return { name, signal, where: {}, test, mode: 'act', weight: 1, isRequired: true, staleAfterMs: 60_000 };
}

function pairs(guardrails: readonly Guardrail[], recorded: readonly RecordedGuardrail[]) {
  return pair({ guardrails } as unknown as GuardrailPolicy, recorded);
}

describe('a guardrail judges', () => {
  it.each<[string, Guardrail, readonly RecordedGuardrail[], string | null]>([
    [
      'the record of its name, whatever stands between the words',
      guardrail('order-success', 'x'),
      [LATENCY, ORDERS],
      'order_success',
    ],
    ['the record that its signal ends with', guardrail('sales', 'odoo.order.success'), [ORDERS], 'order_success'],
    [
      'the longer of two that its signal ends with',
      guardrail('sales', 'odoo.order.success'),
      [SUCCESS, ORDERS],
      'order_success',
    ],
    [
      'the record of its name before that of its signal',
      guardrail('success', 'odoo.order.success'),
      [ORDERS, SUCCESS],
      'success',
    ],
    [
      'nothing where its signal only ends with part of a word',
      guardrail('sales', 'odoo.preorder.success'),
      [ORDERS],
      null,
    ],
    ['nothing where neither is alike', guardrail('sales', 'shop.sales'), [ORDERS], null],
    ['nothing where it judges alerts of another name', guardrail('critical', null), [ORDERS], null],
  ])('%s', (_what, one, recorded, id) => {
    expect(pairs([one], recorded).pairs[0]?.recorded?.id ?? null).toBe(id);
  });

  it('the same record as another one', () => {
    const { pairs: all, unjudged } = pairs(
      [guardrail('order-success', 'x'), guardrail('burn', 'odoo.order.success', BURN)],
      [ORDERS],
    );
    expect(all.map(({ recorded }) => recorded?.id)).toEqual(['order_success', 'order_success']);
    expect(unjudged).toEqual([]);
  });
});

describe('what has no other side', () => {
  const { unrecorded, unjudged, misfits } = pairs(
    [guardrail('order-success', 'x'), guardrail('carts', 'shop.carts'), guardrail('checkout-latency', 'y')],
    [ORDERS, LATENCY, SUCCESS],
  );

  it('is named on both sides', () => {
    expect(unrecorded).toEqual(['carts']);
    expect(unjudged).toEqual(['success']);
  });

  it('is told from what cannot be read', () => {
    expect(misfits).toEqual([
      'checkout-latency is a proportion test, and checkout_latency was recorded as a histogram',
    ]);
  });
});
