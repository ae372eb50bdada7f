import { z } from 'zod';
import { duration, EACH_ONCE, isDistinct, secretRef } from '../fields.js';
import { httpUrl, reach } from './reachable.js';

/** What a probe of kind `kubernetes` can measure; `nodes` needs a right for the whole cluster. */
export const KUBERNETES_KPIS = ['pods', 'autoscalers', 'nodes'] as const;

const namespace = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
  .meta({ description: 'the name of a namespace' });

/** Settings of a probe of kind `kubernetes`; the probe reads them through this schema too. */
export const kubernetesSettings = z.strictObject({
  server: httpUrl
    .refine((url) => url.startsWith('https:'), { error: 'https only: a token is sent' })
    .default('https://kubernetes.default.svc')
    .meta({ description: 'the address of the API server, https only' }),
  token: secretRef
    .default({ file: '/var/run/secrets/kubernetes.io/serviceaccount/token' })
    .meta({ description: 'the token of a service account' }),
  ...reach,
  kpis: z.array(z.enum(KUBERNETES_KPIS)).min(1).refine(isDistinct(), EACH_ONCE).default(['pods', 'autoscalers']),
  namespaces: z
    .array(namespace)
    .min(1)
    .max(20)
    .refine(isDistinct(), EACH_ONCE)
    .meta({ description: 'the only namespaces that are asked about' }),
  selector: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .meta({ description: 'a label selector for pods and autoscalers, such as app.kubernetes.io/part-of=shop' }),
  pendingAfter: duration.default(120_000).meta({ description: 'how long a pod may rightly be pending' }),
  pageSize: z.int().min(10).max(500).default(250).meta({ description: 'objects per page of a list' }),
  itemsMax: z.int().min(10).max(20_000).default(5_000).meta({ description: 'objects per list at most' }),
  timeout: duration.default(10_000),
});
