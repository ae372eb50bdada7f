import type { InstantMs } from '@parapet/kernel';
import type { Alternative } from '../events.js';
import type { Stretches, WatchedGuardrail, WatchSpec } from '../watch-spec.js';
import { clockTime } from '../words.js';
import type { Course } from './course.js';
import type { Lens } from './lens.js';
import { hasBystanders, othersOf } from './membership.js';
import { bystandersOf, exposedOf, NONE, plus, type Tally } from './state.js';

/** What one alternative came to. */
export interface Finding extends Omit<Alternative, 'words'> {
  /** Whether it keeps this release from being blamed: it is found, or likelier than the release so far. */
  readonly isAgainstBlame: boolean;
  readonly words: string;
  /** Of kind `before`, where found: when it was like that already. */
  readonly sinceMs?: InstantMs;
}

/** One in twenty: enough to leave an alternative out. */
export const RULED_OUT = -Math.log(20);

/** What the checks of one guardrail look at. */
export interface Evidence {
  readonly spec: WatchSpec;
  readonly watched: WatchedGuardrail;
  readonly lens: Lens;
  readonly course: Course;
  readonly effect: number;
  readonly newestAtMs: InstantMs;
}

/** `found` takes as much evidence as a rollback does. */
function weigh(
  evidence: Evidence,
  kind: Alternative['kind'],
  logLikelihood: number,
  words: { readonly found: string; readonly ruledOut: string; readonly possible: string },
): Finding {
  if (logLikelihood >= -Math.log(evidence.spec.policy.falseRollbackRate)) {
    return { kind, finding: 'found', isAgainstBlame: true, words: words.found };
  }
  if (logLikelihood <= RULED_OUT) return { kind, finding: 'ruled-out', isAgainstBlame: false, words: words.ruledOut };
  return { kind, finding: 'possible', isAgainstBlame: false, words: words.possible };
}

/** An alternative that nothing is known about. */
export function notChecked(kind: Alternative['kind'], words: string): Finding {
  return { kind, finding: 'not-checked', isAgainstBlame: false, words };
}

/** An alternative that cannot be. */
export function ruledOut(kind: Alternative['kind'], words: string): Finding {
  return { kind, finding: 'ruled-out', isAgainstBlame: false, words };
}

/** It was like this already at an instant before the release: that is known, and needs no weighing. */
export function alreadySo({ startMs }: Pick<WatchSpec, 'startMs'>, sinceMs: InstantMs): Finding {
  const words = alreadyWords(startMs, sinceMs);
  return { kind: 'before', finding: 'found', isAgainstBlame: true, words, sinceMs };
}

function alreadyWords(startMs: InstantMs, sinceMs: InstantMs): string {
  return `it was like this already at ${clockTime(sinceMs)}, before the release began at ${clockTime(startMs)}`;
}

/** Whether it was like this already in the last minutes before the release; whatever it is compared with. */
export function beforehand(evidence: Evidence): Finding {
  const { spec, watched, lens, course, effect } = evidence;
  const { recent } = watched;
  const began = clockTime(spec.startMs);
  if (recent === undefined || !recent.n.some((n) => n > 0)) {
    return notChecked('before', `how it was in the minutes before ${began} is not known`);
  }
  let then: Tally = NONE;
  let best = { logLikelihood: Number.NEGATIVE_INFINITY, sinceMs: spec.startMs };
  for (let i = recent.n.length - 1; i >= 0; i--) {
    then = plus(then, tallyAt(recent, i));
    // An empty stretch says nothing: it neither begins what was seen nor ends it.
    if ((recent.n[i] as number) === 0) continue;
    const logLikelihood = lens.asBad(exposedOf(course.since), then, effect);
    if (logLikelihood > best.logLikelihood) best = { logLikelihood, sinceMs: recent.fromMs + i * recent.stepMs };
  }
  const finding = weigh(evidence, 'before', best.logLikelihood, {
    found: alreadyWords(spec.startMs, best.sinceMs),
    ruledOut: `it was still as usual in the minutes before the release began at ${began}`,
    possible: `too little was measured in the minutes before ${began} to be sure how it was then`,
  });
  return finding.finding === 'found' ? { ...finding, sinceMs: best.sinceMs } : finding;
}

