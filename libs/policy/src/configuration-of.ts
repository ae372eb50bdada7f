import { invariant } from '@parapet/kernel';
import type { SignalDeclaration } from '@parapet/signals';
import { BUILT_IN_SIGNALS, doesMeasure } from './built-in-signals/index.js';
import type {
  CertificateRef,
  Configuration,
  CredentialRef,
  DeclaredSignal,
  SecretRef,
  SignalSource,
  Target,
  TenantConfiguration,
  WorkloadConfiguration,
} from './configuration.js';
import { askedEveryMs, askedHistoryMs, askedPrometheusOf, signalQueryOf } from './asked-prometheus.js';
import { calendarOf } from './calendar-of.js';
import { openingHoursOf } from './opening-hours-of.js';
import { ASKED_KIND } from './source-kinds.js';
import { outsideSeriesOf } from './outside-series-of.js';
import { decisionPolicy, guardrailPolicy, STALE_MS_MIN } from './policies-of.js';
import { type Reading, reading, type StoredDocument } from './reading.js';
import type { Kind, Spec } from './schema/kinds.js';

/**
 * Gives a tenant's stored documents their meaning: defaults filled in, lengths of time in milliseconds, matchers parsed.
 * Throws where a stored document no longer fits its schema: it was checked when it was stored, so the code changed under it.
 */
export function configurationOf(
  tenant: string,
  documents: readonly StoredDocument[],
  revision?: number,
): Configuration {
  const of = <K extends Kind>(kind: K) =>
    documents.filter((one) => one.kind === kind).map((one) => reading(tenant, kind, one));
  const workloads = of('Workload').map(workloadOf);
  const signalSources = of('SignalSource').map(signalSource);
  const declared = new Map(
    [
      ...BUILT_IN_SIGNALS.map((one) => probed(one, workloads)),
      ...signalSources.flatMap((source) => source.signals),
    ].map((one) => [one.name, one]),
  );
  const tenantDocument = of('Tenant')[0];
  invariant(tenantDocument !== undefined, `tenant ${tenant} has no Tenant document`);
  return {
    tenant: tenantConfiguration(tenantDocument),
    revision: revision ?? Math.max(0, ...documents.map((one) => one.revision)),
    workloads,
    guardrailPolicies: of('GuardrailPolicy').map((one) => guardrailPolicy(one, declared)),
    decisionPolicies: of('DecisionPolicy').map(decisionPolicy),
    signalSources,
    calendars: of('TradingCalendar').map(calendarOf),
  };
}

/** Every signal that samples of a tenant may carry: those of its sources, and those of its probes. */
export function declaredSignals(configuration: Configuration): ReadonlyMap<string, SignalDeclaration> {
  const builtIn = BUILT_IN_SIGNALS.map((one) => probed(one, configuration.workloads));
  const declared = configuration.signalSources.flatMap((source) => source.signals);
  return new Map([...builtIn, ...declared].map((one) => [one.name, one]));
}

function tenantConfiguration({ name, spec }: Reading<'Tenant'>): TenantConfiguration {
  return {
    name,
    environments: spec.environments,
    access: spec.access.map((one) => ({ ...one, credentials: one.credentials.map((ref) => ref as CredentialRef) })),
  };
}

/** A workload with its lengths of time in milliseconds and the settings of its probes as written. */
export function workloadOf({ name, spec, written }: Reading<'Workload'>): WorkloadConfiguration {
  const settings = (written as { probes?: { settings: Readonly<Record<string, unknown>> }[] }).probes ?? [];
  return {
    name,
    criticality: spec.criticality,
    guardrailPolicy: spec.guardrailPolicy,
    decisionPolicy: spec.decisionPolicy,
    components: spec.components,
    targets: spec.targets.map(target),
    // The probe itself fills in what its settings leave out.
    probes: spec.probes.map(({ every, ...probe }, i) => ({
      ...probe,
      everyMs: every,
      ...(spec.hours === undefined ? {} : { hours: openingHoursOf(spec.hours) }),
      settings: settings[i]?.settings ?? {},
    })),
    owners: spec.owners,
  };
}

function target({ timeout, secret, environment, ...rest }: Spec<'Workload'>['targets'][number]): Target {
  const always = { ...rest, secret: secret as SecretRef, timeoutMs: timeout };
  return environment === undefined ? always : { ...always, environment };
}

/** Four resend delays of a Prometheus left to its defaults. */
const PUSHED_LEASE_MS = 240_000;

function signalSource({ name, spec }: Reading<'SignalSource'>): SignalSource {
  return {
    name,
    kind: spec.kind,
    credentials: (spec.credentials ?? []).map((ref) => ref as CredentialRef),
    ...(spec.certificates === undefined ? {} : { certificates: spec.certificates as readonly CertificateRef[] }),
    ...(spec.requires === 'both' ? { requires: spec.requires } : {}),
    ...(spec.secret === undefined ? {} : { secret: spec.secret as SecretRef }),
    environments: spec.environments,
    heartbeat:
      spec.heartbeat === undefined
        ? null
        : { labels: spec.heartbeat.labels, periodMs: spec.heartbeat.period, isRequired: spec.heartbeat.required },
    signals: spec.signals.map((one) =>
      declaration(spec.kind === ASKED_KIND ? { ...one, interval: askedEveryMs(spec) } : one),
    ),
    repeatIntervalMs: spec.repeatInterval,
    groupIntervalMs: spec.groupInterval,
    doubtMs: spec.doubt,
    ...(spec.kind === 'prometheus' ? { leaseMs: spec.lease ?? PUSHED_LEASE_MS } : {}),
    pairedWith: spec.pairedWith ?? null,
    releaseLabel: spec.releaseLabel,
    ...(spec.prometheus === undefined ? {} : { prometheus: askedPrometheusOf(spec.prometheus) }),
    ...(spec.kind === ASKED_KIND ? { historyMs: askedHistoryMs(spec) } : {}),
    requests: spec.requests,
  };
}

function declaration({
  interval,
  lateness,
  form,
  from,
  query,
  ...rest
}: Spec<'SignalSource'>['signals'][number]): DeclaredSignal {
  const latenessMs = lateness ?? Math.max(4 * interval, STALE_MS_MIN);
  return {
    ...rest,
    ...(form === undefined ? {} : { form }),
    ...(form === 'rate' ? { isRate: true } : {}),
    ...(from === undefined ? {} : { from: outsideSeriesOf(from, rest.dimensions) }),
    ...(query === undefined ? {} : { query: signalQueryOf(query, rest.dimensions) }),
    intervalMs: interval,
    latenessMs,
  };
}

/** A built-in signal comes as often as the slowest probe that measures it. */
function probed(
  signal: (typeof BUILT_IN_SIGNALS)[number],
  workloads: readonly WorkloadConfiguration[],
): SignalDeclaration {
  const { probe: _, alsoBy: __, kpi: ___, form, ...own } = signal;
  const everyMs = workloads.flatMap((one) =>
    one.probes.filter((probe) => doesMeasure(probe, signal)).map((probe) => probe.everyMs),
  );
  const intervalMs = everyMs.length === 0 ? signal.intervalMs : Math.max(...everyMs);
  const timing = { intervalMs, latenessMs: Math.max(4 * intervalMs, STALE_MS_MIN) };
  return { ...own, ...(form === 'rate' ? { isRate: true } : {}), ...timing };
}
