import { z } from 'zod';
import { instantOfMoment, isMoment } from '../moment.js';
import { RECURRENCE_ALLOWED, recurrenceProblem } from '../recurrence.js';
import { isTimeZone, wallOf } from '../zone.js';
import { slug } from './fields.js';

const moment = z.string().refine(isMoment, { error: 'is no time' }).meta({
  description:
    'a local time such as 2026-11-27T06:00 or 2026-11-27, or one with its offset such as 2026-11-27T06:00:00+01:00',
});

const period = z.strictObject({
  name: z.string().min(1).max(80).meta({ description: 'what people call it, at most 80 characters' }),
  kind: z.enum(['promotion', 'freeze', 'closed', 'holiday']),
  from: moment,
  to: moment,
  repeat: z.string().optional().meta({ description: RECURRENCE_ALLOWED }),
});

/** `TradingCalendar`: when a shop trades otherwise than usual. */
export const tradingCalendarSpec = z
  .strictObject({
    timeZone: z
      .string()
      .refine(isTimeZone, { error: 'there is no such time zone' })
      .meta({ description: 'the name of a time zone such as Europe/Paris' }),
    environments: z.array(slug).min(1).meta({ description: 'the environments it applies to, at least one' }),
    periods: z.array(period).min(1).meta({ description: 'promotions, freezes, closed times and holidays' }),
  })
  .superRefine(({ timeZone, periods }, context) => {
    if (!isTimeZone(timeZone)) return;
    periods.forEach((one, i) => {
      if (!isMoment(one.from) || !isMoment(one.to)) return;
      const say = (field: string, message: string) =>
        context.addIssue({ code: 'custom', path: ['periods', i, field], message });
      const [fromMs, toMs] = [instantOfMoment(one.from, timeZone), instantOfMoment(one.to, timeZone)];
      if (!(fromMs < toMs)) say('to', 'must come after from');
      const problem = one.repeat === undefined ? null : recurrenceProblem(one.repeat, wallOf(fromMs, timeZone));
      if (problem !== null) say('repeat', problem);
    });
  });
