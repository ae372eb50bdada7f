import type { InstantMs } from '@parapet/kernel';
import type { RunningAnswer } from './running.js';

/** What a target answered when told to do a step. */
export type SendAnswer =
  /** It did it, took it, or had done it before under this key. */
  | { readonly kind: 'taken'; readonly detail: string }
  /** It said no for good: another actuator was there, something else runs, or the request is wrong. */
  | { readonly kind: 'refused'; readonly detail: string }
  /** Nobody knows: no answer, a dropped one, 5xx, 429. It may have done it. */
  | { readonly kind: 'unclear'; readonly detail: string };

/** What a target knows of a key. */
export type KeyAnswer =
  | { readonly kind: 'unknown-key' }
  | { readonly kind: 'running' }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly detail: string }
  | { readonly kind: 'no-answer'; readonly detail: string };

/** Everything that an actuation may hear. Each names the step it is about, so a late one is harmless. */
export type ActuationInput =
  /** An actuator holds the component and has not written a fence of its own yet. */
  | { readonly type: 'TakenUp' }
  /** What runs, read before a step. */
  | { readonly type: 'LookedAt'; readonly step: string; readonly answer: RunningAnswer; readonly nowMs: InstantMs }
  /** The step is about to be sent; nothing may be sent unless this is answered with `sent`. */
  | { readonly type: 'SendDue'; readonly step: string; readonly nowMs: InstantMs; readonly isFrozen: boolean }
  | { readonly type: 'Answered'; readonly step: string; readonly attempt: number; readonly answer: SendAnswer }
  | { readonly type: 'Asked'; readonly step: string; readonly answer: KeyAnswer; readonly nowMs: InstantMs }
  /** After a confirmation: what became of the key and what runs. */
  | {
      readonly type: 'ReadBack';
      readonly step: string;
      readonly key: KeyAnswer;
      readonly answer: RunningAnswer;
      readonly nowMs: InstantMs;
    }
  /** Time passed; says no more than what time it is. */
  | { readonly type: 'TimePassed'; readonly nowMs: InstantMs }
  /** What every target of a finished actuation runs now; recovery must be there before `untilMs`. */
  | {
      readonly type: 'VerificationLooked';
      readonly targets: readonly { readonly target: string; readonly answer: RunningAnswer }[];
      readonly nowMs: InstantMs;
      readonly untilMs: InstantMs;
    };
