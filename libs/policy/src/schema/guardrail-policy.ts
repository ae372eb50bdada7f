import { z } from 'zod';
import { parseMatcher } from '../matchers.js';
import { duration, mode, share, signalName, slug } from './fields.js';

const worseBy = z
  .number()
  .min(0)
  .max(10)
  .meta({ description: 'the tolerated relative change, from 0 to 10; 0.10 tolerates ten per cent more failures' });
const unacceptable = z.number().gt(1).max(100).default(3).meta({
  description: 'a ratio above 1: a pass needs evidence that the release is better than this many times worse',
});
const limit = z.number().gt(0).meta({ description: 'bad of total, or events per unit of exposure; above 0' });
const finite = z.number().meta({ description: 'a number in the unit of the signal' });

/** Sections 5.1 to 5.3 of the method: bad of total, or events of exposure. */
function countTest<K extends 'proportion' | 'rate'>(kind: K) {
  return z
    .strictObject({
      kind: z.literal(kind),
      against: z.enum(['baseline', 'limit']),
      worseBy: worseBy.optional(),
      limit: limit.optional(),
      unacceptable,
    })
    .superRefine((test, context) => {
      if (test.against === 'limit' && test.limit === undefined) {
        context.addIssue({ code: 'custom', path: ['limit'], message: 'is missing: against: limit needs the limit' });
      }
      if (test.against === 'limit' && test.worseBy !== undefined) {
        context.addIssue({
          code: 'custom',
          path: ['worseBy'],
          message: 'a limit is the limit: nothing is tolerated on top of it',
        });
      }
      if (test.against === 'baseline' && test.limit !== undefined) {
        context.addIssue({ code: 'custom', path: ['limit'], message: 'belongs to against: limit' });
      }
      if (kind === 'proportion' && test.limit !== undefined && test.limit >= 1) {
        context.addIssue({
          code: 'custom',
          path: ['limit'],
          message: 'can never be breached: bad of total is never more than 1',
        });
      }
    });
}

const thresholdTest = z
  .strictObject({
    kind: z.literal('threshold'),
    above: finite.optional(),
    below: finite.optional(),
    clearBelow: finite.optional(),
    clearAbove: finite.optional(),
    for: duration.default(60_000),
    keep: duration.default(0),
    maxGap: duration.default(60_000),
  })
  .superRefine((test, context) => {
    const say = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if ((test.above === undefined) === (test.below === undefined)) {
      context.addIssue({ code: 'custom', message: 'needs exactly one of above and below' });
      return;
    }
    if (test.above !== undefined && test.clearAbove !== undefined)
      say('clearAbove', 'belongs to below; above clears with clearBelow');
    if (test.below !== undefined && test.clearBelow !== undefined)
      say('clearBelow', 'belongs to above; below clears with clearAbove');
    if (test.above !== undefined && test.clearBelow !== undefined && test.clearBelow > test.above) {
      say('clearBelow', `must not lie beyond above (${test.above})`);
    }
    if (test.below !== undefined && test.clearAbove !== undefined && test.clearAbove < test.below) {
      say('clearAbove', `must not lie beyond below (${test.below})`);
    }
  });

const matcher = z
  .string()
  .superRefine((text, context) => {
    const parsed = parseMatcher(text);
    if ('problem' in parsed) context.addIssue({ code: 'custom', message: parsed.problem });
  })
  .meta({ description: 'a matcher as Alertmanager writes it: name="value", !=, =~ or !~' });

const alerts = z.strictObject({
  matchers: z.array(matcher).min(1).meta({ description: 'matchers, all of which must hold; at least one' }),
  for: duration.default(60_000),
  rearm: duration.default(120_000),
  sources: z
    .array(slug)
    .default([])
    .meta({ description: 'names of SignalSource; absent: every alert source of the environment' }),
});

const guardrail = z
  .strictObject({
    name: slug,
    signal: signalName.optional(),
    alerts: alerts.optional(),
    test: z
      .discriminatedUnion('kind', [countTest('proportion'), countTest('rate'), thresholdTest])
      .optional()
      .meta({ description: 'a map with kind: proportion, rate or threshold, and what belongs to it' }),
    where: z
      .record(z.string(), z.string())
      .default({})
      .meta({ description: 'dimensions and the values they must have' }),
    mode,
    weight: z
      .number()
      .gt(0)
      .max(1000)
      .default(1)
      .meta({ description: 'a number above 0; weights are relative to each other' }),
    required: z
      .boolean()
      .optional()
      .meta({ description: 'whether a pass needs it; absent: yes, unless its mode is observe' }),
    staleAfter: duration.optional(),
  })
  .superRefine((value, context) => {
    const say = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (value.mode === 'observe' && value.required === true)
      say('required', 'a guardrail that only observes is never counted, so no pass can wait for it');
    if ((value.signal === undefined) === (value.alerts === undefined)) {
      context.addIssue({ code: 'custom', message: 'needs exactly one of signal and alerts' });
    }
    if (value.signal !== undefined && value.test === undefined) say('test', 'is missing: a signal is judged by a test');
    if (value.alerts !== undefined && value.test !== undefined)
      say('test', 'belongs to signal; alerts are judged by themselves');
    if (value.alerts !== undefined && Object.keys(value.where).length > 0)
      say('where', 'belongs to signal; alerts are chosen by matchers');
  });

/** `GuardrailPolicy`: the guardrails of a release watch and how it is watched; defaults are those of the method. */
export const guardrailPolicySpec = z.strictObject({
  watch: z
    .strictObject({
      warmUp: duration.default(120_000),
      duration: duration.default(3_600_000),
      coverage: share.default(0.75),
      baseline: duration.default(86_400_000),
      extend: duration.default(14_400_000),
      recoverWithin: duration.default(1_800_000),
    })
    .prefault({}),
  falseRollbackRate: z
    .number()
    .gt(0)
    .lte(0.5)
    .default(0.01)
    .meta({ description: 'a number above 0 and at most 0.5: the budget of false rollbacks of one watch' }),
  guardrails: z.array(guardrail).min(1).meta({ description: 'at least one guardrail' }),
});
