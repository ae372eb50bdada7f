import { formatInstant, type InstantMs, unreachable } from '@parapet/kernel';
import { concerned, doubtOf, firingEpisodes, knownMsAt, settledConcerns } from './alert-guardrail.js';
import { mixtureEvidence } from './anchored-mixture.js';
import { weightOf } from './combine.js';
import type { GuardrailReport, InconclusiveReason } from './events.js';
import type { GuardrailTest } from './guardrail.js';
import { kernelOf, planOf } from './kernel-of.js';
import { coverageOf, presenceTrouble, spanOf } from './presence.js';
import type { GuardrailState } from './state.js';
import type { WatchedGuardrail, WatchSpec } from './watch-spec.js';
import { alertWords, countWords, thresholdWords, withDoubt } from './words.js';

/** How sure a pass has to be that the release is not unacceptably worse (statistics 9). */
export const PASS_BETA = 0.05;

type CountTest = Extract<GuardrailTest, { kind: 'proportion' | 'rate' }>;

/** One guardrail's judgement with what the release's verdict needs of it. */
export interface Judged {
  readonly report: GuardrailReport;
  /** Natural logarithm of its e-value; null for one that fires by rule. */
  readonly evidence: number | null;
  readonly isFiring: boolean;
  /** What keeps it from a pass; null where it passes or is in breach. */
  readonly lacks: InconclusiveReason | null;
}

/**
 * Judges one guardrail at an instant.
 *
 * Every good answer is earned: data that is missing, late or no number leads to `inconclusive` with a reason, and what is
 * merely not yet shown to `pending`.
 * @param leads whether it leads the attribution of a release that already failed
 */
export function judge(
  spec: WatchSpec,
  watched: WatchedGuardrail,
  state: GuardrailState,
  clockMs: InstantMs,
  leads: boolean,
): Judged {
  switch (state.kind) {
    case 'counts':
      return judgeCounts(spec, watched, state, clockMs, leads);
    case 'threshold':
      return judgeThreshold(spec, watched, state, clockMs, leads);
    case 'alerts':
      return judgeAlerts(spec, watched, state, clockMs, leads);
    default:
      return unreachable(state);
  }
}

function judgeCounts(
  spec: WatchSpec,
  watched: WatchedGuardrail,
  state: Extract<GuardrailState, { kind: 'counts' }>,
  clockMs: InstantMs,
  leads: boolean,
): Judged {
  const test = watched.guardrail.test as CountTest;
  const kernel = kernelOf(watched);
  const { events, exposure } = state.mixture.total;
  const evidence = kernel === null ? 0 : mixtureEvidence(planOf(spec, watched), kernel, state.mixture);
  const weighed = evidence + Math.log(weightOf(spec, watched));
  const coverage = coverageOf(spec, state.presence, clockMs);
  // A share that is bad when low is shown as the share of good ones, as its signal is.
  const isRest = test.kind === 'proportion' && watched.signal?.badDirection === 'low';
  const shown = (badShare: number) => (isRest ? 1 - badShare : badShare);
  const numbers = {
    ...(exposure > 0 ? { observed: shown(events / exposure) } : {}),
    ...(kernel === null ? {} : { limit: shown(Math.min(kernel.tolerated, test.kind === 'proportion' ? 1 : Infinity)) }),
    ...(kernel === null || test.against === 'limit' ? {} : { baseline: shown(kernel.reference) }),
    samples: exposure,
    evidence,
    coverage,
    ...spanOf(spec, state.presence),
  };
  const enough = Math.log(1 / spec.policy.falseRollbackRate);
  const isBreach = weighed >= enough || leads;
  const trouble =
    kernel === null && watched.signal !== null
      ? 'no-baseline'
      : presenceTrouble(spec, watched, state.presence, clockMs);
  const isSuspect = evidence >= 0.5 * (enough - Math.log(weightOf(spec, watched)));
  const isAcceptable = kernel !== null && kernel.acceptable(events, exposure) >= Math.log(1 / PASS_BETA);
  const lacks: InconclusiveReason | null = isBreach
    ? null
    : (trouble ??
      (state.presence.newestAtMs === null
        ? 'no-telemetry'
        : !(coverage >= spec.policy.coverage)
          ? 'coverage'
          : isSuspect
            ? 'suspect'
            : !isAcceptable
              ? exposure === 0
                ? 'no-traffic'
                : 'too-few-samples'
              : null));
  const words = countWords({
    name: watched.guardrail.name,
    form: test.kind,
    isRest,
    bad: test.kind === 'rate' && watched.signal?.badDirection === 'low' ? 'fewer' : 'more',
    events,
    exposure,
    reference: kernel?.reference ?? null,
    isLimit: test.against === 'limit',
    evidence,
    isPass: lacks === null && !isBreach,
    isBreach,
    sinceMs: spec.startMs,
  });
  return conclude(watched, { isBreach, trouble, lacks, evidence, isFiring: false, numbers, words });
}

