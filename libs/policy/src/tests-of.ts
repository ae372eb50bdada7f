import type { BaselineWindow, ControlArm, GuardrailTest } from '@parapet/guardrails';
import { invariant, unreachable } from '@parapet/kernel';
import { parseMatcher } from './matchers.js';
import type { Spec } from './schema/kinds.js';

type GuardrailSpec = Spec<'GuardrailPolicy'>['guardrails'][number];
type TestSpec = NonNullable<GuardrailSpec['test']>;
type SpecOf<K extends TestSpec['kind']> = Extract<TestSpec, { kind: K }>;

/** Tolerated relative change (statistics 4.3). */
const WORSE_BY = { rate: 0.1, latency: 0.05 } as const;
/** The ratio that a pass needs evidence against (statistics 9); the tails of a histogram have one of their own. */
const UNACCEPTABLE = { gauge: 3, latency: 1.5, histogram: 2 } as const;
/** A short window of a burn rate is this part of its long one (statistics 10.2). */
const SHORT_SHARE = 1 / 12;
const WINDOWS: readonly BaselineWindow[] = ['before', 'same-hours'];
/** Units of time: a gauge of one is a latency, which has tighter defaults. */
const TIME_UNITS: ReadonlySet<string> = new Set(
  'ns us µs ms s m min h nanoseconds microseconds milliseconds seconds minutes hours second minute hour'.split(' '),
);
/** The two sides of a canary as samples name them. */
const OTHER_ARM: Readonly<Record<string, string>> = { stable: 'canary', canary: 'stable' };

/**
 * The test of a guardrail, with the defaults of the method.
 * @param unit the unit of its signal; null where nobody declares it
 */
export function testOf(spec: GuardrailSpec, unit: string | null): GuardrailTest {
  if (spec.alerts !== undefined) {
    const { matchers, for: forMs, rearm, sources } = spec.alerts;
    return { kind: 'alerts', matchers: matchers.map(matcherOf), forMs, rearmMs: rearm, sources };
  }
  const { test } = spec;
  invariant(test !== undefined, `guardrail ${spec.name} has neither test nor alerts`);
  switch (test.kind) {
    case 'proportion':
    case 'rate':
      return countTest(test);
    case 'gauge':
      return gaugeTest(test, unit !== null && isTimeUnit(unit));
    case 'histogram':
      return {
        kind: 'histogram',
        ...comparison(test.against, test, WORSE_BY.latency, UNACCEPTABLE.histogram),
      };
    case 'burn-rate':
      return {
        kind: 'burn-rate',
        objective: test.objective,
        rows: test.rows.map(({ long, short, factor }) => ({
          longMs: long,
          shortMs: short ?? Math.round(long * SHORT_SHARE),
          factor,
        })),
        badMin: test.badMin,
        scope: test.scope,
      };
    case 'threshold':
      return threshold(test);
    default:
      return unreachable(test);
  }
}

/** Whether a unit is one of time: a gauge of it is a latency. */
export function isTimeUnit(unit: string): boolean {
  return TIME_UNITS.has(unit.toLowerCase());
}

/** Where a control is one side of a canary and nothing else is said, the release is the other side. */
export function whereOf(spec: GuardrailSpec): Readonly<Record<string, string>> {
  const { test, where } = spec;
  const control = test !== undefined && 'control' in test ? test.control : undefined;
  const other = OTHER_ARM[control?.['arm'] ?? ''];
  return other === undefined || Object.hasOwn(where, 'arm') ? where : { ...where, arm: other };
}

function countTest(test: SpecOf<'proportion'> | SpecOf<'rate'>): GuardrailTest {
  const { kind, against, unacceptable } = test;
  if (against !== 'limit') return { kind, ...comparison(against, test, WORSE_BY.rate, unacceptable) };
  invariant(test.limit !== undefined, `a ${kind} against a limit has none`);
  return { kind, against, limit: test.limit, unacceptable };
}

function gaugeTest(test: SpecOf<'gauge'>, isLatency: boolean): GuardrailTest {
  const { against, transform } = test;
  const unacceptable = test.unacceptable ?? (isLatency ? UNACCEPTABLE.latency : UNACCEPTABLE.gauge);
  const worseBy = isLatency ? WORSE_BY.latency : WORSE_BY.rate;
  if (against !== 'limit') return { kind: 'gauge', transform, ...comparison(against, test, worseBy, unacceptable) };
  invariant(test.limit !== undefined, 'a gauge against a limit has none');
  return { kind: 'gauge', transform, against, limit: test.limit, unacceptable };
}

function comparison(
  against: 'auto' | 'baseline' | 'control',
  test: Pick<SpecOf<'histogram'>, 'worseBy' | 'windows' | 'control'>,
  worseByDefault: number,
  unacceptable: number,
) {
  const worseBy = test.worseBy ?? worseByDefault;
  if (against === 'control') return { against, control: controlOf(test.control), worseBy, unacceptable } as const;
  return { against, windows: test.windows ?? WINDOWS, worseBy, unacceptable } as const;
}

/** Without a word about the control it is what lies outside the release's scope, which is known when its watch begins. */
function controlOf(where: Readonly<Record<string, string>> | undefined): ControlArm {
  return where === undefined ? { kind: 'rest', dimension: 'store', released: [] } : { kind: 'where', where };
}

function threshold(test: SpecOf<'threshold'>): GuardrailTest {
  const timing = { forMs: test.for, keepMs: test.keep, maxGapMs: test.maxGap };
  if (test.above !== undefined) {
    return {
      kind: 'threshold',
      direction: 'above',
      enter: test.above,
      leave: test.clearBelow ?? test.above,
      ...timing,
    };
  }
  invariant(test.below !== undefined, 'a threshold has neither above nor below');
  return { kind: 'threshold', direction: 'below', enter: test.below, leave: test.clearAbove ?? test.below, ...timing };
}

function matcherOf(text: string) {
  const parsed = parseMatcher(text);
  invariant('matcher' in parsed, `stored matcher cannot be parsed: ${text}`);
  return parsed.matcher;
}
