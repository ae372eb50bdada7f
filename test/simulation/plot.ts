import type { Criticality, DecisionPolicy, OnExpiry, Reversibility } from '@parapet/decisions';
import type { Mode } from '@parapet/guardrails';
import { Chance } from '@parapet/testkit';

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
/** When every simulated day begins. */
export const START_MS = Date.parse('2026-11-23T08:00:00Z');

/** What of a bad release can be seen from outside. */
export type Symptom = 'orders' | 'latency' | 'alert';
/** What becomes of the measurements of a workload. */
export type Sensors = 'whole' | 'with-gaps' | 'fall-silent' | 'silent-from-the-start';

/** One release as the seed has it: what it is, what becomes of it, and how it is watched and decided. */
export interface Plot {
  readonly workload: string;
  readonly component: string;
  readonly target: string;
  readonly name: string;
  readonly deployAtMs: number;
  readonly isBad: boolean;
  readonly symptoms: readonly Symptom[];
  /** How long after the version runs each symptom shows: a leak takes its time. */
  readonly onsetMs: Readonly<Record<Symptom, number>>;
  readonly deployment: 'goes-live' | 'fails';
  readonly sensors: Sensors;
  readonly hasOldAlert: boolean;
  readonly ordersMode: Mode;
  readonly criticality: Criticality;
  readonly reversibility: Reversibility;
  readonly hasPrevious: boolean;
  readonly onExpiry: OnExpiry;
  readonly approvalsNeeded: number;
  /** Of the policy's first rule. */
  readonly wish: DecisionPolicy['rules'][number]['then'];
  /** Whether the target remembers keys; one that does not declares its steps not repeatable. */
  readonly targetRemembers: boolean;
  /** When somebody puts another version on the target; null where nobody does. */
  readonly meddledAtMs: number | null;
}

/** How much goes wrong between the parts, as probabilities. */
export interface Weather {
  readonly lost: number;
  readonly repeated: number;
  readonly delayed: number;
  readonly killed: number;
  /** Of the targets alone: they belong to others. */
  readonly target: number;
}

/** Everything that is decided before the day begins; the rest is drawn as it happens. */
export interface Story {
  readonly seed: number;
  readonly plots: readonly Plot[];
  readonly weather: Weather;
  /** When nothing of the Alertmanager arrives. */
  readonly alertsSilent: { readonly fromMs: number; readonly toMs: number } | null;
}

/** Draws a day. */
export function drawStory(seed: number): Story {
  const chance = new Chance(seed).apart('story');
  const rough = chance.one([0, 0.05, 0.15]);
  const silentAtMs = START_MS + chance.between(22, 46) * MINUTE_MS;
  return {
    seed,
    weather: { lost: rough, repeated: rough, delayed: rough, killed: rough / 5, target: chance.one([0, 0.3, 0.6]) },
    plots: ['web', 'pos'].map((component) => drawPlot(component, chance)),
    alertsSilent: chance.happens(0.3)
      ? {
          fromMs: silentAtMs,
          toMs: chance.happens(0.5) ? silentAtMs + chance.between(1, 6) * MINUTE_MS : Number.POSITIVE_INFINITY,
        }
      : null,
  };
}

function drawPlot(component: string, chance: Chance): Plot {
  const deployAtMs = START_MS + chance.between(24 * 60, 34 * 60) * SECOND_MS;
  const isBad = chance.happens(0.6);
  const all: readonly Symptom[] = ['orders', 'latency', 'alert'];
  const onset = () => (chance.happens(0.5) ? 0 : chance.between(30, 240) * SECOND_MS);
  const chosen = all.filter(() => chance.happens(0.5));
  return {
    workload: `odoo-${component}`,
    component,
    target: `${component}-shop`,
    name: `${component}-2`,
    deployAtMs,
    isBad,
    symptoms: chosen.length === 0 ? ['orders'] : chosen,
    onsetMs: { orders: onset(), latency: onset(), alert: onset() },
    deployment: chance.happens(0.1) ? 'fails' : 'goes-live',
    sensors: chance.one(['whole', 'whole', 'whole', 'with-gaps', 'with-gaps', 'fall-silent', 'silent-from-the-start']),
    hasOldAlert: chance.happens(0.25),
    ordersMode: chance.one(['act', 'act', 'act', 'propose', 'observe']),
    criticality: chance.one(['low', 'medium', 'high', 'high']),
    reversibility: chance.one(['yes', 'yes', 'yes', 'partly', 'no', 'unknown']),
    hasPrevious: chance.happens(0.9),
    onExpiry: chance.one(['hold', 'roll-back', 'accept']),
    approvalsNeeded: chance.between(1, 2),
    wish: chance.one(['auto', 'auto', 'propose', 'propose', 'observe']),
    targetRemembers: chance.happens(0.7),
    meddledAtMs: chance.happens(0.1) ? deployAtMs + chance.between(2, 12) * MINUTE_MS : null,
  };
}
