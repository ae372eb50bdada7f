import type { Baseline, Observation, SampleValue } from '@parapet/signals';
import type { AlertView } from '../src/alert-guardrail.js';
import type { Guardrail, GuardrailPolicy } from '../src/guardrail.js';
import type { WatchEvent } from '../src/events.js';
import { startWatch, step } from '../src/watch.js';
import type { WatchedGuardrail, WatchInput, WatchPhase, WatchSpec } from '../src/watch-spec.js';
import type { WatchState } from '../src/state.js';

/** Short watches in seconds, for tests. */

export const SECOND = 1000;
export const START = Date.UTC(2026, 10, 23, 9, 12);
export const PHI_1 = { phi: 1, isAssumed: false } as const;

export const HISTORY: Extract<Baseline, { kind: 'counts' }> = {
  kind: 'counts',
  fromMs: START - 86_400_000,
  toMs: START,
  events: 1440,
  exposure: 144_000,
  dispersion: PHI_1,
  drift: 0,
};

const guardrail = (name: string, rest: Partial<Guardrail> & Pick<Guardrail, 'test'>): Guardrail => ({
  name,
  signal: name,
  where: {},
  mode: 'act',
  weight: 1,
  isRequired: true,
  staleAfterMs: 60_000,
  ...rest,
});

const SIGNAL = { unit: 'orders', badDirection: 'low', intervalMs: 15_000, latenessMs: 60_000 } as const;

export const ORDERS: WatchedGuardrail = {
  guardrail: guardrail('orders', {
    test: { kind: 'proportion', against: 'baseline', windows: ['before'], worseBy: 0.1, unacceptable: 3 },
  }),
  signal: SIGNAL,
  baselines: [{ window: 'before', baseline: HISTORY }],
};
export const DELAY: WatchedGuardrail = {
  guardrail: guardrail('delay', {
    mode: 'propose',
    test: { kind: 'threshold', direction: 'above', enter: 60, leave: 30, forMs: 60_000, keepMs: 0, maxGapMs: 60_000 },
  }),
  signal: { ...SIGNAL, unit: 'seconds', badDirection: 'high' },
  baselines: [],
};
export const ALERTS: WatchedGuardrail = {
  guardrail: guardrail('alerts', {
    signal: null,
    test: { kind: 'alerts', matchers: [], forMs: 60_000, rearmMs: 120_000, sources: [] },
  }),
  signal: null,
  baselines: [],
};

export function specOf(guardrails: readonly WatchedGuardrail[], policy: Partial<GuardrailPolicy> = {}): WatchSpec {
  return {
    tenant: 'acme-retail',
    environment: 'production',
    workload: 'odoo-retail',
    release: 'rel_01JD8Z5WQ00000000000000000',
    name: 'odoo-2026.11.3',
    startMs: START,
    scope: null,
    policy: {
      name: 'checkout',
      revision: 1,
      warmUpMs: 0,
      durationMs: 3_600_000,
      coverage: 0.75,
      falseRollbackRate: 0.01,
      baselineMs: 86_400_000,
      extendMs: 3_600_000,
      recoverWithinMs: 1_800_000,
      ...policy,
    },
    guardrails,
    volumes: [],
  };
}

export const at = (seconds: number): number => START + seconds * SECOND;

export function observed(
  seconds: number,
  signal: string,
  value: SampleValue,
  dimensions: Record<string, string> = {},
): WatchInput {
  const observation: Observation = { signal, dimensions, fromMs: at(seconds - 15), atMs: at(seconds), value };
  return { kind: 'observation', clockMs: at(seconds), observation };
}
/** `bad` of `total` orders failed. */
export const orders = (seconds: number, bad: number, total: number, signal = 'orders'): WatchInput =>
  observed(seconds, signal, { kind: 'count', count: total - bad, of: total });
export const delay = (seconds: number, value: number, till = 'till-1'): WatchInput =>
  observed(seconds, 'delay', { kind: 'gauge', value }, { till });
export const tick = (seconds: number): WatchInput => ({ kind: 'tick', clockMs: at(seconds) });
export const phase = (seconds: number, to: WatchPhase): WatchInput => ({
  kind: 'phase',
  clockMs: at(seconds),
  phase: to,
  atMs: at(seconds),
});
export const rollbackDone = (seconds: number): WatchInput => ({
  kind: 'rollback-done',
  clockMs: at(seconds),
  atMs: at(seconds),
  actuation: 'act_1',
});

export const QUIET: AlertView = { episodes: [], isIncomplete: false, sources: 'alive', isHeardSinceStart: true };
export const alerts = (seconds: number, view: Partial<AlertView> = {}): WatchInput => ({
  kind: 'alerts',
  clockMs: at(seconds),
  views: { alerts: { ...QUIET, ...view } },
});
export const episode = (
  state: AlertView['episodes'][number]['state'],
  sinceSeconds: number,
  alert = 'am|a',
): AlertView['episodes'][number] => ({
  alert,
  name: 'OdooDown',
  summary: null,
  state,
  startsAtMs: at(sinceSeconds),
  openedAtMs: at(sinceSeconds),
  firingSinceMs: at(sinceSeconds),
  abandonedFrom: null,
});

/** One line per word that was said: `+seconds verdict mode [final] [reason]` or `+seconds recovery outcome`. */
export function wordOf(said: WatchEvent, clockMs: number): string {
  const when = `+${Math.round((clockMs - START) / SECOND)}`;
  if (said.type === 'RecoveryJudged')
    return `${when} ${said.outcome}${said.actuation === undefined ? '' : ` by ${said.actuation}`}`;
  return [when, said.to, said.mode === 'observe' ? '' : said.mode, said.final ? 'final' : '', said.reason ?? '']
    .filter((w) => w !== '')
    .join(' ');
}

export interface Played {
  readonly words: readonly string[];
  readonly said: readonly WatchEvent[];
  readonly state: WatchState;
  readonly reports: ReturnType<ReturnType<typeof step>['reports']>;
}

/** Plays inputs through JSON at every step: what is stored must be what is remembered. */
export function play(spec: WatchSpec, inputs: readonly WatchInput[], isThroughJson = true): Played {
  let state = startWatch(spec);
  const words: string[] = [];
  const said: WatchEvent[] = [];
  let last: ReturnType<typeof step> | null = null;
  for (const input of inputs) {
    const next = step(spec, state, input);
    if (!state.isOver) last = next;
    state = isThroughJson ? (JSON.parse(JSON.stringify(next.state)) as WatchState) : next.state;
    said.push(...next.said);
    words.push(...next.said.map((s) => wordOf(s, state.clockMs)));
  }
  return { words, said, state, reports: last?.reports() ?? [] };
}

/** Every 15 seconds from `from` up to `to`, `bad` of 25 orders failed (a function of the count of samples). */
export function stream(from: number, to: number, bad: (i: number) => number, total = 25): WatchInput[] {
  const inputs: WatchInput[] = [];
  for (let s = from, i = 0; s <= to; s += 15, i++) inputs.push(orders(s, bad(i), total));
  return inputs;
}

export function merge(...lists: readonly (readonly WatchInput[])[]): WatchInput[] {
  return lists.flat().sort((a, b) => a.clockMs - b.clockMs);
}
