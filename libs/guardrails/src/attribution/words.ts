import { formatInstant, type InstantMs, unreachable } from '@parapet/kernel';
import type { Alternative, Attribution } from '../events.js';
import type { WatchedGuardrail, WatchSpec } from '../watch-spec.js';
import { clockTime } from '../words.js';
import { type Assessment, assess } from './assess.js';
import type { Finding } from './findings.js';
import type { AttributionState } from './state.js';
import { BLAMED_SHARE, type Suspect } from './suspects.js';

/** Everything that is said of whom to blame. */
export function attributionWords(
  spec: WatchSpec,
  state: AttributionState,
  assessments: readonly Assessment[],
  lead: Assessment,
): Attribution {
  const other = lead.suspects.find(({ isOurs, share }) => !isOurs && share >= BLAMED_SHARE);
  const blamed = lead.isOurs ? spec.release : other?.release;
  const alternatives = [
    ...lead.findings.map(alternativeOf),
    ...lead.suspects.filter(({ isOurs }) => !isOurs).map((suspect) => releaseAlternative(spec, suspect)),
    ...surroundingsAlternative(state),
    ...assessments.filter((one) => one !== lead).flatMap((one) => differing(spec, lead, one)),
  ];
  return {
    ...(blamed === undefined ? {} : { blamed }),
    guardrails: assessments.map(({ index }) => nameOf(spec, index)),
    onset: formatInstant(lead.onsetMs),
    alternatives,
    words: sentenceOf(spec, lead, other ?? null, alternatives),
  };
}

/** What is said of something that looks worse than before the release and is so at this time of any day. */
export function noticedWords(spec: WatchSpec, state: AttributionState, indexes: readonly number[]): Attribution | null {
  const assessments = indexes.map((index) => assess(spec, state, [], { index, sinceMs: null }));
  const [lead] = assessments;
  return lead === undefined ? null : attributionWords(spec, state, assessments, lead);
}

function alternativeOf({ kind, finding, words }: Finding): Alternative {
  return { kind, finding, words };
}

/** Where another symptom has another cause than the one that leads, that is said with its name. */
function differing(spec: WatchSpec, lead: Assessment, other: Assessment): readonly Alternative[] {
  if (lead.isOurs === other.isOurs) return [];
  return other.findings
    .filter(({ isAgainstBlame }) => isAgainstBlame)
    .map(({ kind, finding, words }) => ({ kind, finding, words: `${nameOf(spec, other.index)}: ${words}` }));
}

function surroundingsAlternative({ nearby, nearbyLeftOut }: AttributionState): readonly Alternative[] {
  if (nearby === null) {
    return [{ kind: 'release', finding: 'not-checked', words: 'which other releases were under way is not known' }];
  }
  if (nearbyLeftOut === 0) return [];
  const words = `${nearbyLeftOut} more releases of this environment, begun longer ago, were not looked at`;
  return [{ kind: 'release', finding: 'not-checked', words }];
}

function releaseAlternative(spec: WatchSpec, suspect: Suspect): Alternative {
  const { release, name, startMs, share } = suspect;
  const began = `release ${name} began at ${clockTime(startMs)}`;
  if (suspect.excuse !== null) {
    return { kind: 'release', release, finding: 'ruled-out', words: `${began}, ${excuseWords(spec, suspect)}` };
  }
  if (share >= BLAMED_SHARE) return { kind: 'release', release, finding: 'found', words: `${began}, just before` };
  return { kind: 'release', release, finding: 'possible', words: `${began} and may be the cause as well` };
}

function excuseWords(spec: WatchSpec, { excuse }: Suspect): string {
  switch (excuse) {
    case 'began-after':
      return 'after it got worse';
    case 'had-ended':
      return 'and had ended before it got worse';
    case 'reached-others':
      return 'and did not reach what got worse';
    case 'reached-all':
      return 'and reached what is compared on both sides';
    case 'other-workload':
      return `and is not of ${spec.workload}`;
    case 'long-before':
      return 'too long before to be likely';
    case null:
      return '';
    default:
      return unreachable(excuse);
  }
}

function sentenceOf(
  spec: WatchSpec,
  lead: Assessment,
  other: Suspect | null,
  alternatives: readonly Alternative[],
): string {
  const name = nameOf(spec, lead.index);
  const isAlert = spec.guardrails[lead.index]?.guardrail.test.kind === 'alerts';
  const worse = `${name} ${isAlert ? 'fired' : 'got worse'} at ${clockTime(lead.onsetMs)}`;
  if (lead.isOurs) {
    const isOtherPossible = alternatives.some(({ kind, finding }) => kind === 'release' && finding === 'possible');
    const isAllRuledOut = alternatives.every(({ finding }) => finding === 'ruled-out');
    const rest = isAllRuledOut
      ? 'everything else that was looked at is ruled out'
      : isOtherPossible
        ? 'it is by far the likeliest cause'
        : 'nothing that was looked at speaks against it';
    return `${worse}, ${lagWords(lead.onsetMs - spec.startMs)} this release began; ${rest}`;
  }
  const against = lead.findings.find(({ isAgainstBlame }) => isAgainstBlame);
  const blamed =
    other === null
      ? null
      : `${other.name} is blamed, which began ${lagWords(lead.onsetMs - other.startMs, 'before')} that, and not this release`;
  if (against !== undefined) {
    const so = blamed ?? 'this release is not blamed';
    if (against.finding !== 'found') return `${worse}; ${against.words}: nobody is blamed so far`;
    if (against.kind === 'before') return `${name}: ${against.words}; ${so}`;
    return `${worse}, but ${against.words}; ${so}`;
  }
  if (blamed !== null) return `${worse}; ${blamed}`;
  const possible = lead.suspects.filter(({ excuse, isOurs }) => !isOurs && excuse === null).map((one) => one.name);
  return `${worse}; it may be this release or ${possible.join(' or ')}, and which one cannot be told`;
}

/** `3 minutes after`, as long as it is worth counting. */
function lagWords(lagMs: InstantMs, word: 'after' | 'before' = 'after'): string {
  const minutes = Math.round(lagMs / 60_000);
  if (minutes < 1) return `right ${word}`;
  return minutes === 1 ? `a minute ${word}` : `${minutes} minutes ${word}`;
}

function nameOf(spec: WatchSpec, index: number): string {
  return (spec.guardrails[index] as WatchedGuardrail).guardrail.name;
}
