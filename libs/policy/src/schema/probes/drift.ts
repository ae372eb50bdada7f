import { z } from 'zod';
import { duration, secretRef } from '../fields.js';
import { publishedDocument } from './published-document.js';
import { checkPlainHttp, httpUrl, reach } from './reachable.js';

const namespace = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
  .meta({ description: 'the name of a namespace' });

const cluster = z
  .strictObject({
    server: httpUrl.default('https://kubernetes.default.svc').meta({ description: 'the address of the API server' }),
    token: secretRef
      .default({ file: '/var/run/secrets/kubernetes.io/serviceaccount/token' })
      .meta({ description: 'the token of a service account' }),
    namespace: namespace.meta({ description: 'the namespace of objects whose manifest names none' }),
    pods: z.boolean().default(true).meta({ description: 'whether the images of running pods are compared too' }),
    ...reach,
  })
  .superRefine(({ server, allowPrivate }, context) => checkPlainHttp(server, allowPrivate, context, 'server'));

/** Settings of a probe of kind `drift`; the probe reads them through this schema too. */
export const driftSettings = z.strictObject({
  declared: publishedDocument.meta({
    description: 'the rendered manifests: { file: a file or a folder of YAML } or { url: ADDRESS }',
  }),
  running: z
    .strictObject({ kubernetes: cluster.optional(), inventory: publishedDocument.optional() })
    .refine(({ kubernetes, inventory }) => (kubernetes === undefined) !== (inventory === undefined), {
      error: 'needs exactly one of kubernetes and inventory',
    }),
  ignore: z
    .array(z.string().min(1).max(200))
    .max(50)
    .default([])
    .meta({ description: 'fields that may differ, such as Deployment/shop/odoo/replicas; * stands for anything' }),
  objectsMax: z.int().min(1).max(1_000).default(200).meta({ description: 'how many objects are compared at most' }),
  timeout: duration.default(10_000),
});