/** Whether what did not get the release shows the same. */
export function elsewhere(evidence: Evidence): Finding {
  const { spec, watched, lens, course, effect } = evidence;
  const { test } = watched.guardrail;
  const others = othersOf(spec, watched);
  if ('against' in test && test.against === 'control') {
    return ruledOut('elsewhere', `${others} without the release do not show it: it is compared with them`);
  }
  if (!hasBystanders(spec, watched)) {
    return notChecked('elsewhere', 'everything got the release, so there is nothing to compare it with');
  }
  const [exposed, bystanders] = [exposedOf(course.since), bystandersOf(course.since)];
  if (bystanders.n === 0 || exposed.n === 0) {
    return notChecked('elsewhere', `nothing is known of the ${others} without the release`);
  }
  const logLikelihood = lens.asBad(exposed, bystanders, effect);
  const finding = weigh(evidence, 'elsewhere', logLikelihood, {
    found: `${others} without the release show the same`,
    ruledOut: `${others} without the release do not show it`,
    possible: `whether ${others} without the release show it too cannot be told yet`,
  });
  // More of it comes with every minute: there is no hurry to blame while the others look just as bad.
  return logLikelihood > 0 ? { ...finding, isAgainstBlame: true } : finding;
}

/** Whether the same hours of earlier days were as bad. */
export function recurring(evidence: Evidence): Finding {
  const { spec, watched, lens, course, effect, newestAtMs } = evidence;
  const { test } = watched.guardrail;
  if ('against' in test && test.against === 'control') {
    return ruledOut('recurring', `${othersOf(spec, watched)} without the release would show it as well`);
  }
  const weeks = watched.baselines.flatMap(({ window, baseline }) => {
    const then = window === 'same-hours' ? lens.ofBaseline(baseline) : null;
    return then === null ? [] : [{ then, when: 'in the same hours of earlier weeks' }];
  });
  const days = (watched.earlier ?? []).flatMap((day) => {
    const then = overlapping(day, course.onsetMs - spec.startMs, newestAtMs - spec.startMs);
    return then.n > 0
      ? [{ then, when: day.daysAgo === 1 ? 'at this time yesterday' : `at this time ${day.daysAgo} days ago` }]
      : [];
  });
  const asBad = [...days, ...weeks].map(({ then, when }) => ({
    when,
    logLikelihood: lens.asBad(exposedOf(course.since), then, effect),
  }));
  const worst = asBad.reduce<(typeof asBad)[number] | null>(
    (most, one) => (most === null || one.logLikelihood > most.logLikelihood ? one : most),
    null,
  );
  if (worst === null) return notChecked('recurring', 'how it was at this time of earlier days is not known');
  // Of many days one is bad by chance: the more are looked at, the more it takes.
  const logLikelihood = worst.logLikelihood > 0 ? worst.logLikelihood - Math.log(asBad.length) : worst.logLikelihood;
  return weigh(evidence, 'recurring', logLikelihood, {
    found: `it was just as bad ${worst.when}, without this release`,
    ruledOut: 'it was better at this time of earlier days',
    possible: `too little is known to say whether it was as bad ${worst.when}`,
  });
}

/** What was counted on an earlier day at the times of day that lie between two times into the watch. */
function overlapping(day: Stretches, fromMs: number, toMs: number): Tally {
  return day.n.reduce((sum, _, i) => {
    const isWithin = i * day.stepMs < toMs && (i + 1) * day.stepMs > fromMs;
    return isWithin ? plus(sum, tallyAt(day, i)) : sum;
  }, NONE);
}

function tallyAt(stretches: Stretches, i: number): Tally {
  return { sum: stretches.sum[i] as number, n: stretches.n[i] as number };
}
