import type { BuiltInSignal } from './built-in-signal.js';
import { BACKUP_SIGNALS } from './backup.js';
import { DRIFT_SIGNALS } from './drift.js';
import { HTTP_JOURNEY_SIGNALS } from './http-journey.js';
import { OBJECT_STORAGE_SIGNALS } from './object-storage.js';
import { ODOO_SIGNALS } from './odoo.js';
import { KUBERNETES_SIGNALS, POSTGRES_SIGNALS, REDIS_SIGNALS, TRAEFIK_SIGNALS } from './platform.js';

export type { BuiltInSignal, SignalForm } from './built-in-signal.js';
export { canMeasure, doesMeasure } from './measures.js';

/** Everything the probes measure without being told; `environment`, `store` and `arm` may always be dimensions. */
export const BUILT_IN_SIGNALS: readonly BuiltInSignal[] = [
  ...BACKUP_SIGNALS,
  ...DRIFT_SIGNALS,
  ...HTTP_JOURNEY_SIGNALS,
  ...KUBERNETES_SIGNALS,
  ...OBJECT_STORAGE_SIGNALS,
  ...ODOO_SIGNALS,
  ...POSTGRES_SIGNALS,
  ...REDIS_SIGNALS,
  ...TRAEFIK_SIGNALS,
];
