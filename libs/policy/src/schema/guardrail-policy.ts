import { z } from 'zod';
import { parseMatcher } from '../matchers.js';
import { duration, mode, share, signalName, slug } from './fields.js';
import { guardrailTest } from './guardrail-tests.js';

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

const volume = signalName.meta({
  description: 'a signal that counts traffic, such as odoo.pos.orders: it tells a closed shop from a dead sensor',
});

const guardrail = z
  .strictObject({
    name: slug,
    signal: signalName.optional(),
    alerts: alerts.optional(),
    test: guardrailTest.optional().meta({
      description:
        'a map with kind: proportion, rate, gauge, histogram, burn-rate or threshold, and what belongs to it',
    }),
    where: z
      .record(z.string(), z.string())
      .default({})
      .meta({ description: 'dimensions and the values they must have' }),
    volume: volume.optional(),
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
    if (value.alerts !== undefined && value.volume !== undefined)
      say('volume', 'belongs to signal; alerts do not depend on traffic');
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
      volume: volume.optional(),
    })
    .prefault({}),
  falseRollbackRate: z
    .number()
    .gt(0)
    .lte(0.5)
    .default(0.01)
    .meta({ description: 'a number above 0 and at most 0.5: the budget of false rollbacks of one watch' }),
  precision: z
    .strictObject({
      floor: share
        .default(0.5)
        .meta({ description: 'a share: below it, of the breaches that people marked, a guardrail may only propose' }),
      marks: z
        .int()
        .min(1)
        .max(1000)
        .default(5)
        .meta({ description: 'a whole number from 1: with fewer marked breaches nothing happens' }),
    })
    .prefault({}),
  guardrails: z.array(guardrail).min(1).meta({ description: 'at least one guardrail' }),
});
