import { z } from 'zod';
import { ALERT_KINDS, ASKED_KIND, SAMPLE_KINDS } from '../source-kinds.js';
import { askedPrometheus, signalQuery } from './asked-prometheus.js';
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
  query: signalQuery.optional(),
});

/** `SignalSource`: a sender of signals, its credentials and what it may say. */
export const signalSourceSpec = z
  .strictObject({
    kind: z.enum([...ALERT_KINDS, ...SAMPLE_KINDS, ASKED_KIND]),
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
    prometheus: askedPrometheus.optional().meta({
      description: `the Prometheus that is asked: for the signals of kind: ${ASKED_KIND}, and how doubtful alerts stand`,
    }),
    every: duration
      .optional()
      .meta({ description: `kind: ${ASKED_KIND}: the time between two questions (1m unless given)` }),
    history: duration.optional().meta({
      description: `kind: ${ASKED_KIND}: how much of the past fills the baseline, once, when a signal is new (28d unless given)`,
    }),
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
    checkAsked(source, say);
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

interface Asked {
  readonly kind: string;
  readonly prometheus?: unknown;
  readonly every?: number | undefined;
  readonly history?: number | undefined;
}

function checkAsked(source: Asked, say: (path: string, message: string) => void): void {
  const isAsked = source.kind === ASKED_KIND;
  if (isAsked && source.prometheus === undefined)
    say('prometheus', 'is missing: { url: https://… } of the Prometheus that is asked');
  if (!isAsked && source.prometheus !== undefined && !(ALERT_KINDS as readonly string[]).includes(source.kind))
    say('prometheus', `belongs to kind: ${[ASKED_KIND, ...ALERT_KINDS].join(', ')}`);
  for (const name of ['every', 'history'] as const)
    if (!isAsked && source[name] !== undefined) say(name, `belongs to kind: ${ASKED_KIND}`);
  const { every, history } = source;
  if (every !== undefined && (every < EVERY_MS_MIN || every > EVERY_MS_MAX)) say('every', 'must be from 1s to 1h');
  if (history !== undefined && history > HISTORY_MS_MAX)
    say('history', 'must be at most 35d: no baseline looks further back');
}

const EVERY_MS_MIN = 1_000;
const EVERY_MS_MAX = 3_600_000;
const HISTORY_MS_MAX = 35 * 24 * 3_600_000;

function whySignals(kind: string): string {
  if (kind === ASKED_KIND) return 'it says what is asked';
  return SERIES_KINDS.includes(kind)
    ? 'of all that this source sends only the declared signals are kept'
    : 'a source of samples declares the signals it sends';
}
