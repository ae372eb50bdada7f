import { KUBERNETES_KPIS } from '../schema/probes/kubernetes.js';
import { ODOO_RPC_KPIS } from '../schema/probes/odoo-rpc.js';
import { ODOO_KPIS, unmetOdooNeeds } from '../schema/probes/odoo-sql.js';
import { POSTGRES_KPIS } from '../schema/probes/postgres.js';
import type { BuiltInSignal } from './built-in-signal.js';

/** A probe as far as it matters for what it measures. */
export interface MeasuringProbe {
  readonly kind: string;
  readonly settings: object;
}

type Given = { readonly kpis?: readonly string[] };

/** What each kind measures whose settings choose; where `kpis` is absent it is the default of its schema. */
const CHOSEN: Readonly<Record<string, (settings: Given) => readonly string[]>> = {
  kubernetes: ({ kpis = KUBERNETES_KPIS.filter((kpi) => kpi !== 'nodes') }) => kpis,
  'odoo-rpc': ({ kpis = ODOO_RPC_KPIS }) => kpis,
  'odoo-sql': (given) =>
    given.kpis ?? ODOO_KPIS.filter((kpi) => unmetOdooNeeds({ ...given, kpis: [kpi] }).length === 0),
  postgres: ({ kpis = POSTGRES_KPIS }) => kpis,
};

/** Whether a probe is of a kind that can measure a signal. */
export function canMeasure({ kind }: Pick<MeasuringProbe, 'kind'>, { probe, alsoBy = [] }: BuiltInSignal): boolean {
  return kind === probe || alsoBy.some((also) => also === kind);
}

/** Whether a probe measures a signal: it is of a kind that can, and its settings do not leave the KPI out. */
export function doesMeasure(probe: MeasuringProbe, signal: BuiltInSignal): boolean {
  if (!canMeasure(probe, signal)) return false;
  const chosen = CHOSEN[probe.kind]?.(probe.settings as Given);
  return chosen === undefined || signal.kpi === undefined || chosen.includes(signal.kpi);
}
