import { z } from 'zod';
import { secretRef } from '../fields.js';
import { checkPlainHttp, httpUrl, reach } from './reachable.js';

/** A document that somebody else writes: a file, or an address that answers it. */
export const publishedDocument = z
  .strictObject({
    file: z.string().min(1).optional().meta({ description: 'the path of a file' }),
    url: httpUrl.optional(),
    token: secretRef.optional().meta({ description: 'sent as a bearer token' }),
    ...reach,
  })
  .superRefine(({ file, url, allowPrivate }, context) => {
    if ((file === undefined) === (url === undefined)) {
      context.addIssue({ code: 'custom', message: 'needs exactly one of file and url' });
    }
    checkPlainHttp(url, allowPrivate, context, 'url');
  })
  .meta({ description: '{ file: PATH }, or { url: ADDRESS } with token, ca and allowPrivate' });

/** A document's place, as a probe reads it. */
export type PublishedDocument = z.output<typeof publishedDocument>;
