import { z } from 'zod';
import { labelName } from './fields.js';

const metric = z
  .string()
  .min(1)
  .max(255)
  .meta({ description: 'the name of a metric at its sender, such as http_requests_total or http.server.duration' });
const label = z
  .string()
  .min(1)
  .max(255)
  .meta({ description: 'the name of a label or attribute, such as code or http.route' });
const value = z.string().max(255).meta({ description: 'a text, in which * stands for anything' });

const where = z
  .record(label, z.union([value, z.array(value).min(1)]))
  .default({})
  .meta({ description: 'labels and the text that each must have, or a list of them; * stands for anything' });

/** Which outside series a signal is read from, and how their labels become its dimensions. */
export const outsideSeries = z
  .strictObject({
    metric,
    where,
    of: z.strictObject({ metric, where }).optional().meta({
      description:
        'for form: proportion, the series that count everything; those above count the bad ones (the good ones where low is bad)',
    }),
    dimensions: z.record(labelName, label).default({}).meta({
      description:
        'dimensions whose label has another name: { store: shop_id }; environment, store and arm only where named here',
    }),
    bounds: z.array(z.number()).min(1).optional().meta({
      description: 'for form: histogram, the bounds of its buckets that are kept, ascending; absent: all of them',
    }),
  })
  .meta({ description: '{ metric: NAME, where: { LABEL: TEXT }, of: { metric: NAME } }' });
