import type { InstantMs } from '@parapet/kernel';

/** An alert that a rule holds at this moment: `pending` has not lasted long enough to fire. */
export interface ActiveAlert {
  readonly state: 'pending' | 'firing';
  /** With the labels that are added on the way to us, as far as they are known. */
  readonly fingerprint: string;
  /** Without them. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** When the expression first held; before it fired. */
  readonly activeAtMs: InstantMs | null;
}

/** What a Prometheus says of one of its alerting rules; times are by our clock. */
export interface RuleStatement {
  /** The `alertname` of its alerts. */
  readonly name: string;
  /** Labels that every alert of the rule has; those made from a template are not among them. */
  readonly labels: Readonly<Record<string, string>>;
  readonly isHealthy: boolean;
  /** Null for a rule that was never evaluated. */
  readonly evaluatedAtMs: InstantMs | null;
  readonly intervalMs: number;
  readonly alerts: readonly ActiveAlert[];
}

/** The answer of a source's Prometheus to our question how its alerts stand (interfaces 7). */
export interface PrometheusAnswer {
  readonly askedAtMs: InstantMs;
  readonly rules: readonly RuleStatement[];
  /** What the Prometheus adds to alerts on their way out, by our configuration; never over a label that an alert has. */
  readonly externalLabels: Readonly<Record<string, string>>;
}
