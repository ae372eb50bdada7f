import { z } from 'zod';

const componentVersion = z.object({
  component: z.string().min(1).max(200),
  version: z.string().min(1).max(200),
  artifact: z.string().max(1000).optional(),
});

const running = z.object({ release: z.string().nullable(), components: z.array(componentVersion).min(1).max(50) });

/** What an actuator asks for; fields that are not known are ignored. */
export const deploymentRequest = z.object({
  key: z.string().min(1).max(256),
  fence: z.number().int().min(0),
  step: z.string().min(1),
  target: z.string().min(1),
  environment: z.string().min(1),
  planDigest: z.string(),
  dryRun: z.boolean().default(false),
  from: running,
  to: running,
});

/** What the shop's own CD asks for: components in one version, for all or a share of the traffic. */
export const deployRequest = z.object({
  version: z.string().min(1).max(200),
  components: z.array(z.string().min(1)).optional(),
  artifact: z.string().max(1000).optional(),
  release: z.string().max(200).optional(),
  share: z.number().gt(0).max(1).default(1),
});

export type ComponentVersion = z.infer<typeof componentVersion>;
export type DeploymentRequest = z.infer<typeof deploymentRequest>;
export type DeployRequest = z.infer<typeof deployRequest>;
export type Wanted = DeploymentRequest['to'];

/** A version that runs, with its share of the component's traffic. */
export interface RunningVersion {
  readonly component: string;
  readonly version: string;
  readonly artifact: string | null;
  readonly release: string | null;
  readonly share: number;
  /** Who put it there: the shop's own `cd`, or an `actuator`. */
  readonly by: string;
}

/** Whether every wanted component runs in the wanted version, for everybody. */
export function isAlready(runningNow: readonly RunningVersion[], wanted: Wanted): boolean {
  return wanted.components.every((component) => shareOf(runningNow, component) === 1);
}

/** The first component that `from` says runs but that does not serve anybody in that version; null if all do. */
export function notRunning(runningNow: readonly RunningVersion[], from: Wanted): ComponentVersion | null {
  return from.components.find((component) => shareOf(runningNow, component) === 0) ?? null;
}

function shareOf(runningNow: readonly RunningVersion[], { component, version, artifact }: ComponentVersion): number {
  const found = runningNow.find(
    (r) =>
      r.component === component &&
      r.version === version &&
      (artifact === undefined || r.artifact === null || r.artifact === artifact),
  );
  return found?.share ?? 0;
}
