import { z } from 'zod';
import { duration, secretRef } from '../fields.js';
import { checkPlainHttp, httpUrl, reach } from './reachable.js';

/** Settings of a probe of kind `object-storage`; the probe reads them through this schema too. */
export const objectStorageSettings = z
  .strictObject({
    endpoint: httpUrl.meta({ description: 'the address of the storage, such as https://s3.eu-west-1.amazonaws.com' }),
    region: z
      .string()
      .regex(/^[a-z0-9-]{1,40}$/)
      .default('us-east-1')
      .meta({ description: 'a region such as eu-west-1' }),
    bucket: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)
      .meta({ description: 'the name of a bucket' }),
    pathStyle: z
      .boolean()
      .default(true)
      .meta({ description: 'true: https://endpoint/bucket, false: https://bucket.endpoint' }),
    prefix: z.string().max(500).default('').meta({ description: 'what the keys of the artifact begin with' }),
    suffix: z.string().max(100).default('').meta({ description: 'what they end with, such as .dump.zst' }),
    credentials: z.strictObject({
      accessKeyId: secretRef,
      secretAccessKey: secretRef,
      sessionToken: secretRef.optional(),
    }),
    pages: z
      .int()
      .min(1)
      .max(100)
      .default(10)
      .meta({ description: 'how many pages of 1000 versions are read at most' }),
    timeout: duration.default(10_000),
    ...reach,
  })
  .superRefine(({ endpoint, allowPrivate }, context) => {
    checkPlainHttp(endpoint, allowPrivate, context, 'endpoint');
    if (URL.parse(endpoint)?.search !== '') {
      context.addIssue({ code: 'custom', path: ['endpoint'], message: 'an endpoint has no query' });
    }
  });
