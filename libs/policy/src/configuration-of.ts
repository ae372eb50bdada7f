import type { DecisionPolicy, DecisionRule } from '@parapet/decisions';
import type { Guardrail, GuardrailPolicy, GuardrailTest } from '@parapet/guardrails';
import { invariant, type Json } from '@parapet/kernel';
import type { SignalDeclaration } from '@parapet/signals';
import { BUILT_IN_SIGNALS } from './built-in-signals.js';
import type {
  Configuration,
  CredentialRef,
  SecretRef,
  SignalSource,
  Target,
  TenantConfiguration,
  WorkloadConfiguration,
} from './configuration.js';
import { type CheckedDocumentOf, checkShape, storedDocument } from './document.js';
import { parseMatcher } from './matchers.js';
import { describeProblem } from './problem.js';
import type { Kind, Spec } from './schema/kinds.js';

/** A document as storage keeps it: one immutable revision of a kind and name. */
export interface StoredDocument {
  readonly kind: string;
  readonly name: string;
  readonly revision: number;
  readonly spec: unknown;
  readonly digest: string;
}

/** At least this long, however often a signal comes (statistics 11). */
const STALE_MS_MIN = 60_000;

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
  const workloads = of('Workload').map(workload);
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
  };
}

/** Every signal that samples of a tenant may carry: those of its sources, and those of its probes. */
export function declaredSignals(configuration: Configuration): ReadonlyMap<string, SignalDeclaration> {
  const builtIn = BUILT_IN_SIGNALS.map((one) => probed(one, configuration.workloads));
  const declared = configuration.signalSources.flatMap((source) => source.signals);
  return new Map([...builtIn, ...declared].map((one) => [one.name, one]));
}

interface Reading<K extends Kind> {
  readonly name: string;
  readonly revision: number;
  /** As stored, where somebody else gives it its meaning. */
  readonly written: Json;
  readonly spec: Spec<K>;
}

function reading<K extends Kind>(tenant: string, kind: K, document: StoredDocument): Reading<K> {
  const result = checkShape(storedDocument(tenant, kind, document.name, document.spec));
  if (Array.isArray(result)) {
    throw new Error(`cannot read stored configuration of ${tenant}: ${result.map(describeProblem).join('; ')}`);
  }
  const { spec, parsed } = result as CheckedDocumentOf<K>;
  return { name: document.name, revision: document.revision, written: spec, spec: parsed };
}

function tenantConfiguration({ name, spec }: Reading<'Tenant'>): TenantConfiguration {
  return {
    name,
    environments: spec.environments,
    access: spec.access.map((one) => ({ ...one, credentials: one.credentials.map((ref) => ref as CredentialRef) })),
  };
}

function workload({ name, spec, written }: Reading<'Workload'>): WorkloadConfiguration {
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
      settings: settings[i]?.settings ?? {},
    })),
    owners: spec.owners,
  };
}

function target({ timeout, secret, environment, ...rest }: Spec<'Workload'>['targets'][number]): Target {
  const always = { ...rest, secret: secret as SecretRef, timeoutMs: timeout };
  return environment === undefined ? always : { ...always, environment };
}

function signalSource({ name, spec }: Reading<'SignalSource'>): SignalSource {
  return {
    name,
    kind: spec.kind,
    credentials: spec.credentials.map((ref) => ref as CredentialRef),
    environments: spec.environments,
    heartbeat:
      spec.heartbeat === undefined
        ? null
        : { labels: spec.heartbeat.labels, periodMs: spec.heartbeat.period, isRequired: spec.heartbeat.required },
    signals: spec.signals.map(declaration),
    repeatIntervalMs: spec.repeatInterval,
    groupIntervalMs: spec.groupInterval,
    doubtMs: spec.doubt,
    pairedWith: spec.pairedWith ?? null,
    releaseLabel: spec.releaseLabel,
    requests: spec.requests,
  };
}

function declaration({ interval, lateness, ...rest }: Spec<'SignalSource'>['signals'][number]): SignalDeclaration {
  return { ...rest, intervalMs: interval, latenessMs: lateness ?? Math.max(4 * interval, STALE_MS_MIN) };
}

/** A built-in signal comes as often as the slowest probe that measures it. */
function probed(
  signal: (typeof BUILT_IN_SIGNALS)[number],
  workloads: readonly WorkloadConfiguration[],
): SignalDeclaration {
  const { probe: kind, form: _form, ...own } = signal;
  const everyMs = workloads.flatMap((one) =>
    one.probes.filter((probe) => probe.kind === kind).map((probe) => probe.everyMs),
  );
  const intervalMs = everyMs.length === 0 ? signal.intervalMs : Math.max(...everyMs);
  return { ...own, intervalMs, latenessMs: Math.max(4 * intervalMs, STALE_MS_MIN) };
}

