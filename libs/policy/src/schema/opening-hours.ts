import { z } from 'zod';
import { isTimeZone } from '../zone.js';

export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

const clock = z
  .string()
  .regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/)
  .meta({ description: 'what the clocks show, such as 09:00; 24:00 ends a day' });
const timeZone = z
  .string()
  .refine(isTimeZone, { error: 'there is no such time zone' })
  .meta({ description: 'the name of a time zone such as Europe/Paris' });
const weekly = z
  .array(
    z
      .strictObject({
        days: z
          .array(z.enum(DAYS))
          .min(1)
          .meta({ description: DAYS.join(', ') }),
        from: clock,
        to: clock,
      })
      .refine((one) => one.from !== one.to, {
        path: ['to'],
        error: 'must differ from "from": 00:00 to 24:00 is a whole day',
      }),
  )
  .meta({ description: 'when it is open; an end before its begin is on the next day, none at all is never' });
const values = z.array(z.string().min(1)).default([]);

/** When the shops of a workload are open, so that a closed one is not taken for a silent one. */
export const openingHours = z
  .strictObject({
    timeZone,
    weekly,
    stores: z
      .array(
        z.strictObject({
          store: z.string().min(1).max(200).meta({ description: 'the dimension `store` of its samples' }),
          tills: values.meta({ description: 'ids of its tills: the dimension `till` of its samples' }),
          companies: values.meta({ description: 'ids of its companies: the dimension `company` of its samples' }),
          timeZone: timeZone.optional(),
          weekly,
        }),
      )
      .default([])
      .meta({ description: 'stores with hours of their own' }),
  })
  .superRefine(({ stores }, context) => {
    const seen = new Set<string>();
    stores.forEach(({ store, tills, companies }, i) => {
      const names = [`store ${store}`, ...tills.map((id) => `till ${id}`), ...companies.map((id) => `company ${id}`)];
      for (const name of names) {
        if (seen.has(name))
          context.addIssue({ code: 'custom', path: ['stores', i], message: `${name} has two opening hours` });
        seen.add(name);
      }
    });
  });
