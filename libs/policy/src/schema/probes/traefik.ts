import { z } from 'zod';
import { duration, secretRef } from '../fields.js';
import { checkPlainHttp, httpUrl, reach } from './reachable.js';

const nameMatcher = z
  .string()
  .min(1)
  .max(200)
  .refine(isRegularExpression, { error: 'must be a regular expression' })
  .meta({ description: 'a regular expression for the whole name' });

/** Settings of a probe of kind `traefik`; the probe reads them through this schema too. */
export const traefikSettings = z
  .strictObject({
    url: httpUrl.meta({ description: 'the metrics page of one Traefik, such as https://traefik.shop.example/metrics' }),
    token: secretRef.optional().meta({ description: 'sent as a bearer token' }),
    ...reach,
    services: z
      .array(nameMatcher)
      .default(['.*'])
      .meta({ description: 'which services are measured; those of Traefik itself (…@internal) never are' }),
    routers: z
      .array(nameMatcher)
      .default([])
      .meta({ description: 'which routers are measured; needs addRoutersLabels in Traefik' }),
    certificates: z.boolean().default(true),
    seriesMax: z.int().min(1).max(1_000).default(100).meta({ description: 'how many services or routers at most' }),
    timeout: duration.default(5_000),
  })
  .superRefine((settings, context) => {
    checkPlainHttp(settings.url, settings.allowPrivate, context, 'url');
    if (settings.services.length === 0 && settings.routers.length === 0 && !settings.certificates) {
      context.addIssue({ code: 'custom', path: ['services'], message: 'there is nothing to measure' });
    }
  });

function isRegularExpression(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}