function guardrailPolicy(
  { name, revision, spec }: Reading<'GuardrailPolicy'>,
  declared: ReadonlyMap<string, SignalDeclaration>,
): GuardrailPolicy {
  return {
    name,
    revision,
    warmUpMs: spec.watch.warmUp,
    durationMs: spec.watch.duration,
    coverage: spec.watch.coverage,
    falseRollbackRate: spec.falseRollbackRate,
    baselineMs: spec.watch.baseline,
    extendMs: spec.watch.extend,
    recoverWithinMs: spec.watch.recoverWithin,
    guardrails: spec.guardrails.map((one) => guardrail(one, declared)),
  };
}

function guardrail(
  spec: Spec<'GuardrailPolicy'>['guardrails'][number],
  declared: ReadonlyMap<string, SignalDeclaration>,
): Guardrail {
  const intervalMs = spec.signal === undefined ? 0 : (declared.get(spec.signal)?.intervalMs ?? 0);
  return {
    name: spec.name,
    signal: spec.signal ?? null,
    where: spec.where,
    test: guardrailTest(spec),
    mode: spec.mode,
    weight: spec.weight,
    isRequired: spec.required,
    staleAfterMs: spec.staleAfter ?? Math.max(4 * intervalMs, STALE_MS_MIN),
  };
}

/** Tolerated relative change of bad-event rates (statistics 4.3). */
const WORSE_BY = 0.1;

function guardrailTest(spec: Spec<'GuardrailPolicy'>['guardrails'][number]): GuardrailTest {
  if (spec.alerts !== undefined) {
    const { matchers, for: forMs, rearm, sources } = spec.alerts;
    return { kind: 'alerts', matchers: matchers.map(matcherOf), forMs, rearmMs: rearm, sources };
  }
  const { test } = spec;
  invariant(test !== undefined, `guardrail ${spec.name} has neither test nor alerts`);
  if (test.kind === 'threshold') return threshold(test);
  if (test.against === 'baseline') {
    return { kind: test.kind, against: 'baseline', worseBy: test.worseBy ?? WORSE_BY, unacceptable: test.unacceptable };
  }
  invariant(test.limit !== undefined, `guardrail ${spec.name} has no limit`);
  return { kind: test.kind, against: 'limit', limit: test.limit, unacceptable: test.unacceptable };
}

type ThresholdSpec = Extract<NonNullable<Spec<'GuardrailPolicy'>['guardrails'][number]['test']>, { kind: 'threshold' }>;

function threshold(test: ThresholdSpec): GuardrailTest {
  const timing = { forMs: test.for, keepMs: test.keep, maxGapMs: test.maxGap };
  if (test.above !== undefined) {
    return {
      kind: 'threshold',
      direction: 'above',
      enter: test.above,
      leave: test.clearBelow ?? test.above,
      ...timing,
    };
  }
  invariant(test.below !== undefined, 'a threshold has neither above nor below');
  return { kind: 'threshold', direction: 'below', enter: test.below, leave: test.clearAbove ?? test.below, ...timing };
}

function matcherOf(text: string) {
  const parsed = parseMatcher(text);
  invariant('matcher' in parsed, `stored matcher cannot be parsed: ${text}`);
  return parsed.matcher;
}

function decisionPolicy({ name, revision, spec }: Reading<'DecisionPolicy'>): DecisionPolicy {
  return {
    name,
    revision,
    rules: spec.rules.map(
      (rule): DecisionRule => ({ name: rule.name, when: withoutAbsent(rule.when), then: rule.then }),
    ),
    proposal: {
      expiresAfterMs: spec.proposal.expiresAfter,
      onExpiry: spec.proposal.onExpiry,
      approvalsNeeded: spec.proposal.approvalsNeeded,
      starterMayApprove: spec.proposal.starterMayApprove,
      acknowledgeForMs: spec.proposal.acknowledgeFor,
    },
    orderValidForMs: spec.orderValidFor,
  };
}

function withoutAbsent(when: Spec<'DecisionPolicy'>['rules'][number]['when']): DecisionRule['when'] {
  const { criticality, reversibility, mode } = when;
  return {
    ...(criticality === undefined ? {} : { criticality }),
    ...(reversibility === undefined ? {} : { reversibility }),
    ...(mode === undefined ? {} : { mode }),
  };
}
