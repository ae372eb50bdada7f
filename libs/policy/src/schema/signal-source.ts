import { z } from 'zod';
import { ALERT_KINDS, SAMPLE_KINDS } from '../source-kinds.js';
import { duration, labelName, signalName, slug } from './fields.js';
import { outsideSeries } from './outside-series.js';
import { checkProof, proof } from './source-proof.js';

/** Senders of whole series, of which only what is declared is kept. */
export const SERIES_KINDS: readonly string[] = ['remote-write', 'otlp'];

const signal = z.strictObject({
  name: signalName,
  unit: z.string().min(1).max(40).meta({ description: 'the unit of a value, such as seconds, orders or ratio' }),
  badDirection: z.enum(['high', 'low']),
  form: z.enum(['proportion', 'rate', 'gauge', 'histogram']).optional().meta({
    description:
      'what its samples are: proportion (count of total), rate (count of exposure), gauge (a value) or histogram; absent: not checked',
  }),
  temporality: z.enum(['delta', 'cumulative']).default('delta'),
  dimensions: z.array(labelName).default([]).meta({ description: 'dimensions besides environment, store and arm' }),
  interval: duration.default(15_000),
  lateness: duration.optional(),
  from: outsideSeries.optional(),
});

/** `SignalSource`: a sender of signals, its credentials and what it may say. */
export const signalSourceSpec = z
  .strictObject({
    kind: z.enum([...ALERT_KINDS, ...SAMPLE_KINDS]),
    ...proof,
    environments: z
      .array(slug)
      .min(1)
      .meta({ description: 'environments of the tenant; the first stands where a message names none' }),
    heartbeat: z
      .strictObject({
        labels: z
          .record(z.string(), z.string())
          .refine((labels) => Object.keys(labels).length > 0, { error: 'needs at least one label' })
          .meta({ description: 'labels of an always-firing alert, such as { alertname: Watchdog }' }),
        period: duration,
        required: z.boolean().default(true),
      })
      .optional(),
    signals: z
      .array(signal)
      .default([])
      .meta({ description: 'the signals it sends: name, unit and badDirection of each' }),
    repeatInterval: duration.default(120_000),
    groupInterval: duration.default(15_000),
    lease: duration.optional().meta({
      description: 'kind: prometheus: how long a pushed alert holds that names no end (4m unless given)',
    }),
    doubt: duration.default(900_000),
    pairedWith: slug.optional().meta({
      description: 'the other SignalSource of a pair: two Alertmanagers, or a Prometheus and its Alertmanager',
    }),
    releaseLabel: labelName.default('release'),
    requests: z
      .strictObject({
        perSecond: z.number().gt(0).max(100_000).default(50),
        burst: z.int().min(1).max(1_000_000).default(200),
      })
      .prefault({}),
  })
  .superRefine((source, context) => {
    const say = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    checkProof(source, say);
    if (source.lease !== undefined && source.kind !== 'prometheus') say('lease', 'belongs to kind: prometheus');
    if ((ALERT_KINDS as readonly string[]).includes(source.kind)) {
      if (source.signals.length > 0)
        say('signals', 'belongs to kind: samples; alerts are chosen by the matchers of a guardrail');
      return;
    }
    if (source.signals.length === 0) say('signals', `is missing: ${whySignals(source.kind)}`);
    for (const name of ['heartbeat', 'pairedWith'] as const)
      if (source[name] !== undefined) say(name, `belongs to kind: ${ALERT_KINDS.join(', ')}`);
  });

function whySignals(kind: string): string {
  return SERIES_KINDS.includes(kind)
    ? 'of all that this source sends only the declared signals are kept'
    : 'a source of samples declares the signals it sends';
}
