import type { ComponentVersion, OrderStep, RollbackOrdered } from '@parapet/actuation';
import { canonicalJson, formatInstant, type InstantMs } from '@parapet/kernel';
import type { Plan, ReleaseRegistered } from './events.js';
import type { Surroundings } from './inputs.js';

/** A plan, its digest, and the same as steps that the actuator can carry out. */
export interface PlannedRollback {
  readonly plan: Plan;
  readonly planDigest: string;
  readonly orderSteps: readonly OrderStep[];
}

/** How a release goes back: one step per target, in the order in which the release names their components. */
export function planRollback(release: ReleaseRegistered, planId: string, around: Surroundings): PlannedRollback {
  const orderSteps = orderStepsOf(release, around);
  const reversible = release.reversibility === 'unknown' ? 'no' : release.reversibility;
  const plan: Plan = {
    planId,
    steps: orderSteps.map((step) => ({
      what: `return ${step.to.components.map((c) => `${c.component} to ${c.version}`).join(', ')}`,
      target: step.target,
      reversible,
      ...(reversible === 'yes' ? {} : { needs: 'a look at what stays changed' }),
    })),
    notUndone: [...stepsNotUndone(release), ...componentsNotReturned(release, around)],
  };
  return { plan, planDigest: around.digest(canonicalJson(plan)), orderSteps };
}

function orderStepsOf(release: ReleaseRegistered, around: Surroundings): readonly OrderStep[] {
  const { previous } = release;
  if (previous === null) return [];
  const targets: string[] = [];
  for (const { component } of release.components) {
    const target = around.targets[component];
    const isNew = target !== undefined && !targets.includes(target);
    if (isNew && versionIn(previous.components, component) !== undefined) targets.push(target);
  }
  return targets.map((target, index) => {
    const from = release.components.filter(
      (c) => around.targets[c.component] === target && versionIn(previous.components, c.component),
    );
    const to = from.flatMap((c) => versionIn(previous.components, c.component) ?? []);
    return {
      step: String(index + 1),
      target,
      from: { release: around.release, components: from },
      to: { release: previous.release, components: to },
      isRepeatable: true,
    };
  });
}

function versionIn(components: readonly ComponentVersion[], name: string): ComponentVersion | undefined {
  return components.find((c) => c.component === name);
}

function stepsNotUndone(release: ReleaseRegistered): readonly string[] {
  if (release.steps.length === 0) return ['unknown: the release did not declare what it changes'];
  return release.steps
    .filter((step) => step.reversible !== 'yes')
    .map((step) => {
      const extent = step.reversible === 'no' ? 'stays' : 'stays in part';
      return `${step.kind}: ${step.what} (${extent}${step.pointOfNoReturn === undefined ? '' : `, from ${step.pointOfNoReturn} on`})`;
    });
}

function componentsNotReturned(release: ReleaseRegistered, around: Surroundings): readonly string[] {
  const { previous } = release;
  if (previous === null) return [];
  return release.components.flatMap(({ component, version }) => {
    if (versionIn(previous.components, component) === undefined)
      return [`${component} ${version}: no earlier version is known, it stays`];
    return around.targets[component] === undefined
      ? [`${component} ${version}: no target is declared for it, it stays`]
      : [];
  });
}

/** Why the release cannot go back at this moment, in words; null if it can. */
export function obstacleOf(release: ReleaseRegistered, planned: PlannedRollback, around: Surroundings): string | null {
  if (release.previous === null) return 'there is no release to go back to';
  if (planned.orderSteps.length === 0) return 'no component has both an earlier version and a target';
  return around.heldBy === null ? null : `another actuation (${around.heldBy}) holds a component`;
}

/** The decision to go back, complete for the actuator. */
export function orderOf(
  release: ReleaseRegistered,
  planned: PlannedRollback,
  decidedBy: { readonly proposal?: string; readonly policy?: string },
  around: Surroundings,
  nowMs: InstantMs,
): RollbackOrdered {
  return {
    type: 'RollbackOrdered',
    actuation: around.ids.actuation,
    ...decidedBy,
    plan: planned.plan.planId,
    planDigest: planned.planDigest,
    release: around.release,
    environment: release.environment,
    workload: release.workload,
    to: release.previous?.release ?? '',
    steps: planned.orderSteps,
    notAfter: formatInstant(nowMs + release.decisionPolicy.orderValidForMs),
  };
}
