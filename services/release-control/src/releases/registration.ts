import { ProblemError } from '@parapet/nest';
import { toJournal } from '@parapet/contracts';
import { effectiveCriticality, type ReleaseRegistered, reversibilityOf } from '@parapet/decisions';
import { canonicalJson, type MakeId } from '@parapet/kernel';
import type { Configuration, WorkloadConfiguration } from '@parapet/policy';
import { sha256, type Tx } from '@parapet/postgres';
import { assess } from '@parapet/readiness';
import type { RegisterReleaseBody } from '../http/requests.js';
import type { Proving } from '../ladder/proving.js';
import { previousOf } from './previous.js';
import { readinessEvidence } from './readiness-evidence.js';
import { databaseNow, findRelease, findReleaseByName, lockPlace, type StoredRelease } from './release-store.js';
import { type By, type ReleaseStreams, targetsOf } from './release-streams.js';

/** Puts releases on record, with everything that stays fixed for their watch, and looks at their readiness. */
export class Registration {
  constructor(
    private readonly streams: ReleaseStreams,
    private readonly makeId: MakeId,
    private readonly proving: Proving,
  ) {}

  /** Registers, or finds what was registered under the name with the same content. */
  async register(
    tx: Tx,
    configuration: Configuration,
    body: RegisterReleaseBody,
    by: By,
  ): Promise<{ readonly release: StoredRelease; readonly isNew: boolean }> {
    const declared = declaredFor(configuration, body);
    const place = { tenant: tx.tenant, id: this.makeId('rel'), environment: body.environment, workload: body.workload };
    await lockName(tx, body.environment, body.name);
    const digest = sha256(canonicalJson(body));
    const taken = await findReleaseByName(tx, body.environment, body.name);
    if (taken !== null) return { release: sameOrRefused(taken, digest), isNew: false };

    // What its guardrails may lead to is fixed now, with everything else of the watch: the modes they have earned.
    const guardrailPolicy = await this.proving.earned(
      tx,
      configuration,
      body.environment,
      declared.guardrailPolicy,
      by,
    );
    await lockPlace(tx, place);
    const previous = await previousOf(
      tx,
      place,
      body.components.map((c) => c.component),
      body.previous,
    );
    const release = resolved(body, { ...declared, guardrailPolicy }, previous, by.actor.id);
    await this.streams.decide(tx, place, by, () => ({ type: 'RegisterRelease', release }), digest);
    await this.assessReadiness(tx, place, release, configuration, declared.workload, by);
    const stored = await findRelease(tx, place.id);
    if (stored === null) throw new Error(`release ${place.id} was registered and is not there`);
    return { release: stored, isNew: true };
  }

  private async assessReadiness(
    tx: Tx,
    place: { readonly tenant: string; readonly id: string; readonly environment: string; readonly workload: string },
    release: Omit<ReleaseRegistered, 'type'>,
    configuration: Configuration,
    workload: WorkloadConfiguration,
    by: By,
  ): Promise<void> {
    const nowMs = await databaseNow(tx);
    const targets = targetsOf(workload, place.environment);
    const evidence = await readinessEvidence(tx, release, targets, configuration.signalSources, nowMs);
    const assessed = assess(evidence);
    await this.streams.append(tx, place, by, [toJournal(assessed)]);
    const refused = assessed.checks.filter((check) => check.outcome === 'refused');
    await this.streams.decide(tx, place, by, (at) => ({
      type: 'JudgeReadiness',
      nowMs: at,
      isReady: assessed.ready,
      reason: refused.map((check) => check.reason).join('; '),
      by: 'release-control',
    }));
  }
}

interface Declared {
  readonly workload: WorkloadConfiguration;
  readonly guardrailPolicy: ReleaseRegistered['guardrailPolicy'];
  readonly decisionPolicy: ReleaseRegistered['decisionPolicy'];
}

/** What the body refers to must be declared; the first that is not is named. */
function declaredFor(configuration: Configuration, body: RegisterReleaseBody): Declared {
  const unknown = (field: string, detail: string): ProblemError => new ProblemError(422, 'invalid', detail, { field });
  if (!configuration.tenant.environments.some((one) => one.name === body.environment)) {
    const names = configuration.tenant.environments.map((one) => one.name).join(', ');
    throw unknown('/environment', `${body.environment} is no environment of this tenant (${names})`);
  }
  const workload = configuration.workloads.find((one) => one.name === body.workload);
  if (workload === undefined) throw unknown('/workload', `no workload ${body.workload} is declared`);
  for (const [index, { component }] of body.components.entries()) {
    const isDeclared = workload.components.some((one) => one.name === component);
    if (!isDeclared) throw unknown(`/components/${index}/component`, `${body.workload} has no component ${component}`);
    const isTwice = body.components.findIndex((one) => one.component === component) < index;
    if (isTwice) throw unknown(`/components/${index}/component`, `${component} is named twice`);
  }
  const policyName = body.policy ?? workload.guardrailPolicy;
  const guardrailPolicy = configuration.guardrailPolicies.find((one) => one.name === policyName);
  if (guardrailPolicy === undefined) throw unknown('/policy', `no GuardrailPolicy ${policyName} is declared`);
  const decisionPolicy = configuration.decisionPolicies.find((one) => one.name === workload.decisionPolicy);
  if (decisionPolicy === undefined)
    throw unknown(
      '/workload',
      `${body.workload} names a DecisionPolicy that is not declared: ${workload.decisionPolicy}`,
    );
  return { workload, guardrailPolicy, decisionPolicy };
}

function resolved(
  body: RegisterReleaseBody,
  declared: Declared,
  previous: ReleaseRegistered['previous'],
  registeredBy: string,
): Omit<ReleaseRegistered, 'type'> {
  const steps = (body.steps ?? []).map(({ pointOfNoReturn, ...step }) =>
    pointOfNoReturn === undefined ? step : { ...step, pointOfNoReturn },
  );
  return {
    name: body.name,
    workload: body.workload,
    environment: body.environment,
    components: body.components.map(({ artifact, ...c }) => (artifact === undefined ? c : { ...c, artifact })),
    previous,
    steps,
    criticality: effectiveCriticality(declared.workload.criticality, body.criticality),
    reversibility: reversibilityOf(steps),
    guardrailPolicy: declared.guardrailPolicy,
    decisionPolicy: declared.decisionPolicy,
    origin: 'api',
    // Nobody named: whoever registers it has started it, and is excluded from approving if the policy says so.
    startedBy: body.startedBy ?? registeredBy,
    ...(body.links === undefined ? {} : { links: body.links }),
    ...(body.labels === undefined ? {} : { labels: body.labels }),
  };
}

function sameOrRefused(taken: StoredRelease, digest: string): StoredRelease {
  if (taken.request_digest === digest) return taken;
  throw new ProblemError(409, 'name-taken', `${taken.name} was registered in ${taken.environment} with other content`, {
    field: '/name',
    current: { id: taken.id, name: taken.name, phase: taken.view.phase },
  });
}

async function lockName(tx: Tx, environment: string, name: string): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
    `release-name/${tx.tenant}/${environment}/${name}`,
  ]);
}
