import { z } from 'zod';
import { MeasurementFailed } from '../probe.js';

const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const metadata = z.object({ name: z.string(), uid: z.string(), creationTimestamp: instant });
const condition = z.object({ type: z.string(), status: z.string(), reason: z.string().optional() });
const containers = z.array(z.object({ name: z.string(), restartCount: z.int().min(0) })).default([]);

const pod = z.object({
  metadata,
  status: z.object({
    phase: z.string(),
    containerStatuses: containers,
    initContainerStatuses: containers,
  }),
});

const autoscaler = z.object({
  metadata,
  spec: z.object({ minReplicas: z.int().optional(), maxReplicas: z.int() }),
  status: z.object({ desiredReplicas: z.int().optional(), conditions: z.array(condition).default([]) }).prefault({}),
});

const node = z.object({
  metadata,
  status: z.object({ conditions: z.array(condition).default([]) }).prefault({}),
});

/** What is read of a pod, of a HorizontalPodAutoscaler (autoscaling/v2) and of a node; everything else is passed over. */
export type Pod = z.output<typeof pod>;
export type Autoscaler = z.output<typeof autoscaler>;
export type Node = z.output<typeof node>;

export const readPod = readerOf('pod', pod);
export const readAutoscaler = readerOf('autoscaler', autoscaler);
export const readNode = readerOf('node', node);

function readerOf<T>(kind: string, schema: z.ZodType<T>): (item: unknown) => T {
  return (item) => {
    const parsed = schema.safeParse(item);
    if (parsed.success) return parsed.data;
    const where = parsed.error.issues.map(({ path }) => path.join('.')).slice(0, 5);
    throw new MeasurementFailed('bad-answer', `a ${kind} has no readable ${where.join(', ')}`);
  };
}

/** Pods that have been pending for longer than they may. */
export function pendingPods(pods: readonly Pod[], nowMs: number, pendingAfterMs: number): readonly Pod[] {
  return pods.filter(
    (one) => one.status.phase === 'Pending' && nowMs - one.metadata.creationTimestamp > pendingAfterMs,
  );
}

/** How an autoscaler stands: one that cannot compute what it wants says nothing about room to grow. */
export function standingOf({ spec, status }: Autoscaler): 'saturated' | 'free' | 'unknown' | 'fixed' {
  const { minReplicas = 1, maxReplicas } = spec;
  // One that may not scale is always at its maximum; that says nothing.
  if (minReplicas >= maxReplicas) return 'fixed';
  const active = status.conditions.find(({ type }) => type === 'ScalingActive');
  if (active?.status === 'False' && active.reason === 'ScalingDisabled') return 'fixed';
  if (active?.status !== 'True' || status.desiredReplicas === undefined) return 'unknown';
  return status.desiredReplicas >= maxReplicas ? 'saturated' : 'free';
}

/** The dimension `condition` and the condition of a node that it stands for. */
export const PRESSURES = { memory: 'MemoryPressure', disk: 'DiskPressure', pids: 'PIDPressure' } as const;

/** A node's word about one condition; a node that is gone says `Unknown`, or nothing at all. */
export function saidOf({ status }: Node, type: string): 'True' | 'False' | 'Unknown' {
  const said = status.conditions.find((one) => one.type === type)?.status;
  return said === 'True' || said === 'False' ? said : 'Unknown';
}
