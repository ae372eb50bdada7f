/** Kinds of sources that say which alerts fire. */
export const ALERT_KINDS = ['alertmanager', 'prometheus', 'grafana'] as const;

/** Kinds of sources that send samples of declared signals. */
export const SAMPLE_KINDS = ['samples', 'remote-write', 'otlp'] as const;

export type SourceKind = (typeof ALERT_KINDS)[number] | (typeof SAMPLE_KINDS)[number];

/** Whether a source says which alerts fire; all others send samples. */
export function sendsAlerts({ kind }: { readonly kind: SourceKind }): boolean {
  return (ALERT_KINDS as readonly string[]).includes(kind);
}
