import { z } from 'zod';
import { duration, EACH_ONCE, isDistinct, secretRef, slug } from '../fields.js';
import { reach } from './reachable.js';

const staleKeys = z
  .strictObject({
    name: slug,
    match: z.string().min(1).max(200).meta({ description: 'a pattern as SCAN takes it, such as page:*' }),
    mustExpire: z.boolean().default(true).meta({ description: 'a key without an expiry is stale' }),
    ttl: duration.optional().meta({ description: 'the expiry that the shop sets when it writes such a key' }),
    maxAge: duration.optional().meta({ description: 'written longer ago than this is stale; needs ttl' }),
    maxIdle: duration.optional().meta({ description: 'neither read nor written for longer than this is stale' }),
  })
  .superRefine(({ ttl, maxAge, maxIdle, mustExpire }, context) => {
    if ((ttl === undefined) !== (maxAge === undefined)) {
      const message = 'ttl and maxAge belong together: the age of a key is its ttl less what is left of it';
      context.addIssue({ code: 'custom', path: [ttl === undefined ? 'ttl' : 'maxAge'], message });
    } else if (ttl !== undefined && maxAge !== undefined && maxAge >= ttl) {
      context.addIssue({ code: 'custom', path: ['maxAge'], message: 'must be shorter than ttl: no key gets older' });
    }
    if (!mustExpire && ttl === undefined && maxIdle === undefined) {
      context.addIssue({ code: 'custom', path: ['mustExpire'], message: 'no key could ever be stale' });
    }
  });

/** Settings of a probe of kind `redis`; the probe reads them through this schema too. */
export const redisSettings = z.strictObject({
  connection: secretRef.meta({
    description: '{ env: NAME } or { file: PATH }: where the URL is, redis://user:password@host:port/0 or rediss://…',
  }),
  ca: reach.ca,
  pings: z.int().min(1).max(50).default(5).meta({ description: 'round trips per measurement; the slowest counts' }),
  staleKeys: z
    .array(staleKeys)
    .max(10)
    .refine(
      isDistinct((one: { readonly name: string }) => one.name),
      EACH_ONCE,
    )
    .default([])
    .meta({ description: 'kinds of keys that may be left over after a release' }),
  scan: z
    .int()
    .min(100)
    .max(100_000)
    .default(1_000)
    .meta({ description: 'how many keys SCAN may pass over per measurement and kind of key' }),
  timeout: duration.default(2_000).meta({ description: 'for connecting, and for each command' }),
});
