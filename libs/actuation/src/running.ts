import type { ComponentVersion, Running } from './events.js';

/** A version that a target says it runs. */
export interface RunningComponent extends ComponentVersion {
  /** Of the component's traffic, 0 to 1; absent: all of it. */
  readonly share?: number;
  /** Who put it there, where the target says so. */
  readonly by?: string;
}

/** What a target said when asked what runs; its silence is an answer too, and never a good one. */
export type RunningAnswer =
  | { readonly kind: 'runs'; readonly components: readonly RunningComponent[] }
  | { readonly kind: 'no-answer'; readonly detail: string };

/** Whether every component runs in the wanted version for all of its traffic. */
export function isSo(runs: readonly RunningComponent[], wanted: Running): boolean {
  return wanted.components.every((component) => shareOf(runs, component) === 1);
}

/** Whether every component still serves somebody in this version. */
export function isStill(runs: readonly RunningComponent[], from: Running): boolean {
  return from.components.every((component) => shareOf(runs, component) > 0);
}

/** One sentence about the first component that does not run as wanted; null if all do. */
export function difference(target: string, runs: readonly RunningComponent[], wanted: Running): string | null {
  const missing = wanted.components.find((component) => shareOf(runs, component) !== 1);
  if (missing === undefined) return null;
  const instead =
    runs.find((r) => r.component === missing.component && !isSame(r, missing)) ??
    runs.find((r) => r.component === missing.component);
  if (instead === undefined) return `${missing.component} does not run on ${target}`;
  const share =
    instead.share === undefined || instead.share === 1
      ? ''
      : ` for ${Math.round(instead.share * 100)} % of its traffic`;
  const by = instead.by === undefined ? '' : `, put there by ${instead.by}`;
  return `${instead.component} ${instead.version} runs on ${target}${share}, not ${missing.version}${by}`;
}

function shareOf(runs: readonly RunningComponent[], wanted: ComponentVersion): number {
  const found = runs.find((r) => isSame(r, wanted));
  return found === undefined ? 0 : (found.share ?? 1);
}

/** An artifact is compared where both sides name one: not every target knows them. */
function isSame(runs: ComponentVersion, wanted: ComponentVersion): boolean {
  const sameArtifact =
    runs.artifact === undefined || wanted.artifact === undefined || runs.artifact === wanted.artifact;
  return runs.component === wanted.component && runs.version === wanted.version && sameArtifact;
}