function judgeThreshold(
  spec: WatchSpec,
  watched: WatchedGuardrail,
  state: Extract<GuardrailState, { kind: 'threshold' }>,
  clockMs: InstantMs,
  leads: boolean,
): Judged {
  const rule = watched.guardrail.test as Extract<GuardrailTest, { kind: 'threshold' }>;
  const all = Object.values(state.series);
  const firing = all.filter((s) => s.kind === 'firing');
  const isFiring = firing.length > 0;
  const isBreach = isFiring || leads;
  const trouble = presenceTrouble(spec, watched, state.presence, clockMs);
  const coverage = coverageOf(spec, state.presence, clockMs);
  const isBeyond = all.some((s) => s.kind === 'pending');
  const candidates = isFiring ? firing : all;
  const values = candidates.flatMap((s) => (s.value === null ? [] : [s.value]));
  const worst = values.length === 0 ? null : rule.direction === 'above' ? Math.max(...values) : Math.min(...values);
  const lacks: InconclusiveReason | null = isBreach
    ? null
    : (trouble ??
      (values.length === 0
        ? 'no-telemetry'
        : isBeyond
          ? 'suspect'
          : !(coverage >= spec.policy.coverage)
            ? 'coverage'
            : null));
  const words = thresholdWords({
    name: watched.guardrail.name,
    unit: watched.signal?.unit ?? '',
    value: worst,
    enter: rule.enter,
    direction: rule.direction,
    sinceMs: isFiring ? Math.min(...firing.map((s) => (s.kind === 'firing' ? s.sinceMs : Infinity))) : null,
    forMs: rule.forMs,
    isPending: isBeyond,
  });
  const numbers = {
    ...(worst === null ? {} : { observed: worst }),
    limit: rule.enter,
    samples: values.length,
    coverage,
    ...spanOf(spec, state.presence),
  };
  return conclude(watched, { isBreach, trouble, lacks, evidence: null, isFiring, numbers, words });
}

function judgeAlerts(
  spec: WatchSpec,
  watched: WatchedGuardrail,
  state: Extract<GuardrailState, { kind: 'alerts' }>,
  clockMs: InstantMs,
  leads: boolean,
): Judged {
  const rule = watched.guardrail.test as Extract<GuardrailTest, { kind: 'alerts' }>;
  const { alerts } = state;
  const firing = firingEpisodes(rule, alerts, clockMs);
  const isFiring = firing.length > 0;
  const isBreach = isFiring || leads;
  // Before the first view nothing is known, which is no doubt yet: it only keeps the guardrail from passing.
  const trouble = alerts.view === null ? null : doubtOf(alerts);
  const waiting = concerned(alerts).filter((e) => e.state === 'firing');
  const coverage = Math.min(1, knownMsAt(alerts, clockMs) / Math.max(1, clockMs - spec.startMs));
  const lacks: InconclusiveReason | null = isBreach
    ? null
    : (trouble ??
      (!(alerts.view?.isHeardSinceStart ?? false)
        ? 'sender-silent'
        : waiting.length > 0
          ? 'suspect'
          : !(coverage >= spec.policy.coverage)
            ? 'coverage'
            : null));
  const words = alertWords({
    name: watched.guardrail.name,
    firing: isFiring ? firing : waiting,
    isPatient: !isFiring,
    forMs: rule.forMs,
    settled: settledConcerns(alerts),
  });
  const numbers = {
    samples: concerned(alerts).length,
    coverage,
    from: formatInstant(spec.startMs),
    to: formatInstant(clockMs),
  };
  return conclude(watched, { isBreach, trouble, lacks, evidence: null, isFiring, numbers, words });
}

function conclude(
  watched: WatchedGuardrail,
  found: {
    readonly isBreach: boolean;
    readonly trouble: InconclusiveReason | null;
    readonly lacks: InconclusiveReason | null;
    readonly evidence: number | null;
    readonly isFiring: boolean;
    readonly numbers: Partial<GuardrailReport>;
    readonly words: string;
  },
): Judged {
  const { guardrail, signal } = watched;
  const base = {
    name: guardrail.name,
    mode: guardrail.mode,
    ...(guardrail.signal === null ? {} : { signal: guardrail.signal }),
    ...(signal === null ? {} : { unit: signal.unit }),
    ...found.numbers,
  };
  const { evidence, isFiring, lacks } = found;
  if (found.isBreach) return { report: { ...base, verdict: 'breach', words: found.words }, evidence, isFiring, lacks };
  if (found.trouble !== null) {
    const words = withDoubt(found.words, guardrail.name, found.trouble);
    return { report: { ...base, verdict: 'inconclusive', reason: found.trouble, words }, evidence, isFiring, lacks };
  }
  return {
    report: { ...base, verdict: lacks === null ? 'pass' : 'pending', words: found.words },
    evidence,
    isFiring,
    lacks,
  };
}

/** The same judgement once the time to earn a pass is over: what is still lacking is then the answer. */
export function atTheEnd(judged: Judged): Judged {
  if (judged.report.verdict !== 'pending' || judged.lacks === null) return judged;
  const words = withDoubt(judged.report.words, judged.report.name, judged.lacks);
  return { ...judged, report: { ...judged.report, verdict: 'inconclusive', reason: judged.lacks, words } };
}
