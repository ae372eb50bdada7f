import { z } from 'zod';
import { duration } from './fields.js';

const worseBy = z
  .number()
  .min(0)
  .max(10)
  .meta({ description: 'the tolerated relative change, from 0 to 10; 0.10 tolerates ten per cent more' });
const unacceptable = z.number().gt(1).max(100).meta({
  description: 'a ratio above 1: a pass needs evidence that the release is better than this many times worse',
});
const finite = z.number().meta({ description: 'a number in the unit of the signal' });
const limit = z.number().gt(0).meta({ description: 'bad of total, or events per unit of exposure; above 0' });

const windows = z
  .array(z.enum(['before', 'same-hours']))
  .min(1)
  .meta({
    description:
      'the history that is compared with: before (what came before the release), same-hours (the same hours of up to four earlier weeks), or both',
  });
const control = z
  .record(z.string(), z.string())
  .refine((where) => Object.keys(where).length > 0, { error: 'needs at least one dimension' })
  .meta({
    description:
      'dimensions and values of what does not get the release, such as { arm: stable }; absent: whatever lies outside the scope of the release',
  });

/** What a comparison may say besides its kind; each key belongs to some of the words of `against`. */
interface Comparison {
  readonly against: string;
  readonly worseBy?: number | undefined;
  readonly unacceptable?: number | undefined;
  readonly limit?: number | undefined;
  readonly windows?: readonly string[] | undefined;
  readonly control?: Readonly<Record<string, string>> | undefined;
}

type Say = (path: string, message: string) => void;

function checkComparison(test: Comparison, say: Say): void {
  const isLimit = test.against === 'limit';
  if (isLimit && test.limit === undefined) say('limit', 'is missing: against: limit needs the limit');
  if (!isLimit && test.limit !== undefined) say('limit', 'belongs to against: limit');
  if (isLimit && test.worseBy !== undefined) say('worseBy', 'a limit is the limit: nothing is tolerated on top of it');
  if (test.windows !== undefined && (isLimit || test.against === 'control'))
    say('windows', 'belongs to against: baseline and against: auto; nothing else is compared with history');
  if (test.windows !== undefined && new Set(test.windows).size < test.windows.length)
    say('windows', 'names a window twice');
  if (test.control !== undefined && test.against !== 'control') say('control', 'belongs to against: control');
  const tolerated = 1 + (test.worseBy ?? 0);
  if (test.unacceptable !== undefined && test.unacceptable <= tolerated)
    say('unacceptable', `can never be told from what is tolerated: it must be more than ${tolerated} times worse`);
}

const say =
  (context: z.core.$RefinementCtx): Say =>
  (path, message) =>
    context.addIssue({ code: 'custom', path: [path], message });

/** Sections 5.1 to 5.4 of the method: bad of total, or events of exposure. */
function countTest<K extends 'proportion' | 'rate'>(kind: K) {
  return z
    .strictObject({
      kind: z.literal(kind),
      against: z.enum(['auto', 'baseline', 'control', 'limit']),
      worseBy: worseBy.optional(),
      unacceptable: unacceptable.default(3),
      limit: limit.optional(),
      windows: windows.optional(),
      control: control.optional(),
    })
    .superRefine((test, context) => {
      checkComparison(test, say(context));
      if (kind === 'proportion' && test.limit !== undefined && test.limit >= 1)
        say(context)('limit', 'can never be breached: bad of total is never more than 1');
    });
}

/** Section 5.5: a value each interval. What is tolerated depends on whether its unit is one of time. */
const gaugeTest = z
  .strictObject({
    kind: z.literal('gauge'),
    against: z.enum(['auto', 'baseline', 'control', 'limit']),
    transform: z
      .enum(['log', 'none'])
      .default('log')
      .meta({ description: 'log (values above 0, compared by their ratio) or none (values as they are)' }),
    worseBy: worseBy.optional(),
    unacceptable: unacceptable.optional(),
    limit: finite.optional(),
    windows: windows.optional(),
    control: control.optional(),
  })
  .superRefine((test, context) => {
    checkComparison(test, say(context));
    if (test.transform === 'log' && test.limit !== undefined && test.limit <= 0)
      say(context)('limit', 'must be above 0: transform: log reads values above 0 only');
  });

/** Section 5.6: requests per bucket. Its tails pass below twice the baseline, always. */
const histogramTest = z
  .strictObject({
    kind: z.literal('histogram'),
    against: z.enum(['auto', 'baseline', 'control']),
    worseBy: worseBy.optional(),
    windows: windows.optional(),
    control: control.optional(),
  })
  .superRefine((test, context) => checkComparison(test, say(context)));

const burnRateRow = z.strictObject({
  long: duration,
  short: duration.optional(),
  factor: z.number().gt(0).meta({ description: 'how many times faster than promised the budget is spent; above 0' }),
});

/** Section 10.2: the error budget is spent too fast. */
const burnRateTest = z
  .strictObject({
    kind: z.literal('burn-rate'),
    objective: z
      .number()
      .gt(0)
      .lt(1)
      .meta({ description: 'the promised share of good ones, above 0 and below 1, such as 0.999' }),
    rows: z
      .array(burnRateRow)
      .min(1)
      .default([{ long: 3_600_000, short: 300_000, factor: 14.4 }])
      .meta({
        description: 'windows and factors, such as { long: 1h, short: 5m, factor: 14.4 }; short is a twelfth of long',
      }),
    badMin: z.int().min(1).default(3).meta({ description: 'bad ones that the long window must hold; at least 1' }),
    scope: z
      .enum(['release', 'rolling'])
      .default('release')
      .meta({ description: 'release (windows begin with the release) or rolling (they reach back before it)' }),
  })
  .superRefine((test, context) => {
    const most = 1 / (1 - test.objective);
    test.rows.forEach((row, i) => {
      const at = (field: string, message: string) =>
        context.addIssue({ code: 'custom', path: ['rows', i, field], message });
      if (row.short !== undefined && row.short >= row.long) at('short', 'must be shorter than long');
      // Where everything fails the budget burns 1/(1 − objective) times too fast, and no faster.
      if (row.factor > most * (1 + 1e-9))
        at('factor', `can never be breached: with this objective nothing burns more than ${rounded(most)} times`);
    });
  });

const rounded = (value: number): string => String(Number(value.toPrecision(3)));

/** Section 10.1: a value beyond a bound for a while. */
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
    const at = say(context);
    if ((test.above === undefined) === (test.below === undefined)) {
      context.addIssue({ code: 'custom', message: 'needs exactly one of above and below' });
      return;
    }
    if (test.above !== undefined && test.clearAbove !== undefined)
      at('clearAbove', 'belongs to below; above clears with clearBelow');
    if (test.below !== undefined && test.clearBelow !== undefined)
      at('clearBelow', 'belongs to above; below clears with clearAbove');
    if (test.above !== undefined && test.clearBelow !== undefined && test.clearBelow > test.above) {
      at('clearBelow', `must not lie beyond above (${test.above})`);
    }
    if (test.below !== undefined && test.clearAbove !== undefined && test.clearAbove < test.below) {
      at('clearAbove', `must not lie beyond below (${test.below})`);
    }
  });

/** How a signal is judged, by kind; defaults are those of the method. */
export const guardrailTest = z.discriminatedUnion('kind', [
  countTest('proportion'),
  countTest('rate'),
  gaugeTest,
  histogramTest,
  burnRateTest,
  thresholdTest,
]);
