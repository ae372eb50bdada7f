/** A metric's kind, meaning and labels. */
export interface MetricDeclaration {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds; only of histograms. */
  readonly buckets?: readonly number[];
}

/** Seconds, from a statement in memory to the longest that a sender waits. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;

/**
 * Every metric of every service: its name, its labels, nowhere else. Labels hold names from the configuration and words of the code,
 * never anything a sender may choose freely.
 */
export const METRICS = {
  parapet_http_requests_total: {
    kind: 'counter',
    help: 'HTTP requests answered.',
    labels: ['route', 'method', 'status'],
  },
  parapet_http_request_seconds: {
    kind: 'histogram',
    help: 'Time from a request to its answer.',
    labels: ['route', 'method'],
    buckets: SECONDS,
  },
  parapet_dependency_up: {
    kind: 'gauge',
    help: '1 while a server that this service needs answers.',
    labels: ['dependency'],
  },

  parapet_messages_handled_total: {
    kind: 'counter',
    help: 'Messages of the journal or the signals by how their handling ended.',
    labels: ['consumer', 'outcome'],
  },
  parapet_message_seconds: {
    kind: 'histogram',
    help: 'Time a message or a batch was handled.',
    labels: ['consumer'],
    buckets: SECONDS,
  },
  parapet_dead_letters_total: { kind: 'counter', help: 'Messages set aside.', labels: ['consumer'] },
  parapet_journal_rows_total: { kind: 'counter', help: 'Rows appended to the journal.', labels: ['type'] },
  parapet_relay_published_total: { kind: 'counter', help: 'Journal rows published to EVENTS.', labels: [] },
  parapet_relay_lag_seconds: {
    kind: 'histogram',
    help: 'Time from a row in the journal to its confirmation by EVENTS.',
    labels: [],
    buckets: SECONDS,
  },
  parapet_configuration_revision: { kind: 'gauge', help: 'Revision of the configuration in use.', labels: ['tenant'] },

  parapet_ingest_messages_total: {
    kind: 'counter',
    help: 'Messages from senders by answer.',
    labels: ['door', 'tenant', 'source', 'status'],
  },
  parapet_ingest_records_total: {
    kind: 'counter',
    help: 'Alerts and samples stored.',
    labels: ['door', 'tenant', 'source'],
  },
  parapet_ingest_dropped_total: {
    kind: 'counter',
    help: 'Points of outside series that became no sample, by reason.',
    labels: ['door', 'tenant', 'source', 'reason'],
  },
  parapet_ingest_bytes_total: {
    kind: 'counter',
    help: 'Bytes of bodies taken in, as they came.',
    labels: ['door', 'tenant', 'source'],
  },
  parapet_ingest_seconds: {
    kind: 'histogram',
    help: 'Time from a whole request to its answer.',
    labels: ['door'],
    buckets: SECONDS,
  },
  parapet_query_total: {
    kind: 'counter',
    help: 'Questions to the Prometheus of a source by how they ended.',
    labels: ['tenant', 'source', 'outcome'],
  },
  parapet_query_seconds: {
    kind: 'histogram',
    help: 'Time from a question to the Prometheus of a source to its answer.',
    labels: ['tenant', 'source'],
    buckets: SECONDS,
  },
  parapet_query_history_left_seconds: {
    kind: 'gauge',
    help: 'How much of the past is still to be asked for, of all signals of a source.',
    labels: ['tenant', 'source'],
  },
  parapet_ingest_refused_total: {
    kind: 'counter',
    help: 'Messages refused, by code.',
    labels: ['door', 'tenant', 'source', 'code'],
  },
  parapet_ingest_limited_total: {
    kind: 'counter',
    help: 'Messages held back by a rate limit.',
    labels: ['tenant', 'source'],
  },
  parapet_redis_fallbacks_total: {
    kind: 'counter',
    help: 'Times that Redis was away and something went on without it.',
    labels: ['use'],
  },

  parapet_probe_runs_total: {
    kind: 'counter',
    help: 'Measurements by outcome: measured, or why not.',
    labels: ['tenant', 'probe', 'kpi', 'outcome'],
  },
  parapet_probe_seconds: {
    kind: 'histogram',
    help: 'Time that one measurement kept its target busy.',
    labels: ['tenant', 'probe', 'kpi'],
    buckets: SECONDS,
  },
  parapet_probe_rows_total: {
    kind: 'counter',
    help: 'Rows that measurements made their target send.',
    labels: ['tenant', 'probe', 'kpi'],
  },
  parapet_probe_windows_total: {
    kind: 'counter',
    help: 'Windows by what became of them: measured, or truncated.',
    labels: ['tenant', 'probe', 'kpi', 'outcome'],
  },
  parapet_probe_behind_seconds: {
    kind: 'gauge',
    help: 'How much of the past could be measured and is not yet.',
    labels: ['tenant', 'probe', 'kpi'],
  },
  parapet_probe_circuit_open: {
    kind: 'gauge',
    help: 'Whether a target of measurements is left alone, because it failed too often in a row.',
    labels: ['target'],
  },
  parapet_probe_circuit_changes_total: {
    kind: 'counter',
    help: 'Times that a target of measurements was left alone, or answered again.',
    labels: ['target', 'to'],
  },

  parapet_partitions_owned: { kind: 'gauge', help: 'Partitions of this instance.', labels: [] },
  parapet_partition_lag_seconds: {
    kind: 'gauge',
    help: 'Age of the newest handled message of a partition.',
    labels: ['partition'],
  },
  parapet_signals_judged_total: { kind: 'counter', help: 'Messages of SIGNALS folded into state.', labels: [] },
  parapet_verdicts_total: { kind: 'counter', help: 'Changes of verdict.', labels: ['tenant', 'verdict'] },
  parapet_watches_open: { kind: 'gauge', help: 'Releases under watch.', labels: [] },
  parapet_source_silent: {
    kind: 'gauge',
    help: '1 while a source that should be heard is silent.',
    labels: ['tenant', 'source'],
  },

  parapet_decisions_total: { kind: 'counter', help: 'Decisions by outcome.', labels: ['tenant', 'outcome'] },
  parapet_proposals_total: { kind: 'counter', help: 'Ends of proposals.', labels: ['tenant', 'end'] },
  parapet_proposals_open: { kind: 'gauge', help: 'Proposals that wait for a person.', labels: ['tenant'] },

  parapet_actuations_total: { kind: 'counter', help: 'Ends of actuations.', labels: ['tenant', 'outcome'] },
  parapet_verifications_total: { kind: 'counter', help: 'Ends of verifications.', labels: ['tenant', 'outcome'] },
  parapet_target_request_seconds: {
    kind: 'histogram',
    help: 'Time of a request to a target.',
    labels: ['target'],
    buckets: SECONDS,
  },
} as const satisfies Readonly<Record<string, MetricDeclaration>>;

export type MetricName = keyof typeof METRICS;
/** The labels of a metric, all of them, each with a value. */
export type LabelsOf<N extends MetricName> = Readonly<Record<(typeof METRICS)[N]['labels'][number], string>>;
type NameOf<K extends MetricDeclaration['kind']> = {
  [N in MetricName]: (typeof METRICS)[N]['kind'] extends K ? N : never;
}[MetricName];
export type CounterName = NameOf<'counter'>;
export type GaugeName = NameOf<'gauge'>;
export type HistogramName = NameOf<'histogram'>;
