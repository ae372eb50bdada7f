import type { Criticality, DecisionPolicy } from '@parapet/decisions';
import type { GuardrailPolicy } from '@parapet/guardrails';
import type { SignalDeclaration } from '@parapet/signals';
import type { SignalForm } from './built-in-signals/index.js';
import type { AskedPrometheus, SignalQuery } from './asked-prometheus.js';
import type { ProbeKind } from './schema/probes/index.js';
import type { OpeningHours } from './opening-hours.js';
import type { TradingCalendar } from './calendar.js';
import type { SourceKind } from './source-kinds.js';

/** Where a secret is, never what it is. */
export type SecretRef = { readonly env: string } | { readonly file: string };
/** A credential presented to us: where it is, or its SHA-256 (hex) when only comparing is needed. */
export type CredentialRef = SecretRef | { readonly sha256: string };

export type Role = 'viewer' | 'responder' | 'approver' | 'deployer' | 'commander' | 'auditor' | 'admin';

/** A person or service that may call us, and how it proves who it is. Several credentials: while exchanging one. */
export interface Access {
  readonly subject: string;
  readonly roles: readonly Role[];
  readonly credentials: readonly CredentialRef[];
}

export interface TenantConfiguration {
  readonly name: string;
  readonly environments: readonly { readonly name: string }[];
  readonly access: readonly Access[];
}

/** A declared object that an actuation changes: so far a generic signed webhook (interfaces 15). */
export interface Target {
  readonly name: string;
  readonly kind: 'webhook';
  readonly url: string;
  /** Standard Webhooks secret, `whsec_…`. */
  readonly secret: SecretRef;
  /** Only in this environment; absent: in all. */
  readonly environment?: string;
  readonly timeoutMs: number;
  /** Plain http and private addresses need the operator's word. */
  readonly allowPrivate: boolean;
}

/** One scheduled measurement. `settings` are checked by the probe's own schema. */
export interface ProbeConfiguration {
  readonly name: string;
  readonly kind: ProbeKind;
  readonly environment: string;
  readonly everyMs: number;
  /** How many measurements may reach the target at once; absent: one. */
  readonly perTarget?: number;
  /** When the shops it measures are open; absent: always. */
  readonly hours?: OpeningHours;
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface WorkloadConfiguration {
  readonly name: string;
  readonly criticality: Criticality;
  readonly guardrailPolicy: string;
  readonly decisionPolicy: string;
  readonly components: readonly { readonly name: string; readonly target: string }[];
  readonly targets: readonly Target[];
  readonly probes: readonly ProbeConfiguration[];
  readonly owners: readonly string[];
}

/** The label set of an always-firing alert, and how often it should be heard. */
export interface Heartbeat {
  readonly labels: Readonly<Record<string, string>>;
  readonly periodMs: number;
  readonly isRequired: boolean;
}

/** Labels and the texts of which each must have one; `*` in a text stands for anything. */
export type LabelTexts = Readonly<Record<string, readonly string[]>>;

/** Which series of a sender a signal is read from. */
export interface OutsideSeriesRef {
  readonly metric: string;
  readonly where: LabelTexts;
  /** The series that count everything, of which those above count the bad ones, or the good ones where low is bad. */
  readonly of: { readonly metric: string; readonly where: LabelTexts } | null;
  /** The label that a dimension is read from; declared dimensions that are not named are read from labels of their own name. */
  readonly dimensions: Readonly<Record<string, string>>;
  /** Bounds of a histogram's buckets that are kept, ascending; null: as they come. */
  readonly bounds: readonly number[] | null;
}

/** A signal as a source declares it. */
export interface DeclaredSignal extends SignalDeclaration {
  /** What its samples are, where the source says it. */
  readonly form?: SignalForm;
  /** Where it is read from, of a source that sends whole series. */
  readonly from?: OutsideSeriesRef;
  /** What is asked, of a source that is asked. */
  readonly query?: SignalQuery;
}

/** A client certificate bound to a source: by a name in it that our client authority vouches for, or that very one (SHA-256 of its DER, hex). */
export type CertificateRef = { readonly name: string } | { readonly sha256: string };

/** A sender of signals: credentials, environments, heartbeat, declared signals. */
export interface SignalSource {
  readonly name: string;
  readonly kind: SourceKind;
  readonly credentials: readonly CredentialRef[];
  /** Client certificates that prove the same as a credential; absent: none do. */
  readonly certificates?: readonly CertificateRef[];
  /** `both`: neither a credential nor a certificate is enough alone. Absent: one is. */
  readonly requires?: 'one' | 'both';
  /** With it every body has to be signed (kind: grafana). */
  readonly secret?: SecretRef;
  readonly environments: readonly string[];
  readonly heartbeat: Heartbeat | null;
  readonly signals: readonly DeclaredSignal[];
  readonly repeatIntervalMs: number;
  readonly groupIntervalMs: number;
  readonly doubtMs: number;
  /** How long a pushed alert holds that names no end (kind: prometheus); absent where firings are repeated at an interval. */
  readonly leaseMs?: number;
  /** The other source of a pair: two witnesses of one alert. */
  readonly pairedWith: string | null;
  /** The label that names a release; `release` unless said otherwise. */
  readonly releaseLabel: string;
  /** The Prometheus that is asked, for signals or how doubtful alerts stand; absent: none is. */
  readonly prometheus?: AskedPrometheus;
  /** How much of the past fills the baseline of a new signal (kind: prometheus-query). */
  readonly historyMs?: number;
  readonly requests: { readonly perSecond: number; readonly burst: number };
}

/** Everything declared for one tenant at one revision. */
export interface Configuration {
  readonly tenant: TenantConfiguration;
  readonly revision: number;
  readonly workloads: readonly WorkloadConfiguration[];
  readonly guardrailPolicies: readonly GuardrailPolicy[];
  readonly decisionPolicies: readonly DecisionPolicy[];
  readonly signalSources: readonly SignalSource[];
  readonly calendars: readonly TradingCalendar[];
}
