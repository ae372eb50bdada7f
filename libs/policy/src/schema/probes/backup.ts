import { z } from 'zod';
import { duration, secretRef } from '../fields.js';
import { publishedDocument } from './published-document.js';

/** Settings of a probe of kind `backup`; the probe reads them through this schema too. */
export const backupSettings = z
  .strictObject({
    pgbackrest: z
      .strictObject({
        info: publishedDocument.meta({
          description: 'where the output of "pgbackrest info --output=json" is: { file: PATH } or { url: ADDRESS }',
        }),
        stanza: z.string().min(1).max(100),
        repo: z.int().min(1).max(256).optional().meta({ description: 'one repository; absent: whichever is newest' }),
      })
      .optional(),
    archiver: z
      .strictObject({
        connection: secretRef.meta({
          description: '{ env: NAME } or { file: PATH }: where the URL of the primary is; any role may ask',
        }),
        statementTimeout: duration.default(5_000),
      })
      .optional(),
    restoreTest: publishedDocument
      .optional()
      .meta({ description: 'where the time of the last tested restore is: { file: PATH } or { url: ADDRESS }' }),
    timeout: duration.default(10_000),
  })
  .refine(({ pgbackrest, archiver, restoreTest }) => pgbackrest ?? archiver ?? restoreTest, {
    error: 'needs pgbackrest, archiver or restoreTest',
  });
