import type { GuardrailView } from '@parapet/contracts';
import {
  effectiveMode,
  type GuardrailPolicy,
  isTooImprecise,
  precisionOf,
  PRECISION_FLOOR,
  countMarks,
  type Guardrail,
} from '@parapet/guardrails';
import { formatInstant, unreachable } from '@parapet/kernel';
import { type Configuration, sendsAlerts } from '@parapet/policy';
import type { Tx } from '@parapet/postgres';
import { HeardIn } from './heard.js';
import { proofsOf, standingsOf, type StoredProof, type StoredStanding } from './ladder-store.js';
import { guardrailDigest } from './ladder.js';
import { breachesOf, marksOfBreaches } from './mark-store.js';

/** Every guardrail of a tenant's policies in every environment where it could be heard, and how far it is trusted. */
export async function guardrailViews(tx: Tx, configuration: Configuration): Promise<readonly GuardrailView[]> {
  const views: GuardrailView[] = [];
  for (const policy of configuration.guardrailPolicies) {
    for (const environment of environmentsOf(configuration, policy)) {
      views.push(...(await policyViews(tx, configuration, environment, policy)));
    }
  }
  return views;
}

/** The guardrails of one policy in one environment. */
export async function policyViews(
  tx: Tx,
  configuration: Configuration,
  environment: string,
  policy: GuardrailPolicy,
): Promise<readonly GuardrailView[]> {
  const standings = await standingsOf(tx, environment, policy.name);
  const proofs = await proofsOf(tx, environment, policy.name);
  const heard = new HeardIn(tx, configuration, environment);
  const views: GuardrailView[] = [];
  for (const guardrail of policy.guardrails) {
    const digest = guardrailDigest(guardrail);
    const place = { environment, policy: policy.name, guardrail: guardrail.name };
    const standing = standings.get(guardrail.name) ?? null;
    const proof = proofs.find((one) => one.guardrail === guardrail.name && one.digest === digest) ?? null;
    const marks = countMarks(await marksOfBreaches(tx, place, digest, standing?.counted_from ?? 0));
    const breaches = await breachesOf(tx, place, digest);
    const { atMs, isFresh } = await heard.of(guardrail);
    const floor = policy.precision ?? PRECISION_FLOOR;
    const now = effectiveMode(guardrail.mode, {
      hasData: atMs !== null || proof?.data_at != null,
      hasBreached: proof?.breach_at != null,
      isForced: standing?.forced_digest === digest,
      isSteppedDown: standing?.is_stepped_down === true || isTooImprecise(marks, floor),
    });
    const view = {
      policy: policy.name,
      environment,
      guardrail: guardrail.name,
      signal: guardrail.signal,
      declared: guardrail.mode,
      mode: now.mode,
      why: now.why,
      precision: precisionOf(marks),
      marks,
      floor,
      breaches: breaches.count,
      lastBreach: breaches.last,
      proof: proofView(proof),
      test: testView(proof),
      data: { returns: isFresh, at: atMs === null ? null : formatInstant(atMs) },
    };
    views.push({ ...view, words: wordsOf(view, guardrail, standing) });
  }
  return views;
}

/** Where the guardrails of a policy could be heard: the environments of the sources and probes that its signals come from. */
export function environmentsOf(configuration: Configuration, policy: GuardrailPolicy): readonly string[] {
  const signals = new Set(policy.guardrails.map((one) => one.signal));
  const hasAlerts = policy.guardrails.some((one) => one.test.kind === 'alerts');
  const fromSources = configuration.signalSources
    .filter((source) => (sendsAlerts(source) ? hasAlerts : source.signals.some(({ name }) => signals.has(name))))
    .flatMap((source) => source.environments);
  const declared = new Set(configuration.signalSources.flatMap((source) => source.signals.map(({ name }) => name)));
  const isProbed = [...signals].some((signal) => signal !== null && !declared.has(signal));
  const fromProbes = isProbed
    ? workloadsOf(configuration, policy).flatMap((workload) => workload.probes.map((probe) => probe.environment))
    : [];
  const found = new Set([...fromSources, ...fromProbes]);
  return configuration.tenant.environments.map(({ name }) => name).filter((name) => found.has(name));
}

/** The workloads that a policy judges; one that no workload names may be asked for by any release. */
export function workloadsOf(
  { workloads }: Configuration,
  policy: Pick<GuardrailPolicy, 'name'>,
): Configuration['workloads'] {
  const naming = workloads.filter((workload) => workload.guardrailPolicy === policy.name);
  return naming.length === 0 ? workloads : naming;
}

function proofView(proof: StoredProof | null): GuardrailView['proof'] {
  if (proof === null || proof.breach_at === null || proof.breach_by === null) return null;
  return { by: proof.breach_by, at: formatInstant(proof.breach_at.getTime()) };
}

function testView(proof: StoredProof | null): GuardrailView['test'] {
  const { words } = (proof?.test ?? {}) as { readonly words?: unknown };
  if (proof?.tested_at == null || typeof words !== 'string') return null;
  return { at: formatInstant(proof.tested_at.getTime()), words };
}

function wordsOf(
  view: Omit<GuardrailView, 'words'>,
  guardrail: Guardrail,
  standing: Pick<StoredStanding, 'is_stepped_down'> | null,
): string {
  const { declared, mode, why, marks, proof } = view;
  switch (why) {
    case 'no-data':
      return `declared ${declared}, but only observes: ${guardrail.signal ?? 'its alert source'} was never heard in this environment`;
    case 'no-breach-shown':
      return `declared ${declared}, but may only ${mode}: it was never seen to breach${view.test === null ? '; the next release or parapet lint tests it' : ` (${view.test.words})`}`;
    case 'precision':
      return `declared ${declared}, but may only ${mode}: ${standing?.is_stepped_down === true ? 'too many of its breaches were marked wrong' : `${marks.right} of ${marks.right + marks.wrong} marked breaches were right`}; parapet guardrails restore lifts that`;
    case 'forced':
      return `${WHAT[mode]} without proof: a person applied it by force`;
    case null:
      return proof === null
        ? `${WHAT[mode]}, as declared`
        : `${WHAT[mode]}, as declared; it was seen to breach in a ${proof.by === 'watch' ? 'watch' : 'self-test with an injected fault'}`;
    default:
      return unreachable(why);
  }
}

const WHAT = { observe: 'only observes', propose: 'may propose', act: 'may act' } as const;
