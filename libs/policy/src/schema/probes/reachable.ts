import { z } from 'zod';

/** An http(s) address without user and password; where it leads is checked when it is asked. */
export const httpUrl = z
  .url({ protocol: /^https?$/ })
  .refine((url) => {
    const parsed = URL.parse(url);
    return parsed === null || (parsed.username === '' && parsed.password === '');
  }, 'an address must not hold a user or a password')
  .meta({ description: 'an https address without user and password; http only with allowPrivate: true' });

/** How an address may be asked: plain http and private networks by the operator's word, an own certificate authority. */
export const reach = {
  allowPrivate: z
    .boolean()
    .default(false)
    .meta({ description: 'allows private addresses, plain http to them, and any port' }),
  ca: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'the path of a file with the certificate authorities to trust, as PEM' }),
};

/** Plain http is only for what the operator called private. */
export function checkPlainHttp(
  url: string | undefined,
  allowPrivate: boolean,
  context: z.RefinementCtx,
  path: string,
): void {
  if (url === undefined || allowPrivate || URL.parse(url)?.protocol !== 'http:') return;
  context.addIssue({ code: 'custom', path: [path], message: 'plain http needs allowPrivate: true' });
}
