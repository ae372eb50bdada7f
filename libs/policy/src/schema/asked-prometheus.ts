import { z } from 'zod';
import { duration, labelName, secretRef } from './fields.js';
import { checkPlainHttp, httpUrl, reach } from './probes/reachable.js';

/** A length of time that a query may name: replaced by the time between two questions, or of the past by the length of its steps. */
export const WINDOW = '$window';

const promql = z
  .string()
  .min(1)
  .max(20_000)
  .meta({ description: `PromQL; ${WINDOW} stands for the time since the question before` });

/** A Prometheus that we ask, and how. */
export const askedPrometheus = z
  .strictObject({
    url: httpUrl,
    bearer: secretRef.optional(),
    basic: z.strictObject({ user: z.string().min(1), password: secretRef }).optional(),
    ...reach,
    timeout: duration.default(10_000),
    scrapeInterval: duration.default(15_000).meta({
      description: 'how often it scrapes: a question is about an instant this much, and 5 s, before now',
    }),
    externalLabels: z.record(labelName, z.string()).default({}).meta({
      description:
        'the external_labels of its configuration: alerts have them on their way to us, its own answers do not',
    }),
  })
  .superRefine((asked, context) => {
    checkPlainHttp(asked.url, asked.allowPrivate, context, 'url');
    if (asked.bearer !== undefined && asked.basic !== undefined)
      context.addIssue({ code: 'custom', path: ['basic'], message: 'stands beside bearer: one of them' });
  });

/** What of a signal is asked: a value, a count with what it is of, or cumulative buckets. */
export const signalQuery = z
  .strictObject({
    value: promql.optional(),
    count: promql.optional(),
    of: promql.optional(),
    buckets: promql.optional(),
    dimensions: z.record(labelName, labelName).default({}).meta({
      description:
        'the label that a dimension is read from, such as { store: shop }; others are read from labels of their own name',
    }),
  })
  .meta({ description: '{ value: PROMQL }, { count: PROMQL, of: PROMQL } or { buckets: PROMQL }' });
