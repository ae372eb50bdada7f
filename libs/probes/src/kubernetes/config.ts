import type { KUBERNETES_KPIS, kubernetesSettings } from '@parapet/policy';
import type { z } from 'zod';

/** Settings of a probe of kind `kubernetes`, read through the schema of its `Workload`. */
export type KubernetesSettings = z.output<typeof kubernetesSettings>;
export type KubernetesKpi = (typeof KUBERNETES_KPIS)[number];
