import { z } from 'zod';
import { credentials, slug, subject } from './fields.js';

const role = z.enum(['viewer', 'responder', 'approver', 'deployer', 'commander', 'auditor', 'admin']);

/** `Tenant`: the environments of a retailer, and who may call us in its name. */
export const tenantSpec = z.strictObject({
  environments: z
    .array(z.strictObject({ name: slug }))
    .min(1)
    .meta({ description: 'the environments that releases enter, at least one' }),
  access: z
    .array(
      z.strictObject({
        subject,
        roles: z.array(role).min(1).meta({ description: 'one or more roles' }),
        credentials,
      }),
    )
    .default([])
    .meta({ description: 'people and services that may call, with roles and token references' }),
});
