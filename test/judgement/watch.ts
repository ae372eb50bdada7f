/** One release watch as the evaluator runs it: a baseline of libs/signals, `RunningWatch` of libs/guardrails. */
import {
  RunningWatch,
  type GuardrailTest,
  type WatchedGuardrail,
  type WatchInput,
  type WatchSpec,
} from '@parapet/guardrails';
import type { Baseline, SampleValue } from '@parapet/signals';
import { INTERVAL_MS, WATCH_TICKS } from './shop.ts';

export const START_MS = Date.UTC(2026, 10, 23, 9);
const CANARY = { arm: 'canary' };
const CONTROL = { arm: 'control' };

export interface WatchPlan {
  readonly test: GuardrailTest;
  readonly baseline: Baseline;
  readonly badDirection: 'high' | 'low';
  readonly falseRollbackRate?: number;
  /** What was measured in an interval of the watch; null where nothing was. */
  readonly observe: (tick: number) => { readonly watched: SampleValue | null; readonly control?: SampleValue };
}

/** Watches for an hour and says after which tick the release had failed; null where it never had. */
export function failedAt(plan: WatchPlan): number | null {
  const spec = specOf(plan);
  const running = new RunningWatch(spec);
  running.take({ kind: 'phase', clockMs: START_MS, phase: 'live', atMs: START_MS });
  for (let tick = 0; tick < WATCH_TICKS; tick++) {
    const { watched, control } = plan.observe(tick);
    if (control !== undefined) running.take(observed(tick, control, CONTROL));
    if (watched !== null) running.take(observed(tick, watched, CANARY));
    if (running.state.failure !== null) return tick;
  }
  return null;
}

function observed(tick: number, value: SampleValue, dimensions: Readonly<Record<string, string>>): WatchInput {
  const atMs = START_MS + (tick + 1) * INTERVAL_MS;
  return {
    kind: 'observation',
    clockMs: atMs,
    observation: { signal: 'signal', dimensions, fromMs: atMs - INTERVAL_MS, atMs, value },
  };
}

/** A test between arms names what the control is. */
export const AGAINST_CONTROL = { against: 'control', control: { kind: 'where', where: CONTROL } } as const;

function specOf(plan: WatchPlan): WatchSpec {
  const watched: WatchedGuardrail = {
    guardrail: {
      name: 'guardrail',
      signal: 'signal',
      where: CANARY,
      test: plan.test,
      mode: 'act',
      weight: 1,
      isRequired: true,
      staleAfterMs: 60_000,
    },
    signal: { unit: '1', badDirection: plan.badDirection, intervalMs: INTERVAL_MS, latenessMs: 60_000 },
    baselines: [{ window: 'before', baseline: plan.baseline }],
  };
  return {
    tenant: 'simulated',
    environment: 'production',
    workload: 'shop',
    release: 'rel_simulated',
    name: 'simulated',
    startMs: START_MS,
    scope: null,
    policy: {
      name: 'cell',
      revision: 1,
      // The set-up has no settling time: with one, latency is found that much later.
      warmUpMs: 0,
      durationMs: WATCH_TICKS * INTERVAL_MS,
      coverage: 0.75,
      falseRollbackRate: plan.falseRollbackRate ?? 0.01,
      baselineMs: 86_400_000,
      extendMs: 3_600_000,
      recoverWithinMs: 1_800_000,
    },
    guardrails: [watched],
    volumes: [],
  };
}
