import { z } from 'zod';
import { criticality, duration, mode, reversibility, slug } from './fields.js';

/** One word or a list of them; always a list after parsing. */
function oneOrMore<T extends z.ZodType>(word: T) {
  return z
    .union([word, z.array(word).min(1)])
    .transform((value) => (Array.isArray(value) ? value : [value]) as z.output<T>[]);
}

/** `DecisionPolicy`: what follows from a failed release, and how people are asked. */
export const decisionPolicySpec = z.strictObject({
  rules: z
    .array(
      z.strictObject({
        name: slug,
        when: z
          .strictObject({
            criticality: oneOrMore(criticality).optional(),
            reversibility: oneOrMore(reversibility).optional(),
            mode: oneOrMore(mode).optional(),
          })
          .default({}),
        then: z.enum(['observe', 'propose', 'auto']),
      }),
    )
    .min(1)
    .meta({ description: 'the table: the first rule that holds counts' }),
  proposal: z
    .strictObject({
      expiresAfter: duration.default(1_800_000),
      onExpiry: z.enum(['hold', 'roll-back', 'accept']).default('hold'),
      approvalsNeeded: z.int().min(1).max(10).default(1).meta({ description: 'a whole number from 1 to 10' }),
      starterMayApprove: z.boolean().default(false),
      acknowledgeFor: duration.default(300_000),
    })
    .prefault({}),
  orderValidFor: duration.default(900_000),
});
