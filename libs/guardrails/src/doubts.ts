import type { InconclusiveReason } from './events.js';

/** Why something could not be judged, and what to do about it. */
interface Doubt {
  /** The end of a sentence. */
  readonly words: string;
  /** A sentence. */
  readonly advice: string;
}

const DOUBTS: Readonly<Record<InconclusiveReason, Doubt>> = {
  'no-traffic': {
    words: 'there was no traffic',
    advice: 'Wait until somebody uses it, or send some traffic through it: nothing has happened that could be judged.',
  },
  'no-telemetry': {
    words: 'nothing has been measured since the release began',
    advice: 'Check that the new version reports this signal: nothing of it has arrived since the release began.',
  },
  'too-few-samples': {
    words: 'too little has been measured to be sure',
    advice: 'Watch it for longer or at a busier time: so little traffic cannot show whether it is well.',
  },
  stale: {
    words: 'nothing has been measured lately',
    advice: 'Look at whatever sends this signal: it was heard before and has fallen silent.',
  },
  'not-a-number': {
    words: 'the measurement gave no number',
    advice: 'Correct the query or the sensor: it answers, but not with a number.',
  },
  'counter-reset': {
    words: 'the counters started again',
    advice: 'Look whether the process restarts over and over: its counters begin again before they can be compared.',
  },
  'sensor-broken': {
    words: 'the measurement failed',
    advice:
      'Repair the measurement: its query fails, its target is not reached, or it sends something else than was declared.',
  },
  'sender-silent': {
    words: 'the sender of the alerts is silent',
    advice: 'Check the sender of the alerts and its watchdog: while it is silent, no alert is no good news.',
  },
  'alert-unseen': {
    words: 'an alert is no longer reported, and nobody said that it is over',
    advice: 'Find out whether the alert is over, and settle it by hand if the sender does not say so.',
  },
  'alert-disputed': {
    words: 'one sender says that an alert is over, another that it is not',
    advice: 'Find out which sender is right, and settle the alert by hand.',
  },
  'alert-incomplete': {
    words: 'a message about the alerts was cut off',
    advice: 'Let the sender send fewer alerts in one message: the next complete one ends this.',
  },
  coverage: {
    words: 'too much of the time was not measured',
    advice: 'Look for the gaps in its measurements: the watch goes on for as long as the policy allows, to fill them.',
  },
  'no-baseline': {
    words: 'there is not enough history to compare with',
    advice:
      'Measure it for some days before a release, or compare it with a fixed limit or with what did not get the release.',
  },
  'not-comparable': {
    words: 'the load is too different to compare',
    advice: 'Wait until traffic is as usual again, or compare with what did not get the release.',
  },
  suspect: {
    words: 'there are signs of a degradation, not enough to be sure',
    advice: 'Look at its chart before you go on: it looks worse than it was, and luck alone may still explain it.',
  },
  'canary-silent': {
    words: 'the new version reports nothing',
    advice: 'Look whether the new version runs at all: the others report, and it does not.',
  },
  closed: {
    words: 'the shop is closed',
    advice: 'Wait until it opens: while nobody trades there is nothing to judge, and the watch goes on by itself.',
  },
  'not-attributed': {
    words: 'something got worse, but it cannot be told whose doing it is',
    advice:
      'Look at the causes that are named as possible or found: nothing is rolled back for what may be somebody else’s doing.',
  },
};

/** Why something could not be judged, as the end of a sentence. */
export function doubtWords(reason: InconclusiveReason): string {
  return DOUBTS[reason].words;
}

/** What to do about something that could not be judged, in one sentence. */
export function adviceOn(reason: InconclusiveReason): string {
  return DOUBTS[reason].advice;
}

/** Every reason there is, in the order in which they are explained. */
export const INCONCLUSIVE_REASONS = Object.keys(DOUBTS) as readonly InconclusiveReason[];
