import { z } from 'zod';
import { duration, secretRef, slug } from '../fields.js';
import { checkPlainHttp, httpUrl, reach } from './reachable.js';
import { unknownTemplates } from './templates.js';

const headerName = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/)
  .meta({ description: 'the name of a header' });
const headers = z.record(headerName, z.string()).default({});
const jsonPath = z
  .string()
  .regex(/^[^.[\]]+(\.[^.[\]]+|\[\d+\])*$/)
  .meta({ description: 'a place in a JSON document such as result.lines[0].id' });
const captureName = z
  .string()
  .regex(/^[a-z][A-Za-z0-9]{0,39}$/)
  .refine((name) => name !== 'run', '"run" is the name of the run')
  .meta({ description: 'letters and digits, beginning with a small letter; used as {{name}}' });

const expectation = z.strictObject({
  status: z.array(z.int().min(100).max(599)).min(1).optional().meta({ description: 'allowed statuses, such as [200]' }),
  text: z.array(z.string().min(1)).default([]).meta({ description: 'texts that the body must hold' }),
  notText: z.array(z.string().min(1)).default([]).meta({ description: 'texts that the body must not hold' }),
  json: z
    .array(
      z.strictObject({
        path: jsonPath,
        equals: z.union([z.string(), z.number(), z.boolean(), z.null()]).optional(),
      }),
    )
    .default([])
    .meta({ description: 'places in a JSON body that must be there, and what they must be equal to' }),
});

const capture = z
  .strictObject({
    name: captureName,
    header: headerName.optional(),
    json: jsonPath.optional(),
    after: z.string().min(1).optional().meta({ description: 'the text in the body just before the value' }),
    before: z.string().min(1).optional().meta({ description: 'the text in the body just after the value' }),
  })
  .refine(
    ({ header, json, after, before }) =>
      [header, json, after].filter((one) => one !== undefined).length === 1 &&
      (after === undefined) === (before === undefined),
    { error: 'needs exactly one of header, json, and after with before' },
  );

const step = z
  .strictObject({
    name: slug,
    method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
    url: z.string().min(1).meta({ description: 'a path of baseUrl, or an address of an allowed origin' }),
    headers,
    form: z.record(z.string(), z.string()).optional().meta({ description: 'the fields of a form' }),
    json: z.record(z.string(), z.unknown()).optional().meta({ description: 'a JSON body' }),
    timeout: duration.optional(),
    followRedirects: z.boolean().default(true),
    expect: expectation.prefault({}),
    capture: z.array(capture).max(20).default([]),
  })
  .superRefine((one, context) => {
    const hasBody = one.form !== undefined || one.json !== undefined;
    const fail = (message: string) => context.addIssue({ code: 'custom', message });
    if (one.form !== undefined && one.json !== undefined) fail('has form and json; a request has one body');
    if (hasBody && (one.method === 'GET' || one.method === 'HEAD')) fail(`a ${one.method} has no body`);
  });

const marked = z.string().min(1).default('rg-probe:{{run}}');

/** What tells a run from a customer: without it the journey would be counted as trade. */
const marker = z
  .strictObject({
    header: z.strictObject({ name: headerName, value: marked }).optional(),
    field: z
      .strictObject({
        name: jsonPath.meta({ description: 'the name of a form field, or a place in a JSON body' }),
        value: marked,
        steps: z
          .array(slug)
          .min(1)
          .optional()
          .meta({ description: 'the steps that carry it; absent: all with a body' }),
      })
      .optional(),
  })
  .refine(({ header, field }) => header !== undefined || field !== undefined, {
    error: 'needs header, field or both: what tells the run from a customer',
  })
  .meta({ description: '{ header: { name, value } } or { field: { name, value, steps } }, or both' });

/** Settings of a probe of kind `http-journey`. */
export const httpJourneySettings = z
  .strictObject({
    baseUrl: httpUrl,
    marker,
    secrets: z
      .record(captureName, secretRef)
      .default({})
      .meta({ description: 'where secrets are, by the name with which steps use them: {{secret.name}}' }),
    steps: z.array(step).min(1).max(30),
    timeout: duration.default(10_000),
    totalTimeout: duration.default(30_000),
    bodyBytes: z.int().min(1_000).max(10_000_000).default(1_000_000).meta({ description: 'the longest answer read' }),
    redirects: z
      .strictObject({
        max: z.int().min(0).max(20).default(5),
        origins: z.array(httpUrl).default([]).meta({ description: 'other origins that the journey may reach' }),
      })
      .prefault({}),
    control: httpUrl.optional().meta({
      description: 'an address outside the shop whose answer shows that our own network works',
    }),
    ...reach,
  })
  .superRefine((settings, context) => {
    const problem = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    const { allowPrivate } = settings;
    checkPlainHttp(settings.baseUrl, allowPrivate, context, 'baseUrl');
    checkPlainHttp(settings.control, allowPrivate, context, 'control');
    const names = settings.steps.map(({ name }) => name);
    names.forEach((name, i) => {
      if (names.indexOf(name) !== i) problem(['steps', i, 'name'], `"${name}" stands here twice`);
    });
    for (const { path, name } of unknownTemplates(settings)) {
      problem(path, `{{${name}}} is not known here: a secret, "run", or a value captured by an earlier step`);
    }
    const { field } = settings.marker;
    if (field === undefined) return;
    const withBody = settings.steps.filter(({ form, json }) => form !== undefined || json !== undefined);
    if (withBody.length === 0) problem(['marker', 'field'], 'no step has a form or a JSON body to carry it');
    field.steps?.forEach((name, i) => {
      const carries = withBody.some((one) => one.name === name);
      if (!carries) problem(['marker', 'field', 'steps', i], `there is no step "${name}" with a form or a JSON body`);
    });
  });
