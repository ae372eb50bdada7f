import type { Guardrail, GuardrailPolicy } from '@parapet/guardrails';
import type { SignalDeclaration } from '@parapet/signals';
import type { BacktestPolicy } from '../src/backtest.js';

const COMPARED = { against: 'auto', windows: ['before', 'same-hours'], worseBy: 0.1, unacceptable: 3 } as const;

function guardrail(name: string, test: Guardrail['test'], change: Partial<Guardrail>): Guardrail {
  return {
    name,
    signal: `shop.${name}`,
    where: {},
    test,
    volume: 'shop.requests',
    mode: 'act',
    weight: 1,
    isRequired: true,
    staleAfterMs: 60_000,
    ...change,
  };
}

export const ORDERS = (change: Partial<Guardrail> = {}) =>
  guardrail('order-success', { kind: 'proportion', ...COMPARED }, change);
export const TILLS = (change: Partial<Guardrail> = {}) =>
  guardrail('pos-sync-errors', { kind: 'rate', ...COMPARED }, change);

/** A policy of some guardrails; every signal is bad when high unless its name is among `low`. */
export function policyOf(guardrails: readonly Guardrail[], low: readonly string[] = []): BacktestPolicy {
  const policy: GuardrailPolicy = {
    name: 'tried',
    revision: 1,
    warmUpMs: 0,
    durationMs: 3_600_000,
    coverage: 0.75,
    falseRollbackRate: 0.01,
    baselineMs: 86_400_000,
    extendMs: 14_400_000,
    recoverWithinMs: 1_800_000,
    guardrails,
  };
  const signals = guardrails.flatMap(({ signal }): readonly [string, SignalDeclaration][] =>
    signal === null
      ? []
      : [
          [
            signal,
            {
              name: signal,
              unit: 'orders',
              badDirection: low.includes(signal) ? 'low' : 'high',
              temporality: 'delta',
              dimensions: [],
              intervalMs: 60_000,
              latenessMs: 60_000,
            },
          ],
        ],
  );
  return { policy, signals: new Map(signals) };
}
