import { z } from 'zod';
import { criticality, duration, nameOf, secretRef, slug } from './fields.js';
import { openingHours } from './opening-hours.js';
import { probe } from './probes/index.js';

const target = z
  .strictObject({
    name: slug,
    kind: z.enum(['webhook']),
    url: z
      .url({ protocol: /^https?$/ })
      .meta({ description: 'an https address without user and password; http only with allowPrivate: true' }),
    secret: secretRef,
    environment: slug.optional(),
    timeout: duration.default(10_000),
    allowPrivate: z.boolean().default(false),
  })
  .superRefine((value, context) => {
    const url = URL.parse(value.url);
    if (url === null) return;
    if (url.protocol === 'http:' && !value.allowPrivate) {
      context.addIssue({ code: 'custom', path: ['url'], message: 'plain http needs allowPrivate: true' });
    }
    if (url.username !== '' || url.password !== '') {
      context.addIssue({ code: 'custom', path: ['url'], message: 'an address must not hold a user or a password' });
    }
  });

/** `Workload`: what is released, judged and rolled back as one. */
export const workloadSpec = z.strictObject({
  criticality,
  guardrailPolicy: nameOf('GuardrailPolicy'),
  decisionPolicy: nameOf('DecisionPolicy'),
  components: z
    .array(z.strictObject({ name: slug, target: nameOf('target below') }))
    .min(1)
    .meta({ description: 'the deployable parts, at least one' }),
  targets: z.array(target).min(1).meta({ description: 'what a rollback changes, at least one' }),
  probes: z.array(probe).default([]).meta({ description: 'scheduled measurements' }),
  hours: openingHours.optional().meta({
    description: 'when its shops are open: what is measured of trade while they are closed is a gap, and no silence',
  }),
  owners: z.array(z.string().min(1).max(200)).default([]).meta({ description: 'people or teams, shown' }),
});
